// What this person set on this machine: looks, devices, sounds. Kept by the browser.

import { type Signal, effect, signal } from '@preact/signals';

function kept<T extends string>(name: string, initial: T): Signal<T> {
  const key = `ramal.${name}`;
  const value = signal((localStorage.getItem(key) ?? initial) as T);
  effect(() => localStorage.setItem(key, value.value));
  return value;
}

export const theme = kept<'system' | 'light' | 'dark'>('theme', 'system');
export const density = kept<'comfortable' | 'compact'>('density', 'comfortable');
export const nav = kept<'wide' | 'narrow'>('nav', 'narrow');
const narrow = matchMedia('(max-width: 1100px)');
export const tools = kept<'open' | 'folded'>('tools', narrow.matches ? 'folded' : 'open');
// A window that becomes narrow keeps the work in sight; one that is wide again has room for both.
narrow.addEventListener('change', () => (tools.value = narrow.matches ? 'folded' : 'open'));
/** Ids of devices; empty: the system's choice. */
export const microphone = kept<string>('microphone', '');
export const speaker = kept<string>('speaker', '');
/** Where it rings: another device than where one talks. */
export const ringer = kept<string>('ringer', '');
/** The id of the user whose phone this browser is, of those who serve no voice queue; empty: nobody's. */
export const phoneOf = kept<string>('phone_of', '');
export const volume = kept<string>('volume', '60');
export const ringMuted = kept<'no' | 'yes'>('ring_muted', 'no');

effect(() => {
  const root = document.documentElement;
  if (theme.value === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = theme.value;
  root.dataset['density'] = density.value;
});
