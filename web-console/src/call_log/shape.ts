import { type Verdict, judge, worst } from '../live/verdict';
import { telephone } from '../words/language';
import { say } from './words';

export interface CallNumber {
  number: string;
  name: string | null;
}

export interface Stream {
  packets: number;
  loss_percent: number;
  jitter_ms: number;
  mos: number | null;
}

export interface CallSide {
  side: 'ours' | 'outside';
  party: string;
  name: string | null;
  codec: string | null;
  encrypted: boolean;
  received: Stream;
  sent: Stream;
  round_trip_ms: number | null;
  one_way: boolean;
}

export interface LoggedCall {
  id: string;
  direction: 'inbound' | 'internal' | 'outbound';
  caller: CallNumber;
  callee: CallNumber;
  destination: { kind: string; name: string } | null;
  transferred_to: CallNumber | null;
  /** The other call that it went on in. */
  joined: string | null;
  trunk: string | null;
  queue: string | null;
  agent: { id: number; name: string } | null;
  started_at_ms: number;
  ringing_at_ms: number | null;
  answered_at_ms: number | null;
  ended_at_ms: number | null;
  /** In queues, until an agent had it or it ended. */
  waited_ms: number | null;
  /** The caller ended it in a queue. */
  gave_up: boolean;
  talk_ms: number;
  end_reason: string;
  ended_by: 'caller' | 'callee' | 'system' | null;
  sip_status: number | null;
  q850_cause: number | null;
  recorded: boolean;
  sides: CallSide[];
  interactions: { id: number; protocol: string }[];
}

/** A number with whose it is; one that was withheld says so. */
export const told = ({ number, name }: CallNumber) => (name ? `${name} · ${telephone(number)}` : number === 'anonymous' || number === '' ? say('hidden') : telephone(number));

/** Who is at this side: between two phones each has a name. */
export function sideName({ side, party, name }: CallSide, all: readonly CallSide[]): string {
  const alone = all.filter((one) => one.side === side).length === 1;
  const words = say(side === 'ours' ? 'our_side' : 'customer_side');
  return alone ? words : `${words} · ${name ?? telephone(party)}`;
}

/** In a word each, in their order. */
export function verdictsOf(sides: readonly CallSide[]): Verdict[] {
  const both = judge(sides.map(({ received, sent }) => ({ from: received, missed_percent: sent.loss_percent })));
  return sides.map(({ one_way }, at) => (one_way ? 'bad' : worst(Object.values(both[at] ?? {}))));
}
