// What an agent does with an Interaction. Each takes what the server answers into the desk.

import { noteChange } from '../api/changes';
import { patch, post } from '../api/client';
import type { Interaction } from '../api/types';
import { transferBegun } from './calls';
import { drop, dropOffer, foresee, interactions, put } from './desk';

const at = (id: number, verb: string) => `/interactions/${id}/${verb}`;

/** Verbs answer with the Interaction, or with nothing. */
async function send(path: string, body?: unknown): Promise<Interaction | undefined> {
  const answer = await post<Interaction | undefined>(path, body);
  if (answer?.id !== undefined && answer.protocol) put(answer);
  return answer;
}

export async function accept(offer: number): Promise<Interaction | undefined> {
  const interaction = await send(`/offers/${offer}/accept`);
  dropOffer(offer);
  return interaction;
}

export async function refuse(offer: number) {
  await post(`/offers/${offer}/refuse`);
  dropOffer(offer);
}

export const take = (id: number) => send(at(id, 'take'));

/** What leaves an agent's hands is told by events alone: its answer may come after them, and would bring it back. */
export const release = (id: number) => giving(id, () => post(at(id, 'release')));

/** The agent looks at it: it is not new any more, and read. */
export async function open(interaction: Interaction) {
  const change: Partial<Interaction> = { unread: 0 };
  if (interaction.customer === 'new') change.customer = 'waiting';
  const undo = foresee(interaction.id, change);
  try {
    if (interaction.customer === 'new') await send(at(interaction.id, 'open'));
    if (interaction.unread > 0) await post(at(interaction.id, 'read'));
  } catch (error) {
    undo();
    throw error;
  }
}

/** Those that one gives out of one's hands: that they go is no news. */
const given = new Set<number>();

/** Whether it was given away by this page, once. */
export const gaveAway = (id: number) => given.delete(id);

async function giving(id: number | undefined, run: () => Promise<void>) {
  if (id === undefined) return run();
  given.add(id);
  try {
    await run();
  } catch (error) {
    given.delete(id);
    throw error;
  }
}

export type Target = { user: number } | { queue: number };

export function transfer(id: number, to: Target) {
  transferBegun.value = {};
  return giving(id, () => post(at(id, 'transfer'), { to }));
}

/** A call, whether it is an Interaction or not; to a number without asking there first. */
export function giveCall(call: string, to: Target | string) {
  transferBegun.value = {};
  const of = [...interactions.peek().values()].find((one) => one.call?.id === call);
  return giving(of?.id, () => post(`/calls/${encodeURIComponent(call)}/transfer`, { to }));
}

export async function end(id: number, disposition: number | null) {
  await send(at(id, 'end'), disposition === null ? {} : { disposition_id: disposition });
  drop(id);
  noteChange('history');
}

export async function change(interaction: Interaction, part: { tags?: string[]; visitor?: Interaction['visitor']; disposition_id?: number; contact_id?: number }) {
  const shown = part.tags ? { tags: part.tags } : {};
  const undo = foresee(interaction.id, shown);
  try {
    const now = await patch<Interaction | undefined>(`/interactions/${interaction.id}`, part);
    if (now?.protocol) put(now);
  } catch (error) {
    undo();
    throw error;
  }
}
