import { render } from 'preact';

import './ui/tokens.css';
import './ui/base.css';
import './ui/kit.css';
import './app/app.css';
import './call/call.css';
import './contact/contact.css';
import './dialler/dialler.css';
import './offer/offer.css';
import './presence/presence.css';
import './profile/profile.css';

import { App } from './app/app';
import './settings/settings';
import { language } from './words/language';

document.documentElement.lang = language.value;

// A gateway that was replaced meanwhile has other files: the page is loaded anew, but not over and over.
const RELOADED = 'ramal.reloaded_at';
const RELOAD_AGAIN_AFTER_MS = 30_000;
window.addEventListener('vite:preloadError', () => {
  if (Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < RELOAD_AGAIN_AFTER_MS) return;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
});

const place = document.getElementById('app');
if (place) render(<App />, place);
