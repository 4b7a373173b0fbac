// A message for this agent makes itself known: a sound, and a notification while the tab is hidden.

import { useEffect } from 'preact/hooks';

import type { Message } from '../api/types';
import { hear, interactions } from '../live/desk';
import { me } from '../live/me';
import { tick } from '../phone/sound';
import { go, route } from '../route/route';
import { say } from './words';

export function useAttention() {
  useEffect(() => hear('message', (message) => note(message as Message)), []);
}

function note(message: Message) {
  const of = interactions.peek().get(message.interaction_id);
  if (message.direction !== 'in' || !of || of.agent?.id !== me.peek()?.id) return;
  const read = document.visibilityState === 'visible' && route.peek()[0] === 'desk' && route.peek()[1] === String(of.id);
  if (!read) tick();
  if (document.visibilityState === 'visible' || typeof Notification === 'undefined' || Notification.permission !== 'granted') return;
  // The text stays in the page: a lock screen is read by others too.
  const shown = new Notification(say('message_from', { name: of.contact?.name ?? of.title }), { tag: `ramal-${of.id}`, icon: '/icon.svg' });
  shown.onclick = () => {
    window.focus();
    go('desk', of.id);
  };
}
