import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import type { Interaction } from '../api/types';
import { endOf } from '../interaction/state';
import { agents, boards } from '../live/desk';
import { go } from '../route/route';
import { Icon, Select, TextField, usePages } from '../ui';
import { Rows } from '../ui/listing';
import { moment, span } from '../words/language';
import { say } from './words';

const AFTER_MS = 250;
const DAY_MS = 86_400_000;

/** Ended Interactions of everybody, by what one remembers of them. */
export function HistorySearch() {
  const text = useSignal('');
  const asked = useSignal('');
  const filter = useSignal({ queue: '', agent: '', from: '', to: '' });
  useEffect(() => {
    const timer = setTimeout(() => (asked.value = text.value.trim()), AFTER_MS);
    return () => clearTimeout(timer);
  }, [text.value]);
  const { queue, agent, from, to } = filter.value;
  const set = (change: Partial<typeof filter.value>) => (filter.value = { ...filter.value, ...change });
  const wanted = { state: 'closed', q: asked.value, queue, agent, from_ms: from && String(dayStart(from)), to_ms: to && String(dayStart(to) + DAY_MS) };
  const query = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value)).toString();
  const pages = usePages<Interaction>(`/interactions?${query}`);
  return (
    <div class="stack supervise-in">
      <div class="filters">
        <TextField label={say('find')} type="search" value={text.value} onChange={(value) => (text.value = value)} />
        <Select label={say('queue')} none={say('all_queues')} value={queue} onChange={(value) => set({ queue: value })} choices={[...boards.value.values()].map(({ queue_id, title }) => ({ value: String(queue_id), label: title }))} />
        <Select label={say('agent')} none={say('all_agents')} value={agent} onChange={(value) => set({ agent: value })} choices={[...agents.value.values()].map(({ id, name }) => ({ value: String(id), label: name }))} />
        <TextField label={say('from')} type="date" value={from} onChange={(value) => set({ from: value })} />
        <TextField label={say('to')} type="date" value={to} onChange={(value) => set({ to: value })} />
      </div>
      <Rows
        title={say('history')}
        pages={pages}
        keyOf={(one) => one.id}
        onOpen={(one) => go('desk', 'history', one.id)}
        empty={{ icon: 'history', title: say('nothing'), text: say('nothing_text') }}
        columns={[
          { title: say('customer'), cell: Customer },
          { title: say('protocol'), cell: (one) => <span class="mono">{one.protocol}</span> },
          { title: say('queue'), cell: (one) => one.queue?.title ?? '–', minor: true },
          { title: say('agent'), cell: (one) => one.agent?.name ?? '–' },
          { title: say('started'), cell: (one) => moment(one.started_at_ms) },
          { title: say('lasted'), cell: (one) => (one.closed_at_ms === null ? '–' : span(one.closed_at_ms - one.started_at_ms)), align: 'end', minor: true },
          { title: say('ended'), cell: (one) => endOf(one).word, minor: true },
          { title: say('disposition'), cell: (one) => one.disposition?.title ?? '–', minor: true },
        ]}
      />
    </div>
  );
}

/** Midnight of a day as a date field writes it, on this machine's clock. */
const dayStart = (day: string) => new Date(`${day}T00:00:00`).getTime();

function Customer({ medium, title, contact }: Interaction) {
  return (
    <span class="row">
      <Icon name={medium === 'voice' ? 'phone' : 'message'} size={16} />
      <span class="cut">{contact?.name ?? title}</span>
    </span>
  );
}
