// What a user's record holds, for a new one and for one that is there.

import type { Role, User } from '../../api/types';
import { type Choice, Panel, Select, Switch, TextField, useWhole } from '../../ui';
import type { Action } from '../../ui/resource';
import { type Draft, numberOf, textOfNumber } from '../draft';
import { Picks } from '../picks';
import type { Extension, List, Queue } from '../shapes';
import { say } from './words';

export interface UserDraft {
  name: string;
  email: string;
  role: Role;
  /** `new`: one is made with the number below. */
  extension: string;
  new_number: string;
  webrtc: boolean;
  omnichannel: boolean;
  language: User['language'];
  chats: number | null;
  queues: number[];
}

interface FieldsProps {
  draft: Draft<UserDraft>;
  action: Action;
  /** Whose extension stays on the list although it is taken. */
  user?: User;
}

export function UserFields({ draft: { now, set }, action: { at }, user }: FieldsProps) {
  return (
    <>
      <div class="form-two">
        <TextField label={say('name')} value={now.name} onChange={(name) => set({ name })} required autofocus={!user} maxLength={100} error={at('name')} />
        <TextField label={say('email')} type="email" value={now.email} onChange={(email) => set({ email })} required maxLength={254} error={at('email')} />
        <Select
          label={say('role')}
          hint={say(`role_hint_${now.role}`)}
          value={now.role}
          onChange={(role) => set({ role: role as Role })}
          choices={(['agent', 'supervisor', 'administrator'] as const).map((value) => ({ value, label: say(value) }))}
          error={at('role')}
        />
        <Select label={say('language')} value={now.language} onChange={(language) => set({ language: language as User['language'] })} choices={LANGUAGES} />
        <ExtensionField now={now} set={set} at={at} user={user} />
      </div>
      <AgentOptions now={now} set={set} at={at} />
      <QueueField now={now} set={set} at={at} />
    </>
  );
}

const LANGUAGES: readonly Choice[] = [
  { value: 'pt-BR', label: 'Português (Brasil)' },
  { value: 'en', label: 'English' },
];

type PartProps = Pick<Draft<UserDraft>, 'now' | 'set'> & Pick<Action, 'at'>;

function ExtensionField({ now, set, at, user }: PartProps & { user: User | undefined }) {
  const extensions = useWhole<List<Extension>>('/extensions?limit=100', 'extensions');
  const users = useWhole<List<User>>('/users?limit=100', 'users');
  const queues = useWhole<List<Queue>>('/queues?limit=100', 'queues');
  const callQueues = queues.data?.items.filter(({ id, medium }) => medium === 'voice' && now.queues.includes(id)) ?? [];
  const taken = new Set(users.data?.items.filter((one) => one.id !== user?.id).map((one) => one.extension));
  const free = (extensions.data?.items ?? []).filter(({ number }) => !taken.has(number));
  const choices = free.map(({ number, display_name }) => ({ value: number, label: [number, display_name].filter(Boolean).join(' · ') }));
  // The user's own is there before the list has come.
  if (now.extension && now.extension !== NEW && !free.some(({ number }) => number === now.extension)) choices.unshift({ value: now.extension, label: now.extension });
  return (
    <>
      <Select
        label={say('extension')}
        hint={say('extension_hint')}
        none={say('extension_none')}
        value={now.extension}
        onChange={(extension) => set({ extension })}
        choices={[{ value: NEW, label: say('extension_new') }, ...choices]}
        error={at('extension')}
        warning={callQueues.length > 0 && !now.extension ? say('extension_lacks', { queues: callQueues.map(({ title }) => title).join(', ') }) : null}
      />
      {now.extension === NEW && (
        <TextField label={say('extension_number')} value={now.new_number} onChange={(new_number) => set({ new_number })} required maxLength={15} error={at('number') ?? at('new_extension')} mono />
      )}
    </>
  );
}

/** In the place of a number: an extension is made with the user. */
export const NEW = 'new';

function AgentOptions({ now, set, at }: PartProps) {
  const unmet = now.omnichannel && !now.webrtc;
  return (
    <Panel title={say('agent_options')}>
      <Switch label={say('webrtc')} hint={say('webrtc_hint')} checked={now.webrtc} onChange={(webrtc) => set({ webrtc })} error={at('webrtc')} name="webrtc" />
      <Switch
        label={say('omnichannel')}
        hint={say('omnichannel_hint')}
        checked={now.omnichannel}
        onChange={(omnichannel) => set({ omnichannel })}
        error={unmet ? say('omnichannel_needs_webrtc') : at('omnichannel')}
        name="omnichannel"
      />
      <TextField label={say('capacity')} hint={say('capacity_hint')} type="number" min={0} max={20} value={textOfNumber(now.chats)} onChange={(text) => set({ chats: numberOf(text) })} error={at('capacity')} />
    </Panel>
  );
}

function QueueField({ now, set, at }: PartProps) {
  const queues = useWhole<List<Queue>>('/queues?limit=100', 'queues');
  return (
    <Picks
      label={say('queues')}
      hint={now.omnichannel ? say('queues_hint') : say('queues_chat_need')}
      none={say('queues_none')}
      error={at('queues')}
      all={(queues.data?.items ?? []).map((queue) => ({ id: queue.id, title: queue.title, note: say(queue.medium), disabled: queue.medium === 'chat' && !now.omnichannel }))}
      chosen={now.queues}
      onChange={(chosen) => set({ queues: chosen })}
    />
  );
}
