import type { HistoryEvent } from '../api/types';
import { ErrorState, Skeleton, usePages } from '../ui';
import { clock, telephone } from '../words/language';
import { say } from './words';

const KINDS = ['abandoned', 'edited', 'withdrawn', 'customer_ended', 'customer_left', 'customer_returned', 'arrived', 'offered', 'refused', 'timed_out', 'assigned', 'given_back', 'transferred', 'held', 'resumed', 'ended', 'closed', 'note'] as const;
const BY = ['customer', 'agent', 'system', 'transfer'] as const;

/** What happened, in words. Who ended it stands in the detail. */
function textOf({ kind, user, detail }: HistoryEvent): string {
  const by = BY.find((one) => one === detail?.['by']);
  if (kind === 'ended' && by) return say(`ended_${by}`);
  if (kind === 'abandoned' && by === 'system') return say('ended_system');
  if (kind === 'customer_ended' && detail?.['why'] === 'did_not_come_back') return say('did_not_return');
  if (kind === 'closed' && detail?.['by'] === 'rule') return say('closed_by_rule');
  if (kind === 'closed' && !user && detail?.['why']) return say('closed_by_stop');
  if (kind === 'closed' && user) return say('closed_by', { name: user.name });
  if (kind === 'transferred' && typeof detail?.['to_number'] === 'string') return say('transferred_to', { number: telephone(detail['to_number']) });
  const known = KINDS.find((one) => one === kind);
  return known ? say(known, { name: user?.name ?? '' }) : kind;
}

/** What happened to an Interaction, in order. */
export function Course({ interaction }: { interaction: number }) {
  const all = usePages<HistoryEvent>(`/interactions/${interaction}/events?limit=100`);
  if (all.problem) return <ErrorState problem={all.problem} onRetry={all.reload} />;
  if (all.loading && all.items.length === 0) return <Skeleton />;
  return (
    <ol class="course">
      {all.items.map((event) => (
        <li key={event.id}>
          <time class="small soft">{clock(event.at_ms)}</time>
          <span>{textOf(event)}</span>
        </li>
      ))}
    </ol>
  );
}
