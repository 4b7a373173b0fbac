import { render } from 'preact';

import './ui/tokens.css';
import './ui/base.css';
import './ui/kit.css';
import './app/app.css';

import { App } from './app/app';
import './settings/settings';
import { language } from './words/language';

document.documentElement.lang = language.value;

const place = document.getElementById('app');
if (place) render(<App />, place);
