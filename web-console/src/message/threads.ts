// The messages of each Interaction that was looked at, and those that are on their way to the server.

import { type Signal, effect, signal } from '@preact/signals';

import { get } from '../api/client';
import { type Problem, asProblem } from '../api/problem';
import type { Message, Page } from '../api/types';
import { hear, snapshots } from '../live/desk';
import { me } from '../live/me';
import { forget, shown, unsentOf } from './unsent';

export interface Thread {
  items: readonly Message[];
  /** There are older ones than these. */
  earlier: boolean;
  loaded: boolean;
  problem: Problem | null;
}

const EMPTY: Thread = { items: [], earlier: false, loaded: false, problem: null };
const PAGE = 50;
// Threads that nobody looks at are let go, the oldest first.
const MOST_KEPT = 40;

const threads = new Map<number, Signal<Thread>>();
/** Interactions whose customer is writing now. */
export const typing = signal<ReadonlySet<number>>(new Set());

export function thread(interaction: number): Signal<Thread> {
  const known = threads.get(interaction);
  if (known) return known;
  const made = signal({ ...EMPTY, items: unsentOf(interaction).map(shown) });
  threads.set(interaction, made);
  for (const old of threads.keys()) {
    if (threads.size <= MOST_KEPT) break;
    threads.delete(old);
  }
  return made;
}

/** Reads the newest page. */
export async function load(interaction: number) {
  const of = thread(interaction);
  try {
    const page = await get<Page<Message>>(`/interactions/${interaction}/messages`, { limit: PAGE });
    page.items.forEach(({ client_id }) => forget(client_id));
    const old = of.value;
    of.value = { items: merged(old.items, page.items), earlier: old.loaded && old.items.length > page.items.length ? old.earlier : page.next !== null, loaded: true, problem: null };
  } catch (error) {
    of.value = { ...of.value, problem: asProblem(error), loaded: true };
  }
}

export async function loadEarlier(interaction: number) {
  const of = thread(interaction);
  const oldest = of.value.items.find((one) => one.id > 0);
  const page = await get<Page<Message>>(`/interactions/${interaction}/messages`, { limit: PAGE, before: oldest?.id });
  of.value = { ...of.value, items: merged(of.value.items, page.items), earlier: page.next !== null };
}

const same = (a: Message, b: Message) => (a.id > 0 && a.id === b.id) || (a.client_id !== null && a.client_id === b.client_id);

/** Puts in what is known of a message. */
export function put(interaction: number, message: Message) {
  const of = thread(interaction);
  of.value = { ...of.value, items: merged(of.value.items, [message]) };
}

/** Takes out one that the server never had. */
export function remove(interaction: number, client: string) {
  const of = thread(interaction);
  of.value = { ...of.value, items: of.value.items.filter(({ id, client_id }) => id > 0 || client_id !== client) };
}

/** Both, each once, the newer word of a message winning, in order of time; what is not sent yet comes last. */
function merged(old: readonly Message[], fresh: readonly Message[]): Message[] {
  const kept = old.filter((one) => !fresh.some((other) => same(one, other)));
  // Answers and events overtake each other: what is known of the delivery only moves forward.
  const newest = fresh.map((one) => {
    const before = old.find((other) => same(one, other));
    if (!before || before.id < 0) return one;
    if (one.id < 0) return before;
    return ORDER.indexOf(before.state) > ORDER.indexOf(one.state) ? { ...one, state: before.state, reason: before.reason } : one;
  });
  return [...kept, ...newest].sort((a, b) => a.at_ms - b.at_ms || rank(a) - rank(b));
}

const ORDER: readonly Message['state'][] = ['none', 'queued', 'unknown', 'sent', 'failed', 'delivered', 'read'];

const rank = (message: Message) => (message.id > 0 ? message.id : Number.MAX_SAFE_INTEGER);

hear('message', (message) => {
  const heard = message as Message;
  forget(heard.client_id);
  if (threads.get(heard.interaction_id)?.value.loaded) put(heard.interaction_id, heard);
  if (heard.direction === 'in') setTyping(message.interaction_id, false);
});

const TYPING_LASTS_MS = 8_000;
const timers = new Map<number, number>();

hear('typing', ({ interaction_id, active }) => setTyping(interaction_id, active));

function setTyping(interaction: number, active: boolean) {
  clearTimeout(timers.get(interaction));
  const next = new Set(typing.value);
  if (active) next.add(interaction);
  else next.delete(interaction);
  typing.value = next;
  if (active) timers.set(interaction, setTimeout(() => setTyping(interaction, false), TYPING_LASTS_MS));
}

// Nobody finds here what another one has read, or written and not sent.
effect(() => {
  if (!me.value) threads.clear();
});

// After a gap that could not be filled what was read may lack messages.
let seen = snapshots.peek();
effect(() => {
  if (snapshots.value === seen) return;
  seen = snapshots.value;
  for (const [interaction, of] of threads) if (of.peek().loaded) void load(interaction);
});
