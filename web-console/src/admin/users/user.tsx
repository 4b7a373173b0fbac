// One user: the record, and what can be done about him.

import { useSignal } from '@preact/signals';

import { patch, post, remove } from '../../api/client';
import type { User } from '../../api/types';
import { go, href } from '../../route/route';
import { Button, FormProblem, Menu, Panel, Screen, Skeleton, Tabs, confirm, tell, toast, useAction } from '../../ui';
import { Crumb } from '../../ui/crumb';
import { moment } from '../../words/language';
import { useDraft } from '../draft';
import { Once } from '../once';
import { Unread, useRecord } from '../record';
import { SetPassword } from './password';
import { NEW, type UserDraft, UserFields } from './user_fields';
import { say } from './words';

export function UserScreen({ id }: { id: number }) {
  const user = useRecord<User>('/users', id, 'users');
  if (user.problem && !user.data) return <Unread problem={user.problem} onRetry={user.reload} list={['admin', 'users']} title={say('users')} none={say('no_such')} />;
  if (!user.data) return <Skeleton lines={8} />;
  // Another record, or another state of it, is another form.
  return <UserRecord key={id} user={user.data} onSaved={user.set} />;
}

interface RecordProps {
  user: User;
  onSaved: (user: User) => void;
}

function UserRecord({ user, onSaved }: RecordProps) {
  const tab = useSignal<'data' | 'password'>('data');
  return (
    <Screen width="narrow" title={user.name} lead={say('since', { date: moment(user.created_at_ms) })} actions={<Actions user={user} onSaved={onSaved} />}>
      <Crumb href={href('admin', 'users')} title={say('users')} />
      {user.extension === null && user.queues.length === 0 && <p class="soft">{say('lacks')}</p>}
      <Panel>
        <Tabs
          label={user.name}
          tabs={[{ key: 'data', title: say('tab_data') }, { key: 'password', title: say('tab_password') }]}
          chosen={tab.value}
          onChoose={(key) => (tab.value = key)}
        >
          {tab.value === 'data' ? <Data user={user} onSaved={onSaved} /> : <SetPassword user={user} />}
        </Tabs>
      </Panel>
    </Screen>
  );
}

function Data({ user, onSaved }: RecordProps) {
  const draft = useDraft<UserDraft>(draftOf(user));
  const { now } = draft;
  const action = useAction(async () => {
    if (now.extension === NEW) {
      await post('/extensions', { number: now.new_number, display_name: now.name });
      draft.set({ extension: now.new_number, new_number: '' });
    }
    const saved = await patch<User>(`/users/${user.id}`, bodyOf(draft.changes(), now));
    draft.saved();
    onSaved(saved);
    toast(say('saved'), { kind: 'good' });
  });
  async function save() {
    if (!draft.changed || (now.omnichannel && !now.webrtc)) return;
    // Saving logs the user out of the queues he is in.
    if (await confirm({ title: say('edit_title'), text: say('edit_text'), verb: say('yes'), cancel: say('no') })) await action.run();
  }
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <UserFields draft={draft} action={action} user={user} />
      <FormProblem problem={action.problem} />
      <div class="form-foot">
        <Button kind="primary" submit busy={action.pending} disabled={!draft.changed}>
          {say('save')}
        </Button>
      </div>
    </form>
  );
}

function Actions({ user, onSaved }: { user: User; onSaved: (user: User) => void }) {
  const link = useSignal<string | null>(null);
  const { name } = user;
  async function reset() {
    if (!(await confirm({ title: say('reset_sure', { name }), text: say('reset_text', { name }), verb: say('reset') }))) return;
    await tell(async () => {
      link.value = (await post<{ link: string }>(`/users/${user.id}/reset`)).link;
    });
  }
  async function enable(enabled: boolean) {
    if (!enabled && !(await confirm({ title: say('disable_sure', { name }), text: say('disable_text'), verb: say('disable'), kind: 'danger' }))) return;
    await tell(async () => onSaved(await patch<User>(`/users/${user.id}`, { enabled })));
  }
  async function erase() {
    if (!(await confirm({ title: say('delete_sure', { name }), text: say('delete_text'), verb: say('delete'), kind: 'danger' }))) return;
    if (await tell(() => remove(`/users/${user.id}`))) go('admin', 'users');
  }
  return (
    <>
      <Menu
        button={say('actions')}
        buttonClass="button plain"
        side="right"
        items={[
          { label: say('reset'), icon: 'key', run: reset },
          user.enabled ? { label: say('disable'), icon: 'lock', run: () => enable(false) } : { label: say('enable'), icon: 'check', run: () => enable(true) },
          null,
          { label: say('delete'), icon: 'trash', kind: 'danger', run: erase },
        ]}
      />
      {link.value && <Once title={say('reset_done')} text={say('reset_done_text', { name })} values={[[say('link'), link.value]]} onClose={() => (link.value = null)} />}
    </>
  );
}

const draftOf = (user: User): UserDraft => ({
  name: user.name, email: user.email, role: user.role, extension: user.extension ?? '', new_number: '', webrtc: user.webrtc,
  omnichannel: user.omnichannel, language: user.language, chats: user.capacity.chats, queues: user.queues,
});

function bodyOf({ extension, new_number, chats, ...same }: Partial<UserDraft>, now: UserDraft): object {
  return {
    ...same,
    ...(extension === undefined && new_number === undefined ? {} : { extension: now.extension === NEW ? now.new_number : now.extension || null }),
    ...(chats === undefined ? {} : { capacity: { chats: chats ?? 0, calls: 1 } }),
  };
}
