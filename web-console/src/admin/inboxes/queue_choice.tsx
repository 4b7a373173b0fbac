import { Select, useResource } from '../../ui';
import type { List, Queue } from '../shapes';
import { say } from './words';

/** Where the conversations of an inbox wait. */
export function QueueChoice({ value, onChange, error }: { value: number | null; onChange: (queue: number | null) => void; error: string | null }) {
  const queues = useResource<List<Queue>>('/queues?limit=100', 'queues');
  const chat = queues.data?.items.filter(({ medium }) => medium === 'chat') ?? [];
  return (
    <Select
      label={say('queue')}
      hint={say('queue_hint')}
      none={say('queue_none')}
      value={value === null ? '' : String(value)}
      onChange={(text) => onChange(text ? Number(text) : null)}
      choices={chat.map(({ id, title }) => ({ value: String(id), label: title }))}
      error={error}
    />
  );
}
