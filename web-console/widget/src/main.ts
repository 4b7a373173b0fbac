// The script that a site embeds: <script src="https://HOST/widget.js?inbox=KEY" async></script>, or with data-inbox="KEY".

import type { Appearance } from './frames';
import { Keep } from './keep';
import { colourOf } from './view/colour';
import { mount, mountRefusal } from './widget';

/** Where the node does not say. */
const TEXT_CHARACTERS = 4_000;

const script = document.currentScript as HTMLScriptElement | null;
const source = new URL(script?.src ?? location.href);
const inbox = script?.dataset['inbox'] ?? source.searchParams.get('inbox');

if (!inbox) console.warn('ramal: the script names no inbox');
else if (!document.querySelector('ramal-widget')) void begin(inbox);

async function begin(key: string): Promise<void> {
  const path = encodeURIComponent(key);
  try {
    const response = await fetch(new URL(`/hooks/${path}/config`, source), { credentials: 'omit' });
    if (response.status === 403) {
      console.error(`ramal: this site (${location.origin}) is not allowed to show the chat. An administrator adds ${location.origin} to the sites of the inbox: Administration, Inboxes, Sites.`);
      await ready();
      return mountRefusal();
    }
    if (!response.ok) return console.warn(`ramal: no chat here (${response.status})`);
    const look = completed((await response.json()) as Partial<Appearance>);
    await ready();
    mount(look, new Keep(key), (visitor) => lineAddress(path, visitor));
  } catch (fault) {
    console.warn('ramal: no chat now', fault);
  }
}

function lineAddress(path: string, visitor: string | null): string {
  const address = new URL(`/live/${path}`, source);
  address.protocol = source.protocol === 'https:' ? 'wss:' : 'ws:';
  if (visitor) address.searchParams.set('visitor', visitor);
  return address.href;
}

function completed(look: Partial<Appearance>): Appearance {
  return {
    title: look.title || 'Chat',
    greeting: look.greeting ?? '',
    colour: colourOf(look.colour ?? ''),
    position: look.position === 'left' ? 'left' : 'right',
    form: Array.isArray(look.form) ? look.form : [],
    text_characters: look.text_characters ?? TEXT_CHARACTERS,
  };
}

function ready(): Promise<void> {
  if (document.readyState !== 'loading') return Promise.resolve();
  return new Promise((done) => document.addEventListener('DOMContentLoaded', () => done(), { once: true }));
}
