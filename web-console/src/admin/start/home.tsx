// Where administrators begin: what is still missing before the first answered call, and what is out of order.

import type { User } from '../../api/types';
import { presence } from '../../live/desk';
import { may, me } from '../../live/me';
import { go } from '../../route/route';
import { Button, Icon, Panel, Screen, Skeleton, useResource } from '../../ui';
import { worded } from '../settings_form/settings_form';
import type { DialRule, Inbox, List, Plugin, Queue, Trunk } from '../shapes';
import { say } from './words';

type StepKey = 'queue' | 'user' | 'inbox' | 'number' | 'attend';

interface Step {
  key: StepKey;
  done: boolean;
  to: readonly string[];
}

export function Home() {
  const all = useAll();
  const steps = all && stepsOf(all);
  const done = steps?.filter((step) => step.done).length ?? 0;
  return (
    <Screen title={say('title', { name: me.value?.organization.title ?? 'Ramal' })} lead={say(steps && done === steps.length ? 'lead_done' : 'lead')} width="narrow">
      {all && <Troubles {...all} />}
      {!steps && <Skeleton lines={6} />}
      {steps && <p class="soft">{say('progress', { done, all: steps.length })}</p>}
      {steps && (
        <ol class="steps">
          {steps.map((step, at) => (
            <StepRow key={step.key} step={step} at={at} />
          ))}
        </ol>
      )}
    </Screen>
  );
}

function StepRow({ step: { key, done, to }, at }: { step: Step; at: number }) {
  return (
    <li class="step">
      <span class={`step-mark ${done ? 'done' : ''}`}>{done ? <Icon name="check" size={16} label={say('done')} /> : at + 1}</span>
      <div>
        <strong>{say(key)}</strong>
        <p class="soft small">{say(`${key}_text`)}</p>
      </div>
      <Button {...(done ? {} : { kind: 'primary' as const })} onClick={() => go(...to)}>
        {say(`do_${key}`)}
      </Button>
    </li>
  );
}

interface Everything {
  queues: Queue[];
  users: User[];
  inboxes: Inbox[];
  rules: DialRule[];
  trunks: Trunk[];
  plugins: Plugin[];
}

/** Everything that the steps look at; what this role may not see counts as none. */
function useAll(): Everything | null {
  const queues = useResource<List<Queue>>(may('queues.manage') ? '/queues?limit=100' : null, 'queues');
  const users = useResource<List<User>>(may('users.manage') ? '/users?limit=100' : null, 'users');
  const inboxes = useResource<List<Inbox>>(may('inboxes.manage') ? '/inboxes?limit=100' : null, 'inboxes');
  const rules = useResource<DialRule[]>(may('telephony.manage') ? '/dial-rules' : null, 'dial_rules');
  const trunks = useResource<List<Trunk>>(may('telephony.manage') ? '/trunks?limit=100' : null, 'trunks');
  const plugins = useResource<List<Plugin>>(may('plugins.manage') ? '/plugins?limit=100' : null, 'plugins');
  if ([queues, users, inboxes, rules, trunks, plugins].some(({ loading, data }) => loading && !data)) return null;
  return {
    queues: queues.data?.items ?? [],
    users: users.data?.items ?? [],
    inboxes: inboxes.data?.items ?? [],
    rules: rules.data ?? [],
    trunks: trunks.data?.items ?? [],
    plugins: plugins.data?.items ?? [],
  };
}

function stepsOf({ queues, users, inboxes, rules }: Everything): Step[] {
  const members = new Set(queues.flatMap((queue) => queue.members));
  return [
    { key: 'queue', done: queues.length > 0, to: ['admin', 'queues'] },
    { key: 'user', done: users.some(({ id, extension }) => members.has(id) && extension !== null), to: ['admin', 'users'] },
    { key: 'inbox', done: inboxes.length > 0, to: ['admin', 'inboxes'] },
    { key: 'number', done: rules.some(({ queue }) => queue !== undefined), to: ['admin', 'dial_rules'] },
    { key: 'attend', done: presence.value.queues.some(({ state }) => state !== 'offline'), to: ['desk'] },
  ];
}

function Troubles({ inboxes, trunks, plugins }: Everything) {
  const all = [
    ...plugins.filter(({ fault }) => fault).map(({ name, title, fault }) => ({ key: `p${name}`, text: say('trouble_plugin', { name: worded(title), fault: fault ?? '' }), to: ['admin', 'plugins'] })),
    ...inboxes.filter(({ enabled, fault }) => enabled && fault).map(({ id, title, fault }) => ({ key: `i${id}`, text: say('trouble_inbox', { name: title, fault: fault ?? '' }), to: ['admin', 'inboxes', String(id)] })),
    ...trunks.filter(({ enabled, state }) => enabled && state?.health === 'down').map(({ name }) => ({ key: `t${name}`, text: say('trouble_trunk', { name, fault: say('down') }), to: ['admin', 'trunks'] })),
  ];
  if (all.length === 0) return null;
  return (
    <Panel title={say('troubles')}>
      <ul>
        {all.map(({ key, text, to }) => (
          <li key={key}>
            <button type="button" class="menu-item" onClick={() => go(...to)}>
              <Icon name="alert" size={16} class="stop" />
              {text}
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
