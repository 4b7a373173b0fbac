import { useSignal } from '@preact/signals';

import { patch, post } from '../api/client';
import type { Me } from '../api/types';
import { me, welcome } from '../live/me';
import { go } from '../route/route';
import { density, theme } from '../settings/settings';
import { Avatar, Button, Facts, FormProblem, Panel, Screen, Select, Tabs, TextField, tell, toast, useAction } from '../ui';
import type { Language } from '../words/language';
import { Devices } from './devices';
import { Edit } from './edit';
import { say } from './words';

type Tab = 'personal' | 'devices' | 'appearance' | 'password';

const isTab = (text: string | undefined): text is Tab => text === 'devices' || text === 'appearance' || text === 'password';

/** The person's own page: `#/profile`, `#/profile/devices`, … */
export default function Profile({ path }: { path: readonly string[] }) {
  const tab: Tab = isTab(path[0]) ? path[0] : 'personal';
  const titles = { personal: 'personal', devices: 'devices', appearance: 'appearance', password: 'password' } as const;
  return (
    <Screen title={say('profile')} width="narrow">
      <Tabs
        label={say('profile')}
        tabs={(['personal', 'devices', 'appearance', 'password'] as const).map((key) => ({ key, title: say(titles[key]) }))}
        chosen={tab}
        onChoose={(key) => (key === 'personal' ? go('profile') : go('profile', key))}
      >
        <div class="profile-tab">
          {tab === 'personal' && <Personal />}
          {tab === 'devices' && <Devices />}
          {tab === 'appearance' && <Appearance />}
          {tab === 'password' && <Password />}
        </div>
      </Tabs>
    </Screen>
  );
}

function Personal() {
  const editing = useSignal(false);
  const user = me.value;
  if (!user) return null;
  return (
    <Panel>
      <div class="row">
        <Avatar name={user.name} photo={user.photo_url} size={64} />
        <div class="grow">
          <h2>{user.name}</h2>
          <p class="soft">{user.organization.title}</p>
        </div>
        <Button icon="edit" onClick={() => (editing.value = true)}>
          {say('edit')}
        </Button>
      </div>
      <Facts
        facts={[
          [say('name'), user.name],
          [say('email'), user.email],
          [say('extension'), user.extension ?? say('no_extension')],
        ]}
      />
      {editing.value && <Edit user={user} onClose={() => (editing.value = false)} />}
    </Panel>
  );
}

function Appearance() {
  const user = me.value;
  if (!user) return null;
  const speakIn = (language: string) => tell(async () => welcome(await patch<Me>('/me', { language: language as Language })));
  return (
    <Panel>
      <Select
        label={say('language')}
        value={user.language}
        onChange={(language) => void speakIn(language)}
        choices={[
          { value: 'pt-BR', label: 'Português (Brasil)' },
          { value: 'en', label: 'English' },
        ]}
      />
      <Select
        label={say('theme')}
        value={theme.value}
        onChange={(wanted) => (theme.value = wanted as typeof theme.value)}
        choices={(['system', 'light', 'dark'] as const).map((value) => ({ value, label: say(value) }))}
      />
      <Select
        label={say('density')}
        value={density.value}
        onChange={(wanted) => (density.value = wanted as typeof density.value)}
        choices={(['comfortable', 'compact'] as const).map((value) => ({ value, label: say(value) }))}
      />
    </Panel>
  );
}

const SHORTEST = 10;

function Password() {
  const current = useSignal('');
  const wanted = useSignal('');
  const action = useAction(() => post('/me/password', { current: current.value, new: wanted.value }));
  async function submit(event: Event) {
    event.preventDefault();
    if (!(await action.run())) return;
    current.value = wanted.value = '';
    toast(say('password_changed'), { kind: 'good' });
  }
  return (
    <Panel>
      <form class="stack" onSubmit={submit}>
        <TextField label={say('current')} type="password" autocomplete="current-password" value={current.value} onChange={(text) => (current.value = text)} error={action.at('current')} />
        <TextField
          label={say('new')}
          type="password"
          autocomplete="new-password"
          value={wanted.value}
          onChange={(text) => (wanted.value = text)}
          hint={say('short', { n: SHORTEST })}
          error={action.at('new') ?? action.at('password')}
        />
        <FormProblem problem={action.problem} />
        <div>
          <Button kind="primary" submit busy={action.pending} disabled={!current.value || [...wanted.value].length < SHORTEST}>
            {say('change')}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
