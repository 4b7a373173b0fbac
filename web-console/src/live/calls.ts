// The calls of this user's own Seat, as the events of docs/webrtc.md tell of them.

import { computed, signal } from '@preact/signals';

import type { PageCall } from '../api/types';

/** By their id. */
export const calls = signal<ReadonlyMap<string, PageCall>>(new Map());

/** What the gateway says of the Seat itself, whoever has it. */
export const seatThere = signal<'none' | 'connecting' | 'connected' | 'lost'>('none');

/** A browser has begun to take the Seat, or it is not known whether one has meanwhile; a new object each time. */
export const seatTaken = signal<object | null>(null);

/** What was measured last of the call that is heard. */
export const quality = signal<ReadonlyMap<string, readonly Side[]>>(new Map());

/** A transfer was asked for: what became of the one before is no news any more; a new object each time. */
export const transferBegun = signal<object | null>(null);

/** The call that was given away last; a new object each time. */
export const transferDone = signal<{ call: string } | null>(null);

/** Why the last transfer to a number came to nothing; a new object each time. */
export const transferFailed = signal<{ reason: string } | null>(null);

/** Why a third party did not come into a call; a new object each time. */
export const thirdFailed = signal<{ number: string; reason: string } | null>(null);

/** The conference that one was taken out of last; a new object each time. */
export const removed = signal<{ conference: string } | null>(null);

/** Whether one is beside the two who talk, as a third party or a supervisor: what is theirs to do is refused. */
export const isGuest = ({ others, supervision }: PageCall) => supervision !== null || others.some(({ role }) => role === 'party');

/** By number, who was a third party of each call: he talks on with whoever stays when one of the two leaves. */
const thirds = new Map<string, ReadonlySet<string>>();

/** Whether the other party of a call came into it as a third one. */
export const isLeftToThird = ({ id, number }: PageCall) => number !== null && (thirds.get(id)?.has(number) ?? false);

function notice({ id, others }: PageCall) {
  const fresh = others.filter(({ role }) => role === 'third').map(({ number }) => number);
  if (fresh.length > 0) thirds.set(id, new Set([...(thirds.get(id) ?? []), ...fresh]));
}

/** One party of a call. */
export interface Side {
  side: 'page' | 'far';
  loss_percent: number;
  /** What that side says it missed of what we sent; `null`: it has not said. */
  remote_loss_percent: number | null;
  jitter_ms: number;
  round_trip_ms: number | null;
  mos: number | null;
  silent_ms: number | null;
}

const HEARD: readonly PageCall['state'][] = ['talking', 'alerting', 'dialling', 'held', 'transferring'];

let lastHeard: string | null = null;

/** The call that is heard, or being made; where all are held, the one that was heard last. */
export const heard = computed(() => {
  const all = [...calls.value.values()].filter((call) => HEARD.includes(call.state));
  const now = all.find((call) => call.state !== 'held') ?? all.find(({ id }) => id === lastHeard) ?? all[0] ?? null;
  lastHeard = now?.id ?? null;
  return now;
});

export type SeatEvent =
  | { type: 'snapshot'; seat: { state: typeof seatThere.value }; calls: PageCall[] }
  | { type: 'seat'; seat: { state: typeof seatThere.value } }
  | { type: 'call'; call: PageCall }
  | { type: 'ended'; call: string; reason: string }
  | { type: 'quality'; call: string; sides: Side[] }
  | { type: 'transfer'; call: string; state: 'ringing' | 'done' | 'failed'; reason?: string }
  | { type: 'digit'; call: string; digit: string }
  | { type: 'noticed'; call: string; what: string; ms: number | null };

/** One event of the Seat. */
export function takeSeatEvent(event: SeatEvent) {
  switch (event.type) {
    case 'snapshot':
      seatThere.value = event.seat.state;
      event.calls.forEach(notice);
      calls.value = new Map(event.calls.map((call) => [call.id, call]));
      seatTaken.value = {};
      return;
    case 'seat':
      seatThere.value = event.seat.state;
      if (event.seat.state === 'connecting') seatTaken.value = {};
      return;
    case 'call':
      notice(event.call);
      calls.value = new Map(calls.value).set(event.call.id, event.call);
      return;
    case 'ended':
      failedThird(calls.value.get(event.call), event.reason);
      takenOut(calls.value.get(event.call), event.reason);
      thirds.delete(event.call);
      calls.value = without(calls.value, event.call);
      quality.value = without(quality.value, event.call);
      return;
    case 'quality':
      quality.value = new Map(quality.value).set(event.call, event.sides);
      return;
    case 'transfer':
      if (event.state === 'done') transferDone.value = { call: event.call };
      if (event.state === 'failed') transferFailed.value = { reason: event.reason ?? '' };
      return;
    case 'digit':
    case 'noticed':
  }
}

// Whoever comes in leaves his own call by a transfer.
function failedThird(call: PageCall | undefined, reason: string) {
  if (call?.joins && reason !== 'transferred') thirdFailed.value = { number: call.dialled ?? '', reason };
}

// A conference ends nobody's call by itself: its moderator did.
function takenOut(call: PageCall | undefined, reason: string) {
  if (call?.conference && reason === 'operator') removed.value = { conference: call.conference.name };
}

export function forgetCalls() {
  thirds.clear();
  [calls.value, quality.value, seatThere.value] = [new Map(), new Map(), 'none'];
}

function without<T>(table: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  const less = new Map(table);
  less.delete(key);
  return less;
}
