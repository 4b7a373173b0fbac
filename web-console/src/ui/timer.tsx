import { seconds } from '../api/clock';
import { longSpan, span } from '../words/language';

/** Counts up from a moment of the server's clock. `long`: always with hours. */
export function Timer({ since, until, long }: { since: number; until?: number | null; long?: boolean }) {
  const ms = (until ?? seconds.value) - since;
  return <time class="timer">{long ? longSpan(ms) : span(ms)}</time>;
}

/** Counts down to a moment of the server's clock, and stays at zero. */
export function Countdown({ until }: { until: number }) {
  return <time class="timer">{span(until - seconds.value + 999)}</time>;
}
