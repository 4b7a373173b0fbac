// What the gateway told of the Seat and its calls. Knows no document.

/** The truth of this page: fed with events, read by the view. */
export class Calls {
  calls = new Map();
  seat = { state: 'none' };
  quality = new Map();
  #ahead_ms = 0;

  /** The gateway's time now, in milliseconds since 1970. */
  now() {
    return Date.now() + this.#ahead_ms;
  }

  /** The call that is heard, or the one that is being made. */
  get current() {
    return this.#first('talking') ?? this.#first('alerting') ?? this.#first('dialling') ?? null;
  }

  get ringing() {
    return this.#first('ringing');
  }

  /** Takes an event; returns lines for the log, `[key, values]` each. */
  take(event) {
    switch (event.type) {
      case 'snapshot':
        this.#ahead_ms = event.now_ms - Date.now();
        this.calls = new Map(event.calls.map((call) => [call.id, call]));
        this.seat = event.seat;
        return [];
      case 'seat':
        this.seat = event.seat;
        return [];
      case 'call':
        return this.#call(event.call);
      case 'ended': {
        const who = this.#who(event.call) || event.number;
        this.calls.delete(event.call);
        this.quality.delete(event.call);
        return [['log_ended', { who, reason: event.reason }]];
      }
      case 'transfer':
        return [[`log_transfer_${event.state}`, { reason: event.reason }]];
      case 'digit':
        return [['log_digit', { who: this.#who(event.call), digit: event.digit }]];
      case 'quality':
        this.quality.set(event.call, { sides: event.sides, at_ms: this.now() });
        return [];
      default:
        // A newer gateway may say more.
        return [];
    }
  }

  #call(call) {
    const before = this.calls.get(call.id);
    this.calls.set(call.id, call);
    const who = whoOf(call);
    if (!before) return [[call.direction === 'incoming' ? 'log_incoming' : 'log_dialled', { who }]];
    return call.answered_at_ms && !before.answered_at_ms ? [['log_answered', { who }]] : [];
  }

  #who(id) {
    const call = this.calls.get(id);
    return call ? whoOf(call) : '';
  }

  #first(state) {
    return [...this.calls.values()].find((call) => call.state === state);
  }
}

/** The other party as people name it. */
export const whoOf = (call) => call.name ?? call.number ?? call.dialled;

const CAN = {
  ringing: ['answer', 'reject'],
  dialling: ['hang_up'],
  alerting: ['hang_up'],
  talking: ['hold', 'transfer', 'hang_up'],
  held: ['resume', 'transfer', 'hang_up'],
  transferring: ['hang_up'],
};

/** The verbs that a call takes in its state. */
export const verbsOf = (call) => CAN[call.state] ?? ['hang_up'];

// RFC 6716's frames are 20 ms and a quality event comes each five seconds: silence beyond this is not a pause in them.
const ONE_WAY_MS = 4_000;

/** Names the side from which nothing comes though the call is heard: `page`, `far` or `null` (also for both: no call is). */
export function oneWay(call, sides) {
  if (!call || call.state !== 'talking' || call.far_held) return null;
  const silent = sides.filter((side) => side.silent_ms === null || side.silent_ms > ONE_WAY_MS);
  return silent[0]?.side ?? null;
}
