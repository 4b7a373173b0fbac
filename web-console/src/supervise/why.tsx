// Why an Interaction waits: for each agent of its queue, what keeps it from him.

import { useSignal } from '@preact/signals';

import type { Interaction, Medium, Page } from '../api/types';
import { transfer } from '../live/verbs';
import { Avatar, Button, Dialog, ErrorState, FormProblem, Select, Skeleton, toast, useAction, useResource } from '../ui';
import { clock } from '../words/language';
import { say as shared } from '../admin/words';
import { say } from './words';

const CODES = ['none', 'at_capacity', 'declined', 'idle_for_less', 'in_call', 'lost', 'more_open', 'not_logged_in', 'not_free', 'paused', 'wrap_up', 'without_capacity'] as const;

interface WhyNot {
  id: number;
  name: string;
  /** Empty: nothing speaks against it. */
  reasons: string[];
  figures: { open?: number; of?: number; until_ms?: number };
}

interface Answer {
  state: 'waiting' | 'offered' | 'open';
  leads_nowhere: boolean;
  ahead: number;
  agents: WhyNot[];
}

export function Why({ interaction, onClose }: { interaction: Interaction; onClose: () => void }) {
  const why = useResource<Answer>(`/interactions/${interaction.id}/why`);
  return (
    <Dialog title={say('why_title')} onClose={onClose} actions={<Button onClick={onClose}>{shared('back')}</Button>}>
      <p class="soft">
        {interaction.contact?.name ?? interaction.title} · <span class="mono">{interaction.protocol}</span>
      </p>
      {why.problem && <ErrorState problem={why.problem} onRetry={why.reload} />}
      {why.loading && !why.data && <Skeleton lines={4} />}
      {why.data?.leads_nowhere && <Stranded interaction={interaction} onSent={onClose} />}
      {why.data && !why.data.leads_nowhere && <Reasons {...why.data} />}
      {why.data && why.data.state !== 'open' && interaction.agent && interaction.queue && <Alone id={interaction.id} agent={interaction.agent.name} queue={interaction.queue} onSent={onClose} />}
    </Dialog>
  );
}

/** It leads nowhere: what for, and the way on. */
function Stranded({ interaction, onSent }: { interaction: Interaction; onSent: () => void }) {
  const { id, medium, queue, inbox } = interaction;
  const queues = useResource<Page<{ id: number; title: string; medium: Medium; enabled: boolean }>>('/queues?limit=100', 'queues');
  const open = queues.data?.items.filter((one) => one.enabled && one.medium === medium) ?? [];
  const to = useSignal<number | null>(null);
  const chosen = to.value ?? (open.length === 1 ? (open[0]?.id ?? null) : null);
  const action = useAction(async () => {
    if (chosen === null) return;
    await transfer(id, { queue: chosen });
    toast(say('sent_to_queue'), { kind: 'good' });
    onSent();
  });
  const reason = queue ? say('why_queue_off', { queue: queue.title }) : inbox ? say('why_nowhere_inbox', { inbox: inbox.title }) : say('why_nowhere');
  return (
    <>
      <p class="form-problem">{reason}</p>
      <Select label={say('send_to_queue')} none={true} value={chosen === null ? '' : String(chosen)} onChange={(text) => (to.value = text ? Number(text) : null)} choices={open.map((one) => ({ value: String(one.id), label: one.title }))} />
      <Button kind="primary" busy={action.pending} disabled={chosen === null} onClick={action.run}>{say('send')}</Button>
      <FormProblem problem={action.problem} />
    </>
  );
}

/** It is meant for one alone, as after a transfer: for how long, and the way on. */
function Alone({ id, agent, queue, onSent }: { id: number; agent: string; queue: { id: number; title: string }; onSent: () => void }) {
  const action = useAction(async () => {
    await transfer(id, { queue: queue.id });
    toast(say('sent_to_queue'), { kind: 'good' });
    onSent();
  });
  return (
    <>
      <p>{say('why_alone', { name: agent, queue: queue.title })}</p>
      <Button busy={action.pending} onClick={action.run}>{say('send_to_queue_now', { queue: queue.title })}</Button>
      <FormProblem problem={action.problem} />
    </>
  );
}

function Reasons({ state, ahead, agents }: Answer) {
  const place = state === 'open' ? say('taken') : state === 'offered' ? say('offered') : ahead === 0 ? say('first') : say('ahead', { n: ahead });
  return (
    <>
      <p>
        <strong>{place}</strong>
      </p>
      {agents.length === 0 && state !== 'open' && <p>{say('why_nobody')}</p>}
      <ul class="why">
        {agents.map(({ id, name, reasons, figures }) => (
          <li key={id}>
            <span class="who">
              <Avatar name={name} size={24} />
              <span class="cut">{name}</span>
            </span>
            <span>{(reasons.length > 0 ? reasons : ['none']).map((code) => textOf(code, figures)).join(', ')}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function textOf(code: string, { open = 0, of = 0, until_ms }: WhyNot['figures']): string {
  const known = CODES.find((one) => one === code);
  return known ? say(`why_${known}`, { open, of, at: until_ms === undefined ? '' : clock(until_ms) }) : code;
}
