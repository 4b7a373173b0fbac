import { useEffect } from 'preact/hooks';

import { Select, useWhole } from '../../ui';
import type { List, Queue } from '../shapes';
import { say } from './words';

interface ChoiceProps {
  value: number | null;
  onChange: (queue: number | null) => void;
  error: string | null;
  /** Of a new inbox: where there is one queue only, it is meant. */
  preselects?: boolean;
}

/** Where the conversations of an inbox wait. */
export function QueueChoice({ value, onChange, error, preselects = false }: ChoiceProps) {
  const queues = useWhole<List<Queue>>('/queues?limit=100', 'queues');
  const chat = queues.data?.items.filter(({ medium }) => medium === 'chat') ?? [];
  const only = chat.length === 1 ? chat[0] : undefined;
  useEffect(() => {
    if (preselects && only) onChange(only.id);
  }, [preselects, only?.id]);
  return (
    <Select
      label={say('queue')}
      hint={say(queues.data && chat.length === 0 ? 'queue_hint_none' : 'queue_hint')}
      none={say('queue_none')}
      value={value === null ? '' : String(value)}
      onChange={(text) => onChange(text ? Number(text) : null)}
      choices={chat.map(({ id, title }) => ({ value: String(id), label: title }))}
      error={error}
    />
  );
}
