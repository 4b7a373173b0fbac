// The calls that run now, and the supervisor's ways into each.

import type { CallRecording, Page, Supervision } from '../api/types';
import { calls } from '../live/calls';
import { me } from '../live/me';
import { hangUp, supervise } from '../phone/phone';
import { Badge, Button, Empty, ErrorState, Icon, type IconName, type Meaning, Menu, Skeleton, Table, Timer, confirm, tell, useResource } from '../ui';
import { telephone } from '../words/language';
import { say } from './words';

interface Party {
  number: string;
  name: string | null;
  role: 'agent' | 'party' | 'supervisor' | 'third';
  outside: boolean;
  on_hold: boolean;
  lost: boolean;
  supervision: Supervision | null;
}

interface Running {
  call: string;
  state: 'conference' | 'held' | 'ringing' | 'service' | 'talking' | 'transferring' | 'waiting';
  direction: string;
  queue: string | null;
  started_at_ms: number;
  answered_at_ms: number | null;
  recording: CallRecording;
  parties: Party[];
  has_agent: boolean;
}

export function Calls() {
  const running = useResource<Page<Running>>('/supervision/calls', 'calls');
  const phone = Boolean(me.value?.webrtc && me.value.extension);
  if (running.problem && !running.data) return <ErrorState problem={running.problem} onRetry={running.reload} />;
  if (!running.data) return <Skeleton lines={6} />;
  const rows = running.data.items;
  return (
    <div class="stack supervise-in">
      {!phone && (
        <p class="call-note warn">
          <Icon name="alert" size={16} />
          {say('no_phone')}
        </p>
      )}
      {rows.length === 0 ? (
        <Empty icon="phone" title={say('no_calls')}>
          {say('no_calls_text')}
        </Empty>
      ) : (
        <Table
          label={say('calls')}
          rows={rows}
          keyOf={({ call }) => call}
          columns={[
            { title: say('parties'), cell: Parties },
            { title: say('state'), cell: State },
            { title: say('queue'), cell: (one) => one.queue ?? '–', minor: true },
            { title: say('lasts'), cell: (one) => <Timer since={one.answered_at_ms ?? one.started_at_ms} /> },
            { title: say('actions'), cell: (one) => <Actions running={one} able={phone} />, width: 'least', align: 'end' },
          ]}
        />
      )}
    </div>
  );
}

const nameOf = ({ name, number }: Party) => name ?? (telephone(number) || say('unknown'));

const ROLES: Record<Party['role'], IconName> = { agent: 'headset', party: 'contact', supervisor: 'eye', third: 'plus' };

function Parties({ parties }: Running) {
  return (
    <ul class="open-list">
      {parties.map((party, at) => (
        <li key={at} class="row small">
          <Icon name={ROLES[party.role]} size={14} label={say(`role_${party.role}`)} />
          <span>{nameOf(party)}</span>
          {party.supervision && <Badge kind="wait">{say(party.supervision)}</Badge>}
          {party.on_hold && <Badge kind="warn">{say('held')}</Badge>}
          {party.lost && <Badge kind="warn">{say('lost')}</Badge>}
        </li>
      ))}
    </ul>
  );
}

const LOOKS: Record<Running['state'], readonly [Meaning, IconName]> = {
  conference: ['wait', 'users'],
  held: ['warn', 'pause'],
  ringing: ['plain', 'bell'],
  service: ['plain', 'sound'],
  talking: ['good', 'phone'],
  transferring: ['wait', 'transfer'],
  waiting: ['plain', 'clock'],
};

function State({ state, recording }: Running) {
  const [kind, icon] = LOOKS[state];
  return (
    <span class="row">
      <Badge kind={kind} icon={icon}>
        {say(`call_${state}`)}
      </Badge>
      {recording !== 'off' && (
        <Badge kind={recording === 'paused' ? 'warn' : 'stop'} icon={recording === 'paused' ? 'pause' : 'record'}>
          {say(recording === 'paused' ? 'record_paused' : 'recorded')}
        </Badge>
      )}
    </span>
  );
}

function Actions({ running: { call, state, has_agent, parties }, able }: { running: Running; able: boolean }) {
  const own = calls.value.get(call);
  const agent = parties.find(({ role }) => role === 'agent');
  if (own && own.supervision === null) return <span class="soft small">{say('own_call')}</span>;
  const mode = own?.supervision ?? null;
  const open = able && (state === 'talking' || state === 'held');
  const come = (how: Supervision | 'take_over') => () => tell(() => supervise(call, how));
  async function takeOver() {
    if (await confirm({ title: say('take_over_sure', { name: agent ? nameOf(agent) : '' }), text: say('take_over_text'), verb: say('take_over') })) await come('take_over')();
  }
  const name = parties.map(nameOf).join(', ');
  return (
    <span class="row">
      {mode === null ? (
        <Button size="small" icon="headset" disabled={!open} onClick={come('listen')}>
          {say('listen')}
        </Button>
      ) : (
        <Button size="small" icon="door" onClick={() => tell(() => hangUp(call))}>
          {say('leave')}
        </Button>
      )}
      <Menu
        label={`${say('actions')}: ${name}`}
        button={<Icon name="dots" size={16} />}
        buttonClass="button quiet only-icon small"
        side="right"
        items={[
          { label: say('listen'), icon: 'headset', chosen: mode === 'listen', disabled: !open, run: come('listen') },
          { label: say('whisper'), icon: 'message', chosen: mode === 'whisper', disabled: !open || !has_agent, run: come('whisper') },
          { label: say('barge'), icon: 'users', chosen: mode === 'barge', disabled: !open, run: come('barge') },
          null,
          { label: say('take_over'), icon: 'transfer', disabled: !open || !has_agent, run: takeOver },
        ]}
      />
    </span>
  );
}
