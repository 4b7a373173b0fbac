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

const place = document.getElementById('app');
if (place) render(<App />, place);
