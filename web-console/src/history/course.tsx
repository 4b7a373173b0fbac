import type { HistoryEvent, Named, Page } from '../api/types';
import { agents } from '../live/desk';
import { ErrorState, Skeleton, usePages, useWhole } from '../ui';
import { exactClock, telephone } from '../words/language';
import { say } from './words';

const KINDS = ['abandoned', 'edited', 'withdrawn', 'customer_ended', 'customer_left', 'customer_returned', 'arrived', 'offered', 'refused', 'timed_out', 'assigned', 'given_back', 'transferred', 'held', 'resumed', 'ended', 'closed', 'note'] as const;
const BY = ['customer', 'agent', 'system', 'transfer'] as const;

/** What happened, in words. Who ended it stands in the detail. */
function textOf({ kind, user, detail }: HistoryEvent, queues: readonly Named[]): string {
  const by = BY.find((one) => one === detail?.['by']);
  if (kind === 'ended' && by) return say(`ended_${by}`);
  if (kind === 'abandoned' && by === 'system') return say('ended_system');
  if (kind === 'customer_ended' && detail?.['why'] === 'did_not_come_back') return say('did_not_return');
  if (kind === 'closed' && detail?.['by'] === 'rule') return say('closed_by_rule');
  if (kind === 'closed' && !user && detail?.['why']) return say('closed_by_stop');
  if (kind === 'closed' && user) return say('closed_by', { name: user.name });
  if (kind === 'given_back' && detail?.['why'] === 'not_taken' && user) return say('not_taken', { name: user.name });
  if (kind === 'transferred') return transfer(user?.name, targetOf(detail ?? {}, queues));
  const known = KINDS.find((one) => one === kind);
  return known ? say(known, { name: user?.name ?? '' }) : kind;
}

/** By whom and to whom, so far as it is known: of who has gone since no name is left. */
function transfer(by: string | undefined, to: string | undefined): string {
  if (by && to) return say('transferred_by_to', { by, to });
  if (to) return say('transferred_to', { to });
  return by ? say('transferred_by', { by }) : say('transferred');
}

function targetOf({ to_number, to_user, to_queue }: Record<string, unknown>, queues: readonly Named[]): string | undefined {
  if (typeof to_number === 'string') return telephone(to_number);
  if (typeof to_user === 'number') return agents.value.get(to_user)?.name;
  return queues.find(({ id }) => id === to_queue)?.title;
}

/** What happened to an Interaction, in order. */
export function Course({ interaction }: { interaction: number }) {
  const all = usePages<HistoryEvent>(`/interactions/${interaction}/events?limit=100`);
  const named = all.items.some(({ detail }) => typeof detail?.['to_queue'] === 'number');
  const queues = useWhole<Page<Named>>(named ? '/queues?limit=100' : null, 'queues').data?.items ?? [];
  if (all.problem) return <ErrorState problem={all.problem} onRetry={all.reload} />;
  if (all.loading && all.items.length === 0) return <Skeleton />;
  return (
    <ol class="course">
      {all.items.map((event) => (
        <li key={event.id}>
          <time class="small soft">{exactClock(event.at_ms)}</time>
          <span>{textOf(event, queues)}</span>
        </li>
      ))}
    </ol>
  );
}
