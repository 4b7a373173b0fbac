import { type Side, quality } from '../live/calls';
import { Icon } from '../ui';
import { number } from '../words/language';
import { say } from './words';

// ITU-T P.800: 4 is good, below 3 many are dissatisfied.
const GOOD_MOS = 3.8;
const FAIR_MOS = 3;
// A quality event comes each five seconds: silence beyond this is not a pause in them.
const ONE_WAY_MS = 4_000;

function wordOf(side: Side): 'good' | 'fair' | 'bad' | 'unknown' {
  if (side.mos === null) return 'unknown';
  return side.mos >= GOOD_MOS ? 'good' : side.mos >= FAIR_MOS ? 'fair' : 'bad';
}

const BARS = { good: 3, fair: 2, bad: 1, unknown: 0 };

/** How good the call is, for each side by itself. */
export function Quality({ call }: { call: string }) {
  const sides = quality.value.get(call) ?? [];
  return (
    <>
      {sides.map((side) => {
        const word = wordOf(side);
        const label = say('quality_of', { side: say(side.side === 'page' ? 'near' : 'far'), word: say(`quality_${word}`) });
        const details = say('details', { loss: number(side.loss_percent, 1), jitter: number(side.jitter_ms), trip: side.round_trip_ms === null ? '?' : number(side.round_trip_ms) });
        return (
          <span key={side.side} class={`quality ${word}`} role="img" tabIndex={0} aria-label={`${label}. ${details}`} data-tip={`${label}. ${details}`} data-tip-at="below">
            {[1, 2, 3].map((bar) => (
              <i key={bar} class={bar <= BARS[word] ? 'on' : ''} />
            ))}
            <span class="small">{say(side.side === 'page' ? 'near' : 'far')}</span>
          </span>
        );
      })}
    </>
  );
}

/** Says so when one side is not heard though both should be. */
export function OneWay({ call, talking }: { call: string; talking: boolean }) {
  if (!talking) return null;
  const silent = (quality.value.get(call) ?? []).find((side) => side.silent_ms === null || side.silent_ms > ONE_WAY_MS);
  if (!silent) return null;
  return (
    <p class="call-note warn" role="alert">
      <Icon name="alert" size={16} />
      {say(silent.side === 'page' ? 'one_way_page' : 'one_way_far', { n: Math.round((silent.silent_ms ?? ONE_WAY_MS) / 1000) })}
    </p>
  );
}
