// Messages that the server has not taken yet. This browser keeps each until it has: neither an outage nor a reload loses one.

import { effect } from '@preact/signals';

import type { Message } from '../api/types';
import { me } from '../live/me';
import { say } from './words';

export interface Unsent {
  interaction: number;
  /** Its name for both sides: whatever happens on the way, the server keeps one of this name. */
  client: string;
  /** Names the request that brings it: a refusal stands for its request, so that another attempt is another one. */
  key: string;
  text: string;
  kind: 'out' | 'comment';
  at_ms: number;
  /** `waits`: the server could not be reached, it is sent by itself; `refused`: until its writer sends it again. */
  state: 'sending' | 'waits' | 'refused';
  reason: string | null;
}

const all = new Map<string, Unsent>();

// As a draft is kept: for its writer, by the Interaction.
const shelf = () => `ramal.unsent.${me.peek()?.id ?? 0}.`;
const keyOf = ({ interaction, client }: Unsent) => `${shelf()}${interaction}.${client}`;

/** What is kept on this machine of whoever is logged in now. */
let reader: number | undefined;
effect(() => {
  const now = me.value?.id;
  if (now === reader) return;
  reader = now;
  all.clear();
  if (now === undefined) return;
  const kept = Object.keys(localStorage).filter((key) => key.startsWith(shelf()));
  for (const one of kept.flatMap(read)) all.set(one.client, one);
});

function read(key: string): Unsent[] {
  try {
    const one = JSON.parse(localStorage.getItem(key) ?? '') as Unsent;
    // What was under way when the page went may have come through or not: it is brought again, under its name.
    return one.client && one.text ? [{ ...one, state: one.state === 'refused' ? 'refused' : 'waits' }] : [];
  } catch {
    return [];
  }
}

export function keep(one: Unsent): Unsent {
  all.set(one.client, one);
  try {
    localStorage.setItem(keyOf(one), JSON.stringify(one));
  } catch {
    // The browser's store is full: it lives as long as the page.
  }
  return one;
}

/** The server has it, or its writer does not want it any more. */
export function forget(client: string | null) {
  const one = client === null ? undefined : all.get(client);
  if (!one) return;
  all.delete(one.client);
  localStorage.removeItem(keyOf(one));
}

export const unsent = (client: string | null) => (client === null ? undefined : all.get(client));

/** Of one Interaction, the oldest first. */
export const unsentOf = (interaction: number) => [...all.values()].filter((one) => one.interaction === interaction).sort((a, b) => a.at_ms - b.at_ms);

/** The Interactions that have any. */
export const places = () => new Set([...all.values()].map(({ interaction }) => interaction));

/** As the conversation shows it. */
export function shown({ interaction, client, text, kind, at_ms, state, reason }: Unsent): Message {
  const untold = kind === 'comment' ? 'none' : 'queued';
  return {
    id: -1,
    interaction_id: interaction,
    conversation_id: 0,
    direction: kind,
    author: me.value ? { id: me.value.id, name: me.value.name } : null,
    text,
    format: 'plain',
    content: null,
    attachments: [],
    reply_to: null,
    state: state === 'refused' ? 'failed' : state === 'waits' ? 'queued' : untold,
    reason: state === 'waits' ? say('waits_server') : reason,
    at_ms,
    edited_at_ms: null,
    deleted_at_ms: null,
    client_id: client,
  };
}
