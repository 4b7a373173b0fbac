import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import type { Interaction } from '../api/types';
import { boards } from '../live/desk';
import { Badge, Button, Icon, Timer, usePages } from '../ui';
import { Rows } from '../ui/listing';
import { Why } from './why';
import { say } from './words';

const since = (one: Interaction) => one.waiting_since_ms ?? one.started_at_ms;

/** What no agent has taken yet, over all queues, oldest first. */
export function Waiting() {
  const pages = usePages<Interaction>('/interactions?state=waiting&limit=100');
  const asked = useSignal<Interaction | null>(null);
  // The boards are told of each that comes or goes.
  const waiting = [...boards.value.values()].map(({ queue_id, waiting: n, longest_waiting_since_ms }) => `${queue_id}:${n}:${longest_waiting_since_ms}`).join();
  useEffect(() => void pages.reload(), [waiting]);
  const items = [...pages.items].sort((a, b) => since(a) - since(b));
  return (
    <div class="stack supervise-in">
      <Rows
        title={say('waiting')}
        pages={{ ...pages, items }}
        keyOf={(one) => one.id}
        empty={{ icon: 'check', title: say('nobody_waits'), text: say('nobody_waits_text') }}
        columns={[
          { title: say('customer'), cell: Customer },
          { title: say('protocol'), cell: (one) => <span class="mono">{one.protocol}</span>, minor: true },
          { title: say('queue'), cell: (one) => one.queue?.title ?? '–' },
          { title: say('since'), cell: (one) => <Timer since={since(one)} /> },
          { title: say('why'), cell: (one) => <Button size="small" icon="question" onClick={() => (asked.value = one)}>{say('why')}</Button>, width: 'least', align: 'end' },
        ]}
      />
      {asked.value && <Why interaction={asked.value} onClose={() => (asked.value = null)} />}
    </div>
  );
}

function Customer({ medium, title, contact, state }: Interaction) {
  return (
    <span class="row">
      <Icon name={medium === 'voice' ? 'phone' : 'message'} size={16} />
      <span class="cut">{contact?.name ?? title}</span>
      {state === 'offered' && <Badge kind="wait" icon="bell">{say('offered')}</Badge>}
    </span>
  );
}
