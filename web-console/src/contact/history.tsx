import type { Interaction } from '../api/types';
import { href } from '../route/route';
import { Empty, ErrorState, Icon, Skeleton, usePages, Button } from '../ui';
import { say as kit } from '../ui/words';
import { moment } from '../words/language';
import { say } from './words';

/** The Interactions of a contact, newest first, but for the one that is looked at. */
export function ContactHistory({ contact, besides }: { contact: number; besides?: number }) {
  const past = usePages<Interaction>(`/contacts/${contact}/interactions?limit=20`);
  const rows = past.items.filter((one) => one.id !== besides);
  if (past.problem) return <ErrorState problem={past.problem} onRetry={past.reload} />;
  if (past.loading && rows.length === 0) return <Skeleton />;
  if (rows.length === 0) return <Empty icon="history" title={say('nothing_earlier')} />;
  return (
    <ul class="past">
      {rows.map((one) => (
        <li key={one.id}>
          <a class="past-line" href={href('desk', 'history', one.id)}>
            <Icon name={one.medium === 'voice' ? 'phone' : 'message'} size={16} />
            <span class="grow">
              <span class="cut">{one.last?.text ?? one.queue?.title ?? one.inbox?.title ?? one.title}</span>
              <span class="small soft">
                {moment(one.started_at_ms)} · <span class="mono">{one.protocol}</span>
                {one.disposition && ` · ${one.disposition.title}`}
              </span>
            </span>
          </a>
        </li>
      ))}
      {past.more && (
        <li>
          <Button size="small" onClick={past.more}>
            {kit('more')}
          </Button>
        </li>
      )}
    </ul>
  );
}
