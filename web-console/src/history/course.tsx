import type { HistoryEvent } from '../api/types';
import { ErrorState, Skeleton, usePages } from '../ui';
import { clock } from '../words/language';
import { say } from './words';

const KINDS = ['abandoned', 'edited', 'withdrawn', 'customer_ended', 'customer_left', 'customer_returned', 'arrived', 'offered', 'refused', 'timed_out', 'assigned', 'given_back', 'transferred', 'held', 'resumed', 'ended', 'closed', 'note'] as const;

/** What happened to an Interaction, in order. */
export function Course({ interaction }: { interaction: number }) {
  const all = usePages<HistoryEvent>(`/interactions/${interaction}/events?limit=100`);
  if (all.problem) return <ErrorState problem={all.problem} onRetry={all.reload} />;
  if (all.loading && all.items.length === 0) return <Skeleton />;
  return (
    <ol class="course">
      {all.items.map((event) => {
        const kind = KINDS.find((one) => one === event.kind);
        return (
          <li key={event.id}>
            <time class="small soft">{clock(event.at_ms)}</time>
            <span>{kind ? say(kind, { name: event.user?.name ?? '' }) : event.kind}</span>
          </li>
        );
      })}
    </ol>
  );
}
