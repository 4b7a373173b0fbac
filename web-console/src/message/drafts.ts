// What is written and not sent: kept by this browser with each key, and by the server for the next machine. Never lost.

import { effect, signal } from '@preact/signals';

import { put } from '../api/client';
import { foresee, interactions } from '../live/desk';
import { me, onLeave } from '../live/me';

const AFTER_MS = 700;

const timers = new Map<number, number>();

// Whose drafts these are; a key that comes while the log-in ends is still his.
let writer = 0;
effect(() => {
  if (me.value) writer = me.value.id;
});

const keyOf = (interaction: number) => `ramal.draft.${writer}.${interaction}`;

/** What this person has begun to write there. */
export const draftOf = (interaction: number): string => localStorage.getItem(keyOf(interaction)) ?? interactions.peek().get(interaction)?.draft ?? '';

export function keepDraft(interaction: number, text: string) {
  if (!me.peek()) return writeOn(text, writing?.box.selectionEnd);
  // An empty one is kept too until the server knows: its own older copy must not come back.
  localStorage.setItem(keyOf(interaction), text);
  clearTimeout(timers.get(interaction));
  timers.set(interaction, setTimeout(() => void hand(interaction, text), AFTER_MS));
}

async function hand(interaction: number, text: string) {
  timers.delete(interaction);
  const key = keyOf(interaction);
  try {
    await put(`/interactions/${interaction}/draft`, { text });
    foresee(interaction, { draft: text || null });
    if (localStorage.getItem(key) === text) localStorage.removeItem(key);
  } catch {
    // It stays with the browser; the next key, or the next opening, tries again.
  }
}

/** A message that was being written when the log-in ended. */
export interface Unfinished {
  /** Where the draft is kept. */
  key: string;
  text: string;
  /** Where the next letter goes. */
  caret: number;
}

/** Written on while one logs in again: somebody who types does not look up at once. */
export const unfinished = signal<Unfinished | null>(null);

/** Keeps what was written on. */
export function writeOn(text: string, caret: number = text.length) {
  if (!unfinished.value) return;
  unfinished.value = { ...unfinished.value, text, caret };
  localStorage.setItem(unfinished.value.key, text);
}

/** The box of the composer and its Interaction, while there is one. */
let writing: { interaction: number; box: HTMLTextAreaElement } | null = null;

/** Told by the composer; returns what ends it. */
export function writesIn(interaction: number, box: HTMLTextAreaElement): () => void {
  const now = { interaction, box };
  writing = now;
  return () => {
    if (writing === now) writing = null;
  };
}

onLeave((why) => {
  const at = why === 'over' ? writing : null;
  const begun = at && at.box === document.activeElement && at.box.value !== '';
  unfinished.value = begun ? { key: keyOf(at.interaction), text: at.box.value, caret: at.box.selectionEnd } : null;
  if (unfinished.value) localStorage.setItem(unfinished.value.key, unfinished.value.text);
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
});
