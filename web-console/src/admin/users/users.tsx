import { useSignal } from '@preact/signals';

import type { User } from '../../api/types';
import { go } from '../../route/route';
import { Avatar, Badge, Button, usePages, useResource } from '../../ui';
import { Listing } from '../listing';
import { Once } from '../once';
import type { SectionProps } from '../sections';
import type { List, Queue } from '../shapes';
import { NewUser } from './new_user';
import { UserScreen } from './user';
import { say } from './words';

export function Users({ path: [id] }: SectionProps) {
  return id ? <UserScreen key={id} id={Number(id)} /> : <UserList />;
}

function UserList() {
  const pages = usePages<User>('/users', 'users');
  const queues = useResource<List<Queue>>('/queues?limit=100', 'queues');
  const titlesOf = (user: User) => queues.data?.items.filter(({ id }) => user.queues.includes(id)).map(({ title }) => title).join(', ') || '–';
  const making = useSignal(false);
  const made = useSignal<User | null>(null);
  const create = (
    <Button kind="primary" icon="plus" onClick={() => (making.value = true)}>
      {say('new_user')}
    </Button>
  );
  return (
    <>
      <Listing
        title={say('users')}
        lead={say('lead')}
        actions={create}
        pages={pages}
        keyOf={(user) => user.id}
        onOpen={(user) => go('admin', 'users', user.id)}
        empty={{ icon: 'users', title: say('empty') }}
        columns={[
          { title: say('name'), cell: (user) => <Who user={user} /> },
          { title: say('role'), cell: (user) => say(user.role) },
          { title: say('extension'), cell: (user) => user.extension ?? '–' },
          { title: say('queues'), cell: titlesOf, minor: true },
          { title: say('state'), cell: (user) => <State user={user} />, width: 'least' },
        ]}
      />
      {making.value && (
        <NewUser
          onClose={() => (making.value = false)}
          onMade={(user) => {
            making.value = false;
            made.value = user;
            void pages.reload();
          }}
        />
      )}
      {made.value?.setup_link && (
        <Once title={say('made')} text={say('made_text', { name: made.value.name })} values={[[say('link'), made.value.setup_link]]} onClose={() => (made.value = null)} />
      )}
    </>
  );
}

function Who({ user }: { user: User }) {
  return (
    <span class="who">
      <Avatar name={user.name} photo={user.photo_url} />
      <span class="grow">
        <span class="cut">{user.name}</span>
        <br />
        <span class="soft small cut">{user.email}</span>
      </span>
    </span>
  );
}

const State = ({ user }: { user: User }) =>
  user.enabled ? <Badge kind="good" icon="check">{say('enabled')}</Badge> : <Badge icon="lock">{say('disabled')}</Badge>;
