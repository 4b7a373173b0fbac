// The truth of this page: what the server told of the desk, kept by its events. Knows no document.

import { signal } from '@preact/signals';

import { noteChange } from '../api/changes';
import { setClock } from '../api/clock';
import type { AgentLive, Board, Desk, Interaction, Offer, Presence } from '../api/types';
import { forgetCalls, takeSeatEvent } from './calls';

type Table<T> = ReadonlyMap<number, T>;

const NOBODY: Presence = { queues: [], wrap_up_until_ms: null, wrap_up_interaction: null };

export const presence = signal<Presence>(NOBODY);
export const interactions = signal<Table<Interaction>>(new Map());
export const offers = signal<Table<Offer>>(new Map());
export const boards = signal<Table<Board>>(new Map());
export const agents = signal<Table<AgentLive>>(new Map());
/** Whether a whole desk came yet. */
export const known = signal(false);
/** Counts the desks that came whole: what was read before may have missed something. */
export const snapshots = signal(0);

/** Events that a noun's own folder keeps. */
export interface Heard {
  message: { interaction_id: number };
  typing: { interaction_id: number; active: boolean };
  contact: { id: number };
  'interaction.gone': { id: number };
  'offer.over': { id: number; interaction?: number; why: string };
}

const ears = new Map<string, Set<(data: never) => void>>();

/** Calls `run` with each such event; returns what ends it. */
export function hear<K extends keyof Heard>(type: K, run: (data: Heard[K]) => void): () => void {
  const all = ears.get(type) ?? new Set();
  ears.set(type, all.add(run));
  return () => all.delete(run);
}

const byId = <T>(rows: readonly T[], id: (row: T) => number): Table<T> => new Map(rows.map((row) => [id(row), row]));

const with_ = <K, T>(table: ReadonlyMap<K, T>, key: K, row: T): ReadonlyMap<K, T> => new Map(table).set(key, row);

function without<K, T>(table: ReadonlyMap<K, T>, key: K): ReadonlyMap<K, T> {
  if (!table.has(key)) return table;
  const less = new Map(table);
  less.delete(key);
  return less;
}

/** A whole desk. */
export function take(desk: Desk) {
  setClock(desk.server_time_ms);
  presence.value = desk.presence;
  interactions.value = byId(desk.interactions, (one) => one.id);
  offers.value = byId(desk.offers, (one) => one.id);
  boards.value = byId(desk.boards, (one) => one.queue_id);
  agents.value = byId(desk.agents, (one) => one.id);
  known.value = true;
  snapshots.value += 1;
  noteChange('calls');
}

export function forget() {
  take({ server_time_ms: Date.now(), presence: NOBODY, interactions: [], offers: [], boards: [], agents: [] });
  forgetCalls();
  known.value = false;
}

/** Puts in what an answer or an event said of an Interaction. */
export function put(interaction: Interaction) {
  if (interaction.state === 'closed') {
    interactions.value = without(interactions.value, interaction.id);
    noteChange('history');
    return;
  }
  // A draft is told to its writer alone, and not by events.
  const draft = interaction.draft === undefined ? (interactions.value.get(interaction.id)?.draft ?? null) : interaction.draft;
  interactions.value = with_(interactions.value, interaction.id, { ...interaction, draft });
}

export const drop = (interaction: number) => {
  interactions.value = without(interactions.value, interaction);
};

export const dropOffer = (offer: number) => {
  offers.value = without(offers.value, offer);
};

/** Changes what is shown of an Interaction before the server did; returns what takes it back. */
export function foresee(id: number, change: Partial<Interaction>): () => void {
  const before = interactions.value.get(id);
  if (!before) return () => {};
  put({ ...before, ...change });
  return () => put(before);
}

/** A contact has another name or photo: each Interaction with it shows so. */
function renamed({ id, name, photo_url }: NonNullable<Interaction['contact']>) {
  if (![...interactions.value.values()].some((one) => one.contact?.id === id)) return;
  interactions.value = new Map([...interactions.value].map(([key, one]) => [key, one.contact?.id === id ? { ...one, contact: { ...one.contact, name, photo_url } } : one]));
}

const HANDLERS: Record<string, (data: never) => void> = {
  interaction: put,
  'interaction.gone': ({ id }: { id: number }) => drop(id),
  offer: (offer: Offer) => (offers.value = with_(offers.value, offer.id, offer)),
  'offer.over': ({ id }: { id: number }) => dropOffer(id),
  presence: (now: Presence) => (presence.value = now),
  agent: (agent: AgentLive) => (agents.value = with_(agents.value, agent.id, agent)),
  board: (board: Board) => (boards.value = with_(boards.value, board.queue_id, board)),
  contact: renamed,
  call: takeSeatEvent,
  changed: ({ what }: { what: string }) => noteChange(what),
  tick: ({ server_time_ms }: { server_time_ms: number }) => setClock(server_time_ms),
};

/** One event of the server. */
export function apply(type: string, data: unknown) {
  HANDLERS[type]?.(data as never);
  for (const run of ears.get(type) ?? []) run(data as never);
}
