import { useSignal } from '@preact/signals';

import type { Medium, Standing } from '../api/types';
import { presence } from '../live/desk';
import { may, me } from '../live/me';
import { href } from '../route/route';
import { Badge, Button, Countdown, Empty, Icon, type IconName, Menu, type MenuItem, type Meaning, Popup, Timer } from '../ui';
import { seconds } from '../api/clock';
import { endWrapUp, join, leaveQueues, pause, ready, reasonsOf, stateOf } from './presence';
import { say } from './words';

const LOOK: Record<Standing['state'], { meaning: Meaning; icon: IconName }> = {
  offline: { meaning: 'plain', icon: 'moon' },
  online: { meaning: 'good', icon: 'check' },
  paused: { meaning: 'warn', icon: 'pause' },
};

/** The channels in the top bar, and the wrap-up when there is one. */
export function Channels() {
  if (!may('attend')) return null;
  return (
    <>
      {me.value?.role === 'administrator' && <Attending />}
      <Group medium="voice" />
      <Group medium="chat" />
      <WrapUp />
    </>
  );
}

// F036: who administers serves too when he wants to; one press takes all his queues, or leaves them.
function Attending() {
  const queues = presence.value.queues;
  const online = queues.filter((queue) => queue.state !== 'offline');
  if (queues.length === 0) return null;
  return (
    <Button class={`attending ${online.length > 0 ? 'online' : ''}`} icon={online.length > 0 ? 'check' : 'moon'} onClick={() => (online.length > 0 ? leaveQueues(online) : join(queues))}>
      {say(online.length > 0 ? 'attendance_online' : 'attendance_offline')}
    </Button>
  );
}

function Group({ medium }: { medium: Medium }) {
  const queues = presence.value.queues.filter((queue) => queue.medium === medium);
  const state = stateOf(queues);
  const online = queues.filter((queue) => queue.state !== 'offline').length;
  const label = say(medium === 'voice' ? 'voice_button' : 'chat_button', { state: say(state), in: online, all: queues.length });
  return (
    <Popup
      label={label}
      id={`channels-${medium}`}
      width="wide"
      buttonClass={`channel ${state}`}
      button={
        <>
          <Icon name={medium === 'voice' ? 'headset' : 'message'} />
          <span class="channel-state">{say(state)}</span>
          <span class="channel-count">
            {online}/{queues.length}
          </span>
        </>
      }
    >
      {(close) => <List medium={medium} queues={queues} close={close} />}
    </Popup>
  );
}

function List({ medium, queues, close }: { medium: Medium; queues: readonly Standing[]; close: () => void }) {
  const offline = queues.filter((queue) => queue.state === 'offline');
  // All are ticked until one is unticked: who comes to work mostly takes them all.
  const left = useSignal<ReadonlySet<number>>(new Set());
  const ticked = offline.filter((queue) => !left.value.has(queue.queue_id));
  function toggle(id: number) {
    const next = new Set(left.value);
    if (!next.delete(id)) next.add(id);
    left.value = next;
  }
  if (queues.length === 0) return <Empty icon={medium === 'voice' ? 'headset' : 'message'} title={say(may('users.manage') ? 'none_own' : 'none')}>{may('users.manage') && <a href={href('admin', 'users', me.value?.id ?? '')}>{say('none_way')}</a>}</Empty>;
  return (
    <>
      <h2 class="channel-title">{say(medium)}</h2>
      <ul>
        {queues.map((queue) => (
          <Row key={queue.queue_id} queue={queue} ticked={!left.value.has(queue.queue_id)} onTick={() => toggle(queue.queue_id)} />
        ))}
      </ul>
      <div class="channel-foot">
        {offline.length > 0 && (
          <Button
            kind="primary"
            disabled={ticked.length === 0}
            onClick={async () => {
              await join(ticked);
              close();
            }}
          >
            {say('join')}
          </Button>
        )}
        <Together medium={medium} queues={queues.filter((queue) => queue.state !== 'offline')} />
      </div>
    </>
  );
}

// F045: a pause of voice is one of all its queues; chat channels pause each by itself.
function Together({ medium, queues }: { medium: Medium; queues: readonly Standing[] }) {
  if (queues.length === 0) return null;
  const reasons = medium === 'voice' ? reasonsOf(queues) : [];
  const paused = queues.some((queue) => queue.state === 'paused');
  return (
    <>
      {paused && (
        <Button kind="good" icon="play" onClick={() => ready({ medium })}>
          {say('ready')}
        </Button>
      )}
      {reasons.length > 0 && (
        <Menu
          width="narrow"
          up
          buttonClass="button plain"
          button={
            <>
              <Icon name="pause" size={16} />
              {say('pause')}
            </>
          }
          items={reasons.map((reason) => ({ label: reason.title, icon: 'pause', run: () => pause({ medium }, reason) }))}
        />
      )}
      <Button icon="door" onClick={() => leaveQueues(queues)}>
        {say('all_out')}
      </Button>
    </>
  );
}

function Row({ queue, ticked, onTick }: { queue: Standing; ticked: boolean; onTick: () => void }) {
  const { meaning, icon } = LOOK[queue.state];
  return (
    <li class="channel-row">
      {queue.state === 'offline' ? (
        <input type="checkbox" checked={ticked} aria-label={say('tick', { queue: queue.title })} onChange={onTick} />
      ) : (
        <span class="channel-tick">
          <Icon name="check" size={14} />
        </span>
      )}
      {queue.medium === 'voice' && <Direction direction={queue.direction} />}
      <div class="grow">
        <p class="cut">{queue.title}</p>
        <p class="row small">
          <Badge kind={meaning} icon={icon}>
            {say(queue.state)}
            {queue.reason && ` · ${queue.reason.title}`}
          </Badge>
          {queue.since_ms !== null && queue.state !== 'offline' && (
            <span class="soft">
              <Timer since={queue.since_ms} long />
            </span>
          )}
        </p>
      </div>
      <Menu label={say('my_status', { queue: queue.title })} side="right" width="narrow" buttonClass="button quiet only-icon small" button={<Icon name="dots" />} items={verbsOf(queue)} />
    </li>
  );
}

function Direction({ direction }: { direction: Standing['direction'] }) {
  return (
    <span class="channel-direction" tabIndex={0} role="img" aria-label={say(direction)} data-tip={say(direction)} data-tip-at="right">
      <Icon name={direction === 'inbound' ? 'arrow_down' : 'arrow_up'} size={16} />
    </span>
  );
}

function verbsOf(queue: Standing): MenuItem[] {
  const scope = { queue: queue.queue_id };
  if (queue.state === 'offline') return [{ label: say('ready_now'), icon: 'check', run: () => join([queue]) }];
  const pauses: MenuItem[] = queue.reasons.map((reason) => ({ label: say('pause_for', { reason: reason.title }), icon: 'pause', run: () => pause(scope, reason) }));
  return [
    ...(queue.state === 'paused' ? [{ label: say('ready_now'), icon: 'play' as const, run: () => ready(scope) }] : []),
    ...pauses,
    { label: say('log_out'), icon: 'door', run: () => leaveQueues([queue]) },
  ];
}

/** The agent's status in all queues at once (F051), for a menu. */
export function statusItems(): (MenuItem | null)[] {
  const queues = presence.value.queues.filter((queue) => queue.state !== 'offline');
  if (!may('attend') || queues.length === 0) return [];
  return [
    ...(queues.some((queue) => queue.state === 'paused') ? [{ label: say('ready_all'), icon: 'play' as const, run: () => ready('all') }] : []),
    ...reasonsOf(queues).map((reason): MenuItem => ({ label: say('pause_all', { reason: reason.title }), icon: 'pause', run: () => pause('all', reason) })),
    { label: say('all_queues_out'), icon: 'moon', run: () => leaveQueues(queues) },
    null,
  ];
}

function WrapUp() {
  const until = presence.value.wrap_up_until_ms;
  if (until === null || until <= seconds.value) return null;
  return (
    <span class="wrap-up">
      <Icon name="clock" size={16} />
      <span>{say('wrap_up')}</span>
      <Countdown until={until} />
      <Button size="small" kind="primary" onClick={endWrapUp}>
        {say('wrap_up_end')}
      </Button>
    </span>
  );
}
