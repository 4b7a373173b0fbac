// Where administrators begin: what is still missing before the first answered call, and what is out of order.

import { useEffect } from 'preact/hooks';

import type { Interaction, User } from '../../api/types';
import { boards, presence } from '../../live/desk';
import { may, me } from '../../live/me';
import { go } from '../../route/route';
import { Button, Icon, Panel, Screen, Skeleton, useResource, useWhole } from '../../ui';
import { faultText } from '../faults/fault';
import { faultOf } from '../plugins/fault';
import { worded } from '../settings_form/settings_form';
import type { DialRule, Inbox, List, Plugin, Queue, RefusedCall, Rule, Trunk } from '../shapes';
import { say } from './words';

type StepKey = 'queue' | 'user' | 'inbox' | 'number' | 'trunk' | 'answer' | 'answer_self';

interface Step {
  key: StepKey;
  done: boolean;
  to: readonly string[];
  /** Not needed for what there is; shown last, and not counted. */
  spare?: boolean;
}

export function Home() {
  const all = useAll();
  const steps = all && stepsOf(all);
  const needed = steps?.filter(({ spare }) => !spare) ?? [];
  const done = needed.filter((step) => step.done).length;
  return (
    <Screen title={say('title', { name: me.value?.organization.title ?? 'Ramal' })} lead={say(steps && done === needed.length ? 'lead_done' : 'lead')} width="narrow">
      {all && <Troubles {...all} />}
      {!steps && <Skeleton lines={6} />}
      {steps && <p class="soft">{say('progress', { done, all: needed.length })}</p>}
      {steps && (
        <ol class="steps">
          {steps.map((step, at) => (
            <StepRow key={step.key} step={step} at={at} next={step === needed.find((one) => !one.done)} />
          ))}
        </ol>
      )}
    </Screen>
  );
}

/** `next`: the first that is not done; its button is the one to press. */
function StepRow({ step: { key, done, to, spare = false }, at, next }: { step: Step; at: number; next: boolean }) {
  return (
    <li class="step">
      <span class={`step-mark ${done ? 'done' : ''}`}>{done ? <Icon name="check" size={16} label={say('done')} /> : spare ? <Icon name="plus" size={16} /> : at + 1}</span>
      <div>
        <strong>{say(key)}</strong> {spare && !done && <span class="soft small">{say('spare')}</span>}
        <p class="soft small">{say(`${key}_text`)}</p>
      </div>
      <Button {...(next ? { kind: 'primary' as const } : {})} onClick={() => go(...to)}>
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
  pluginRules: Rule[];
  /** Whether any interaction was ever answered. */
  answered: boolean;
  refused: RefusedCall[];
}

/** Everything that the steps look at; what this role may not see counts as none. */
function useAll(): Everything | null {
  const queues = useWhole<List<Queue>>(may('queues.manage') ? '/queues?limit=100' : null, 'queues');
  const users = useWhole<List<User>>(may('users.manage') ? '/users?limit=100' : null, 'users');
  const inboxes = useWhole<List<Inbox>>(may('inboxes.manage') ? '/inboxes?limit=100' : null, 'inboxes plugins');
  const rules = useResource<DialRule[]>(may('telephony.manage') ? '/dial-rules' : null, 'dial_rules');
  const trunks = useWhole<List<Trunk>>(may('telephony.manage') ? '/trunks?limit=100' : null, 'trunks');
  const plugins = useWhole<List<Plugin>>(may('plugins.manage') ? '/plugins?limit=100' : null, 'plugins');
  const pluginRules = useWhole<List<Rule>>(may('plugins.manage') ? '/rules?limit=100' : null, 'rules plugins');
  const refused = useWhole<List<RefusedCall>>(may('telephony.manage') ? '/refused-calls?limit=100' : null, 'trunks dial_rules');
  // Each that ends moves a board.
  const handled = [...boards.value.values()].reduce((sum, board) => sum + board.handled_today, 0);
  const latest = useResource<List<Interaction>>('/interactions?limit=100');
  useEffect(() => void latest.reload(), [handled]);
  if ([queues, users, inboxes, rules, trunks, plugins, latest].some(({ loading, data }) => loading && !data)) return null;
  return {
    queues: queues.data?.items ?? [],
    users: users.data?.items ?? [],
    inboxes: inboxes.data?.items ?? [],
    rules: rules.data ?? [],
    trunks: trunks.data?.items ?? [],
    plugins: plugins.data?.items ?? [],
    pluginRules: pluginRules.data?.items ?? [],
    refused: refused.data?.items ?? [],
    answered: latest.data?.items.some(({ answered_at_ms }) => answered_at_ms !== null) ?? false,
  };
}

/** Whether this user can be given what waits there. */
const attends = (queue: Queue, { id, enabled, extension, webrtc, omnichannel }: User) =>
  enabled && queue.members.includes(id) && (queue.medium === 'voice' ? extension !== null && webrtc : omnichannel);

/** What is needed depends on the queues: one for calls needs a number that leads to it, one for chats an inbox. */
function stepsOf({ queues, users, inboxes, rules, trunks, answered }: Everything): Step[] {
  const media = new Set(queues.filter(({ enabled }) => enabled).map(({ medium }) => medium));
  const own = presence.value.queues.length > 0;
  const steps: Step[] = [
    { key: 'queue', done: media.size > 0, to: ['admin', 'queues', 'new'] },
    { key: 'user', done: users.some((user) => queues.some((queue) => attends(queue, user))), to: ['admin', 'users'] },
    { key: 'inbox', done: inboxes.some(({ enabled, state }) => enabled && state === 'ready'), to: ['admin', 'inboxes', 'new'], spare: media.size > 0 && !media.has('chat') },
    { key: 'number', done: rules.some(({ queue }) => queue !== undefined), to: ['admin', 'dial_rules'], spare: media.size > 0 && !media.has('voice') },
    own ? { key: 'answer', done: answered, to: ['desk'] } : { key: 'answer_self', done: answered, to: ['admin', 'users', String(me.value?.id ?? '')] },
    { key: 'trunk', done: trunks.some(({ enabled }) => enabled), to: ['admin', 'trunks'], spare: true },
  ];
  return [...steps.filter(({ spare }) => !spare), ...steps.filter(({ spare }) => spare)];
}

/** Members of a queue for calls who cannot be given any. */
const lacking = (queue: Queue, users: readonly User[]) =>
  users
    .filter((user) => queue.enabled && queue.medium === 'voice' && user.enabled && queue.members.includes(user.id) && !attends(queue, user))
    .map(({ id, name }) => ({ key: `u${queue.id}-${id}`, text: say('trouble_member', { name, queue: queue.title }), to: ['admin', 'users', String(id)] }));

function Troubles({ queues, users, inboxes, trunks, plugins, pluginRules, refused }: Everything) {
  // What people here misdial is no trouble of the installation.
  const outside = refused.filter(({ what, extension }) => what === 'call' && extension === null).reduce((sum, { count }) => sum + count, 0);
  const fieldsOf = ({ plugin }: { plugin: string }) => plugins.find(({ name }) => name === plugin)?.settings ?? [];
  const all = [
    ...plugins.filter(({ fault }) => fault).map((plugin) => ({ key: `p${plugin.name}`, text: say('trouble_plugin', { name: worded(plugin.title), fault: faultOf(plugin) }), to: ['admin', 'plugins'] })),
    ...inboxes.filter(({ enabled, fault }) => enabled && fault).map((inbox) => ({ key: `i${inbox.id}`, text: say('trouble_inbox', { name: inbox.title, fault: faultText(inbox, fieldsOf(inbox)) }), to: ['admin', 'inboxes', String(inbox.id)] })),
    ...pluginRules.filter(({ enabled, fault }) => enabled && fault).map((rule) => ({ key: `r${rule.id}`, text: say('trouble_rule', { name: rule.title, fault: faultText(rule, fieldsOf(rule)) }), to: ['admin', 'rules'] })),
    ...inboxes.filter(({ enabled, state }) => enabled && state === 'leads_nowhere').map(({ id, title }) => ({ key: `n${id}`, text: say('trouble_nowhere', { name: title }), to: ['admin', 'inboxes', String(id)] })),
    ...trunks.filter(({ enabled, state }) => enabled && state?.trouble).map(({ name }) => ({ key: `t${name}`, text: say('trouble_trunk', { name, fault: say('down') }), to: ['admin', 'trunks'] })),
    ...queues.flatMap((queue) => lacking(queue, users)),
    ...(outside > 0 ? [{ key: 'refused', text: say('trouble_refused', { n: outside }), to: ['admin', 'trunks'] }] : []),
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
