// Brings to the server what was written: in order, each once, and again by itself after an outage.

import { effect } from '@preact/signals';

import { post } from '../api/client';
import { now } from '../api/clock';
import { type Problem, asProblem } from '../api/problem';
import type { Message } from '../api/types';
import { foresee, interactions } from '../live/desk';
import { me } from '../live/me';
import { reach } from '../live/socket';
import { go, route } from '../route/route';
import { fieldTextOf, toast } from '../ui';
import { put, remove } from './threads';
import { type Unsent, forget, keep, places, shown, unsent, unsentOf } from './unsent';
import { say } from './words';

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

/** It is on the screen at once. */
export function send(interaction: number, text: string, kind: 'out' | 'comment') {
  const client = crypto.randomUUID();
  const one = keep({ interaction, client, key: client, text, kind, at_ms: now(), state: 'sending', reason: null });
  put(interaction, shown(one));
  const last = { last: { text, at_ms: one.at_ms, direction: kind } };
  const ended = interactions.value.get(interaction)?.customer === 'ended';
  if (kind === 'out') foresee(interaction, ended ? last : { ...last, customer: 'answered' });
  void bring(interaction);
}

/** What was refused, in another request. */
export function sendAgain({ client_id, interaction_id }: Message) {
  const one = unsent(client_id);
  if (!one) return;
  put(interaction_id, shown(keep({ ...one, key: crypto.randomUUID(), state: 'sending', reason: null })));
  void bring(interaction_id);
}

export function discard({ client_id, interaction_id }: Message) {
  forget(client_id);
  if (client_id) remove(interaction_id, client_id);
}

const busy = new Set<number>();

/** One at a time: what was written later does not overtake. */
async function bring(interaction: number) {
  if (busy.has(interaction)) return;
  busy.add(interaction);
  try {
    for (let next = first(interaction); next && (await brought(next)); next = first(interaction));
  } finally {
    busy.delete(interaction);
  }
}

const first = (interaction: number) => unsentOf(interaction).find(({ state }) => state !== 'refused');

/** Whether it is settled: taken, or refused. */
async function brought(one: Unsent): Promise<boolean> {
  const { interaction, client, key, text, kind } = one;
  try {
    const message = await post<Message>(`/interactions/${interaction}/messages`, { text, client_id: client, comment: kind === 'comment' }, { key });
    forget(client);
    put(interaction, message);
    pauseMs = FIRST_PAUSE_MS;
    return true;
  } catch (error) {
    // It came through and its answer did not; or whoever wrote it is logged out, and the browser keeps it for him.
    if (!unsent(client)) return Boolean(me.peek());
    const problem = asProblem(error);
    if (!mayPass(problem)) {
      put(interaction, shown(keep({ ...one, state: 'refused', reason: fieldTextOf(problem) })));
      tellRefusal(one, fieldTextOf(problem));
      return true;
    }
    for (const other of unsentOf(interaction)) if (other.state === 'sending') put(interaction, shown(keep({ ...other, state: 'waits' })));
    later();
    return false;
  }
}

/** Whoever looks at something else meanwhile learns it too. */
function tellRefusal({ interaction, text }: Unsent, more: string) {
  const [screen, ...place] = route.peek();
  if (screen === 'desk' && place.at(-1) === String(interaction)) return;
  const title = interactions.peek().get(interaction)?.title ?? text;
  toast(say('not_taken', { title }), { kind: 'warn', more, action: { label: say('not_taken_open'), run: () => go('desk', interaction) } });
}

/** It is not about the message: the same one may be taken in a while. */
const mayPass = ({ status, code }: Problem) => status === 0 || status === 401 || status === 429 || status >= 500 || code === 'at_work';

let pauseMs = FIRST_PAUSE_MS;
let timer = 0;

function later() {
  clearTimeout(timer);
  timer = setTimeout(bringAll, pauseMs);
  pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
}

function bringAll() {
  if (me.peek()) for (const interaction of places()) void bring(interaction);
}

// The server is there, again or for the first time since the page was loaded.
effect(() => {
  if (reach.value !== 'live' || !me.value) return;
  pauseMs = FIRST_PAUSE_MS;
  queueMicrotask(bringAll);
});
