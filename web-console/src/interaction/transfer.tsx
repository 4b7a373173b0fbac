import { useSignal } from '@preact/signals';

import type { AgentLive, Interaction, Medium, Page } from '../api/types';
import { agents, boards } from '../live/desk';
import { me } from '../live/me';
import { type Target, giveCall, transfer } from '../live/verbs';
import { Avatar, Badge, Button, Dialog, Empty, ErrorState, FormProblem, Skeleton, Tabs, TextField, toast, useAction, useWhole } from '../ui';
import { plain } from '../words/language';
import { say } from './words';

type To = 'user' | 'queue' | 'number';
type Chosen = Target | { number: string };

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
  const target = useSignal<Chosen | null>(null);
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
              <TextField bare autofocus type="search" label={say(`find_${tab.value}`)} placeholder={say(`find_${tab.value}`)} value={text.value} onChange={(value) => (text.value = value)} />
              {tab.value === 'user' ? (
                <Users text={plain(text.value.trim())} medium={medium} holder={holder} target={target.value} choose={(to) => (target.value = to)} />
              ) : (
                <Queues text={plain(text.value.trim())} medium={medium} target={target.value} choose={(to) => (target.value = to)} />
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
  medium: Medium;
  target: Chosen | null;
  choose: (to: Chosen) => void;
}

/** He is offered it: his console is there, and he is logged in to a queue. */
const isOffered = ({ presence, standings, takes }: AgentLive, medium: Medium) => presence === 'here' && takes.includes(medium) && standings.length > 0;

/** How this one is reached: by an offer, or, with a call, at his extension; `null`: not at all. A conversation waits for whoever has his console open. */
function wayTo(agent: AgentLive, medium: Medium): Chosen | null {
  if (isOffered(agent, medium)) return { user: agent.id };
  if (medium === 'voice') return agent.extension === null ? null : { number: agent.extension };
  return agent.presence === 'here' && agent.takes.includes('chat') ? { user: agent.id } : null;
}

const isSame = (one: Chosen, other: Chosen | null) => JSON.stringify(one) === JSON.stringify(other);

function Users({ text, medium, holder, target, choose }: Choosing & { holder: number | null }) {
  const others = [...agents.value.values()].filter((agent) => agent.id !== me.value?.id && agent.id !== holder);
  const reached = others.flatMap((agent) => {
    const way = wayTo(agent, medium);
    return way ? [{ agent, way, offered: isOffered(agent, medium) }] : [];
  });
  const fits = reached.filter(({ agent }) => plain(agent.name).includes(text) || agent.extension?.startsWith(text));
  // Who is at work comes first.
  fits.sort((a, b) => Number(b.offered) - Number(a.offered) || a.agent.name.localeCompare(b.agent.name));
  if (fits.length === 0) return <Empty icon="agents" title={say(reached.length > 0 ? 'none_named_so' : 'nobody_reached')} />;
  return (
    <div role="radiogroup" aria-label={say('user')} class="scrolls target-list">
      {fits.map(({ agent, way, offered }) => {
        const chosen = isSame(way, target);
        return (
          <button key={agent.id} type="button" role="radio" aria-checked={chosen} class={`target ${chosen ? 'chosen' : ''}`} onClick={() => choose(way)}>
            <Avatar name={agent.name} photo={agent.photo_url} size={24} />
            <span class="grow cut">{agent.name}</span>
            <span class="small soft">{wordOf(agent, offered, medium)}</span>
          </button>
        );
      })}
    </div>
  );
}

function wordOf({ open, extension, standings }: AgentLive, offered: boolean, medium: Medium): string {
  if (offered && standings.every(({ state }) => state === 'paused')) return say('in_pause');
  if (offered) return say('with', open);
  return medium === 'voice' ? say('rings_at', { number: extension ?? '' }) : say('in_no_queue');
}

function Queues({ text, medium, target, choose }: Choosing) {
  const all = useWhole<Page<Queue>>('/queues?limit=100', 'queues');
  const fits = (all.data?.items ?? []).filter((queue) => queue.enabled && queue.medium === medium && plain(queue.title).includes(text));
  if (all.problem) return <ErrorState problem={all.problem} onRetry={all.reload} />;
  if (!all.data) return <Skeleton />;
  if (fits.length === 0) return <Empty icon="queue" title={say('none_named_so')} />;
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
