// What stands in the corner of a site that may not show the chat: visitors read that it is not their fault, whoever keeps the site what to do.

import { word } from '../words';
import { h } from './element';

export function refusal(origin: string, close: () => void): HTMLElement {
  return h('aside', { class: 'refusal', 'aria-label': 'Chat' },
    h('p', {}, h('strong', {}, word('site_refused')), ' ', word('site_refused_todo', { origin })),
    h('button', { type: 'button', 'aria-label': word('close'), onclick: close }, '×'));
}
