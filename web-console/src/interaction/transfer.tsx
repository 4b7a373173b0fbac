import { useSignal } from '@preact/signals';

import type { Interaction, Medium, Page } from '../api/types';
import { agents, boards } from '../live/desk';
import { me } from '../live/me';
import { type Target, giveCall, transfer } from '../live/verbs';
import { Avatar, Badge, Button, Dialog, Empty, ErrorState, FormProblem, Skeleton, Tabs, TextField, toast, useAction, useWhole } from '../ui';
import { plain } from '../words/language';
import { say } from './words';

type To = 'user' | 'queue' | 'number';

export interface TransferProps {
  /** A call between two extensions is none. */
  interaction: Interaction | null;
  call: string | null;
  first: 'user' | 'queue';
  onClose: () => void;
}

/** To another agent, another queue, and a call to any number too. Protocol and TTA stay (F157). */
export function Transfer({ interaction, call, first, onClose }: TransferProps) {
  const tab = useSignal<To>(first);
  const target = useSignal<Target | { number: string } | null>(null);
  const text = useSignal('');
  const action = useAction(async () => {
    const to = target.value;
    if (!to) return;
    if (interaction && !('number' in to)) {
      await transfer(interaction.id, to);
      toast(say('transferred'), { kind: 'good' });
    } else if (call) {
      // What becomes of it is told once it is known.
      await giveCall(call, 'number' in to ? to.number : to);
    }
    onClose();
  });
  const medium = interaction?.medium ?? 'voice';
  const voice = medium === 'voice';
  const holder = interaction?.agent?.id ?? null;
  const tabs: { key: To; title: string }[] = [
    { key: 'user', title: say('user') },
    { key: 'queue', title: say('queue') },
    ...(voice ? [{ key: 'number' as const, title: say('number') }] : []),
  ];
  return (
    <Dialog
      title={say(voice ? 'transfer_call' : 'transfer')}
      onClose={onClose}
      onSubmit={action.run}
      actions={
        <>
          <Button kind="primary" icon="transfer" submit busy={action.pending} disabled={!target.value}>
            {say('transfer')}
          </Button>
        </>
      }
    >
      <Tabs
        label={say('to')}
        tabs={tabs}
        chosen={tab.value}
        onChoose={(key) => {
          tab.value = key;
          target.value = null;
          text.value = '';
        }}
      >
        <div class="stack targets">
          {tab.value === 'number' ? (
            <TextField
              label={say('to_number')}
              type="tel"
              autofocus
              maxLength={64}
              value={text.value}
              onChange={(value) => {
                text.value = value;
                target.value = value.trim() ? { number: value.trim() } : null;
              }}
            />
          ) : (
            <>
              <TextField bare autofocus type="search" label={say('search')} placeholder={say('name')} value={text.value} onChange={(value) => (text.value = value)} />
              {tab.value === 'user' ? (
                <Users text={plain(text.value)} holder={holder} target={target.value} choose={(to) => (target.value = to)} />
              ) : (
                <Queues text={plain(text.value)} medium={medium} target={target.value} choose={(to) => (target.value = to)} />
              )}
            </>
          )}
        </div>
      </Tabs>
      <FormProblem problem={action.problem} />
    </Dialog>
  );
}

interface Queue {
  id: number;
  title: string;
  medium: Medium;
  enabled: boolean;
}

interface Choosing {
  text: string;
  target: object | null;
  choose: (to: Target) => void;
}

function Users({ text, holder, target, choose }: Choosing & { holder: number | null }) {
  const fits = [...agents.value.values()].filter((agent) => agent.id !== me.value?.id && agent.id !== holder && agent.presence === 'here' && plain(agent.name).includes(text));
  if (fits.length === 0) return <Empty icon="agents" title={say('nobody_fits')} />;
  return (
    <div role="radiogroup" aria-label={say('user')} class="scrolls target-list">
      {fits.map((agent) => {
        const chosen = target !== null && 'user' in target && target.user === agent.id;
        return (
          <button key={agent.id} type="button" role="radio" aria-checked={chosen} class={`target ${chosen ? 'chosen' : ''}`} onClick={() => choose({ user: agent.id })}>
            <Avatar name={agent.name} photo={agent.photo_url} size={24} />
            <span class="grow cut">{agent.name}</span>
            <span class="small soft">{say('with', { chats: agent.open.chats, calls: agent.open.calls })}</span>
          </button>
        );
      })}
    </div>
  );
}

function Queues({ text, medium, target, choose }: Choosing & { medium: Medium }) {
  const all = useWhole<Page<Queue>>('/queues?limit=100', 'queues');
  const fits = (all.data?.items ?? []).filter((queue) => queue.enabled && queue.medium === medium && plain(queue.title).includes(text));
  if (all.problem) return <ErrorState problem={all.problem} onRetry={all.reload} />;
  if (!all.data) return <Skeleton />;
  return (
    <div role="radiogroup" aria-label={say('queue')} class="scrolls target-list">
      {fits.map((queue) => {
        const chosen = target !== null && 'queue' in target && target.queue === queue.id;
        const board = boards.value.get(queue.id);
        return (
          <button key={queue.id} type="button" role="radio" aria-checked={chosen} class={`target ${chosen ? 'chosen' : ''}`} onClick={() => choose({ queue: queue.id })}>
            <span class="grow cut">{queue.title}</span>
            {board && (
              <Badge kind={board.agents_free > 0 ? 'good' : 'plain'} icon="agents">
                {board.agents_free}/{board.agents_connected}
              </Badge>
            )}
          </button>
        );
      })}
    </div>
  );
}
