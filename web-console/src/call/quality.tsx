import { type Side, quality } from '../live/calls';
import { type Verdict, judge, worst } from '../live/verdict';
import { Icon } from '../ui';
import { number } from '../words/language';
import { say } from './words';

// A quality event comes each five seconds: silence beyond this is not a pause in them.
const ONE_WAY_MS = 4_000;

const BARS = { good: 3, fair: 2, bad: 1, unknown: 0 };

interface Judged {
  side: Side;
  from: Verdict;
  to: Verdict;
  word: Verdict;
}

const judged = (call: string): Judged[] => {
  const sides = quality.value.get(call) ?? [];
  const both = judge(sides.map((side) => ({ from: side, missed_percent: side.remote_loss_percent })));
  return sides.map((side, at) => {
    const { from, to } = both[at] ?? { from: 'unknown', to: 'unknown' };
    return { side, from, to, word: worst([from, to]) };
  });
};

/** How good the call is, for each side by itself. */
export function Quality({ call }: { call: string }) {
  return (
    <>
      {judged(call).map(({ side, word }) => {
        const name = say(side.side === 'page' ? 'near' : 'far');
        const label = say('quality_of', { side: name, word: say(`quality_${word}`) });
        const details = say(side.round_trip_ms === null ? 'details_one_way' : 'details', { loss: number(side.loss_percent, 1), jitter: number(side.jitter_ms), trip: number(side.round_trip_ms ?? 0) });
        return (
          <span key={side.side} class={`quality ${word}`} role="img" tabIndex={0} aria-label={`${label}. ${details}`} data-tip={`${label}. ${details}`} data-tip-at="below">
            {[1, 2, 3].map((bar) => (
              <i key={bar} class={bar <= BARS[word] ? 'on' : ''} />
            ))}
            <span class="small">{word === 'unknown' ? name : say('quality_short', { side: name, word: say(`quality_${word}`) })}</span>
          </span>
        );
      })}
    </>
  );
}

/** Says whose network is bad (B08), and when one side is not heard though both should be. */
export function Network({ call, talking }: { call: string; talking: boolean }) {
  if (!talking) return null;
  const all = judged(call);
  const silent = all.map(({ side }) => side).find(isSilent);
  return (
    <>
      {silent && (
        <p class="call-note warn" role="alert">
          <Icon name="alert" size={16} />
          {say(silent.side === 'page' ? 'one_way_page' : 'one_way_far', { n: Math.round((silent.silent_ms ?? ONE_WAY_MS) / 1000) })}
        </p>
      )}
      {all
        .filter(({ side, word }) => !isSilent(side) && word === 'bad')
        .map(({ side, from }) => (
          <p key={side.side} class="call-note warn network" role="status" data-side={side.side}>
            <Icon name="alert" size={16} />
            {say(sentenceOf(side, from), { loss: number(Math.max(side.loss_percent, side.remote_loss_percent ?? 0), 1), jitter: number(side.jitter_ms) })}
          </p>
        ))}
    </>
  );
}

const isSilent = ({ silent_ms }: Side) => silent_ms === null || silent_ms > ONE_WAY_MS;

/** Which way the trouble goes: what of it is heard, and by whom. */
function sentenceOf({ side }: Side, from: Verdict): 'network_page_from' | 'network_page_to' | 'network_far_from' | 'network_far_to' {
  if (side === 'page') return from === 'bad' ? 'network_page_from' : 'network_page_to';
  return from === 'bad' ? 'network_far_from' : 'network_far_to';
}
