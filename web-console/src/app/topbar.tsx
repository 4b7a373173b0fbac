import { signal } from '@preact/signals';

import { asProblem } from '../api/problem';
import { Dialler } from '../dialler/dialler';
import { keys } from '../keys/keys';
import { heard } from '../live/calls';
import { logOut, me } from '../live/me';
import { reach } from '../live/socket';
import { Channels, statusItems } from '../presence/channels';
import { go } from '../route/route';
import { Avatar, Button, Dialog, Icon, IconButton, type IconName, MenuItems, Popup, confirm, toastProblem } from '../ui';
import { say } from './words';

const helping = signal(false);
/** What has to end before he can leave. */
const blocked = signal<'call' | 'interactions' | null>(null);

export const showHelp = () => (helping.value = true);

/** Asks, and leaves; while interactions are open, or he is in a call, the server refuses. Of a call one is told before the question. */
export async function leave() {
  if (heard.peek()) return void (blocked.value = 'call');
  if (!(await confirm({ title: say('log_out_title'), text: say('log_out_text'), verb: say('log_out') }))) return;
  try {
    await logOut();
  } catch (error) {
    const { status, code } = asProblem(error);
    if (status === 409) blocked.value = code === 'call_open' ? 'call' : 'interactions';
    else toastProblem(error);
  }
}

export function TopBar() {
  const user = me.value;
  if (!user) return null;
  return (
    <header class="top" aria-label={say('top_bar')}>
      <span class="top-name cut">{user.organization.title}</span>
      <div class="top-middle">
        <Dialler />
        <Channels />
      </div>
      <Reach />
      <IconButton icon="help" label={say('help')} keys="?" onClick={showHelp} />
      <Popup
        label={say('user_menu', { name: user.name })}
        side="right"
        role="menu"
        width="narrow"
        buttonClass="top-user"
        button={
          <>
            <Avatar name={user.name} photo={user.photo_url} size={32} />
            <span class="cut top-user-name">{user.name}</span>
            <Icon name="chevron_down" size={16} />
          </>
        }
      >
        {(close) => (
          <MenuItems
            close={close}
            items={[
              ...statusItems(),
              { label: say('profile'), icon: 'contact', run: () => go('profile') },
              { label: say('devices'), icon: 'device', run: () => go('profile', 'devices') },
              null,
              { label: say('log_out'), icon: 'door', run: leave },
            ]}
          />
        )}
      </Popup>
      {helping.value && <KeyHelp />}
      {blocked.value && <Blocked />}
    </header>
  );
}

const REACH: Record<typeof reach.value, { icon: IconName; tip: 'live_tip' | 'catching_up_tip' | 'offline_tip' }> = {
  live: { icon: 'check', tip: 'live_tip' },
  catching_up: { icon: 'refresh', tip: 'catching_up_tip' },
  offline: { icon: 'alert', tip: 'offline_tip' },
};

function Reach() {
  const { icon, tip } = REACH[reach.value];
  return (
    <span class={`reach ${reach.value}`} role="status" tabIndex={0} data-tip={say(tip)} data-tip-at="below">
      <Icon name={icon} size={14} />
      <span>{say(reach.value)}</span>
    </span>
  );
}

function KeyHelp() {
  const close = () => (helping.value = false);
  const all = keys.value.filter((one, at) => keys.value.findLastIndex((other) => other.key === one.key) === at);
  return (
    <Dialog title={say('keys_title')} onClose={close}>
      <p class="soft small">{say('keys_hint')}</p>
      <dl class="key-list">
        {all.map((one) => (
          <div key={one.key}>
            <dt>
              <kbd>{one.key}</kbd>
            </dt>
            <dd>{one.label}</dd>
          </div>
        ))}
      </dl>
      {all.length === 0 && <p>{say('keys_none')}</p>}
    </Dialog>
  );
}

function Blocked() {
  const close = () => (blocked.value = null);
  return (
    <Dialog title={say('log_out_title')} size="small" onClose={close} onSubmit={close} actions={<Button kind="primary" submit>OK</Button>}>
      <p role="alert">{say(blocked.value === 'call' ? 'log_out_in_call' : 'log_out_blocked')}</p>
    </Dialog>
  );
}
