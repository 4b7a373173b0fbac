// What is written and not sent: kept by this browser with each key, and by the server for the next machine. Never lost.

import { put } from '../api/client';
import { foresee, interactions } from '../live/desk';
import { me, onLeave } from '../live/me';

const AFTER_MS = 700;

const timers = new Map<number, number>();

const keyOf = (interaction: number) => `ramal.draft.${me.peek()?.id ?? 0}.${interaction}`;

/** What this person has begun to write there. */
export const draftOf = (interaction: number): string => localStorage.getItem(keyOf(interaction)) ?? interactions.peek().get(interaction)?.draft ?? '';

export function keepDraft(interaction: number, text: string) {
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

onLeave(() => {
  for (const timer of timers.values()) clearTimeout(timer);
  timers.clear();
});
