import { post } from '../api/client';
import { seconds } from '../api/clock';
import type { AgentLive } from '../api/types';
import { agents, boards } from '../live/desk';
import { href } from '../route/route';
import { Avatar, Badge, Button, Countdown, Empty, Icon, type Meaning, Menu, Table, Timer, confirm, tell, toast } from '../ui';
import { say } from './words';

/** All agents, or those of one queue. */
export function AgentTable({ queue }: { queue: number | null }) {
  const rows = [...agents.value.values()]
    .filter(({ standings }) => queue === null || standings.some(({ queue_id }) => queue_id === queue))
    .sort((a, b) => a.name.localeCompare(b.name));
  if (rows.length === 0) return <Empty icon="agents" title={say(queue === null ? 'no_agents' : 'no_agents_queue')}>{queue === null && say('no_agents_text')}</Empty>;
  return (
    <Table
      label={say('agents')}
      rows={rows}
      keyOf={(agent) => agent.id}
      columns={[
        { title: say('agent'), cell: Who },
        { title: say('state'), cell: State },
        { title: say('standing'), cell: (agent) => <Standings agent={agent} queue={queue} /> },
        { title: say('open'), cell: Open },
        { title: say('actions'), cell: Actions, width: 'least', align: 'end' },
      ]}
    />
  );
}

function Who({ name, photo_url }: AgentLive) {
  return (
    <span class="who">
      <Avatar name={name} photo={photo_url} size={24} />
      <span class="cut">{name}</span>
    </span>
  );
}

const PRESENCE: Record<AgentLive['presence'], Meaning> = { here: 'good', lost: 'warn', away: 'plain' };

function State({ presence, wrap_up_until_ms, calls_need, in_call, open }: AgentLive) {
  return (
    <span class="row wraps">
      <Badge kind={PRESENCE[presence]} icon={presence === 'here' ? 'check' : presence === 'lost' ? 'alert' : 'door'}>
        {say(presence)}
      </Badge>
      {calls_need && (
        <Badge kind="stop" icon="alert">
          {say(`calls_need_${calls_need}`)}
        </Badge>
      )}
      {in_call && open.calls === 0 && (
        <Badge kind="wait" icon="phone">
          {say('in_call')}
        </Badge>
      )}
      {inWrapUp(wrap_up_until_ms) && (
        <Badge kind="wait" icon="clock">
          {say('wrap_up')} <Countdown until={wrap_up_until_ms ?? 0} />
        </Badge>
      )}
    </span>
  );
}

const inWrapUp = (until: number | null) => until !== null && until > seconds.value;

const LOOKS = { offline: 'plain', online: 'good', paused: 'warn' } as const;

function Standings({ agent, queue }: { agent: AgentLive; queue: number | null }) {
  const all = agent.standings.filter(({ queue_id, state }) => (queue === null ? state !== 'offline' : queue_id === queue));
  if (all.length === 0) return <span class="soft">{say('offline')}</span>;
  return (
    <span class="open-list">
      {all.map(({ queue_id, state, reason, since_ms }) => (
        <Badge key={queue_id} kind={LOOKS[state]} icon={state === 'paused' ? 'pause' : boards.value.get(queue_id)?.medium === 'chat' ? 'message' : 'headset'}>
          {boards.value.get(queue_id)?.title ?? queue_id} · {reason ?? say(state)} · <Timer since={since_ms} />
        </Badge>
      ))}
    </span>
  );
}

function Open({ interactions, open: { chats, calls } }: AgentLive) {
  if (chats + calls === 0) return <span class="soft">{say('nothing_open')}</span>;
  return (
    <span class="open-list">
      {interactions.map(({ id, title, medium, since_ms }) => (
        <a key={id} class="row small" href={href('desk', id)}>
          <Icon name={medium === 'voice' ? 'phone' : 'message'} size={14} />
          {title} <Timer since={since_ms} />
        </a>
      ))}
    </span>
  );
}

function Actions({ id, name, standings, wrap_up_until_ms }: AgentLive) {
  const busy = inWrapUp(wrap_up_until_ms);
  const inQueues = standings.some(({ state }) => state !== 'offline');
  const endWrapUp = () => tell(() => post(`/agents/${id}/wrap-up/end`));
  async function logOut() {
    if (!(await confirm({ title: say('log_out_sure', { name }), text: say('log_out_text'), verb: say('log_out') }))) return;
    if (await tell(() => post(`/agents/${id}/logout`))) toast(say('logged_out', { name }));
  }
  return (
    <span class="row">
      {busy && <Button size="small" onClick={endWrapUp}>{say('end_wrap_up')}</Button>}
      <Menu
        label={`${say('actions')}: ${name}`}
        button={<Icon name="dots" size={16} />}
        buttonClass="button quiet only-icon small"
        side="right"
        items={[
          { label: say('end_wrap_up'), icon: 'check', disabled: !busy, run: endWrapUp },
          { label: say('log_out'), icon: 'door', disabled: !inQueues, run: logOut },
        ]}
      />
    </span>
  );
}
