import { number } from '../words/language';
import type { Verdict } from '../live/verdict';
import { Badge, type IconName, type Meaning } from '../ui';
import { type CallSide, type Stream, sideName, verdictsOf } from './shape';
import { say } from './words';

const LOOKS: Record<Verdict, { kind: Meaning; icon: IconName }> = {
  good: { kind: 'good', icon: 'check' },
  fair: { kind: 'warn', icon: 'alert' },
  bad: { kind: 'stop', icon: 'alert' },
  unknown: { kind: 'plain', icon: 'question' },
};

/** Whose network was bad, at a glance (B08). */
export function Verdicts({ sides }: { sides: readonly CallSide[] }) {
  if (sides.length === 0) return <span class="soft">–</span>;
  const words = verdictsOf(sides);
  return (
    <span class="open-list">
      {sides.map((side, at) => {
        const word = words[at] ?? 'unknown';
        return (
          <Badge key={at} {...LOOKS[word]}>
            {say('side_word', { side: sideName(side, sides), word: side.one_way ? say('one_way') : say(`quality_${word}`) })}
          </Badge>
        );
      })}
    </span>
  );
}

/** What was measured at each side, both ways. */
export function Measured({ sides }: { sides: readonly CallSide[] }) {
  if (sides.length === 0) return <p class="soft">{say('no_sound')}</p>;
  const words = verdictsOf(sides);
  return (
    <ul class="call-sides">
      {sides.map((side, at) => (
        <li key={at} data-side={side.side}>
          <Side side={side} all={sides} word={words[at] ?? 'unknown'} />
        </li>
      ))}
    </ul>
  );
}

function Side({ side, all, word }: { side: CallSide; all: readonly CallSide[]; word: Verdict }) {
  const trip = side.round_trip_ms;
  return (
    <>
      <h3 class="row wraps">
        <span>{sideName(side, all)}</span>
        <Badge {...LOOKS[word]}>{side.one_way ? say('one_way') : say(`quality_${word}`)}</Badge>
      </h3>
      <p>{side.one_way ? say('one_way_text') : say(`verdict_${word}`)}</p>
      <dl class="small">
        <dt>{say('heard_from')}</dt>
        <dd>{figures(side.received)}</dd>
        <dt>{say('sent_there')}</dt>
        <dd>{figures(side.sent)}</dd>
      </dl>
      <p class="small soft">{[trip !== null && say('trip', { ms: number(trip) }), side.codec, side.encrypted && say('encrypted')].filter(Boolean).join(' · ')}</p>
    </>
  );
}

function figures({ packets, loss_percent, jitter_ms, mos }: Stream): string {
  if (packets === 0) return '–';
  const parts = [say('loss', { percent: number(loss_percent, 1) }), say('jitter', { ms: number(jitter_ms) }), mos !== null && say('mos', { mos: number(mos, 1) })];
  return parts.filter(Boolean).join(' · ');
}
