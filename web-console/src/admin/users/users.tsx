import { useSignal } from '@preact/signals';

import type { User } from '../../api/types';
import { go } from '../../route/route';
import { Avatar, Badge, Button, usePages, useWhole } from '../../ui';
import { Listing } from '../../ui/listing';
import { useRegistration } from '../extensions/registration';
import { CopyLine, Once } from '../once';
import type { SectionProps } from '../sections';
import type { List, Phone, Queue } from '../shapes';
import { NewUser } from './new_user';
import { UserScreen } from './user';
import { say } from './words';

export function Users({ path: [id] }: SectionProps) {
  return id ? <UserScreen key={id} id={Number(id)} /> : <UserList />;
}

function UserList() {
  const pages = usePages<User>('/users', 'users');
  const queues = useWhole<List<Queue>>('/queues?limit=100', 'queues');
  const titlesOf = (user: User) => queues.data?.items.filter(({ id }) => user.queues.includes(id)).map(({ title }) => title).join(', ') || '–';
  const making = useSignal(false);
  const made = useSignal<{ user: User; extension: Phone | null } | null>(null);
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
          onMade={(user, extension) => {
            making.value = false;
            made.value = { user, extension };
            void pages.reload();
          }}
        />
      )}
      {made.value && <Made {...made.value} onClose={() => (made.value = null)} />}
    </>
  );
}

/** The link for the person; and, for a phone beside the browser, how it registers. */
function Made({ user, extension, onClose }: { user: User; extension: Phone | null; onClose: () => void }) {
  const phone = useRegistration(extension);
  const link = user.setup_link ? [[say('link'), user.setup_link] as const] : [];
  return (
    <Once
      title={say('made')}
      text={say('made_text', { name: user.name })}
      values={link}
      onClose={onClose}
      more={
        phone.length > 0 ? (
          <section class="stack" aria-label={say('phone_title')}>
            <h3>{say('phone_title')}</h3>
            <p>{say('phone_text')}</p>
            {phone.map(([label, value]) => (
              <CopyLine key={label} label={label} value={value} />
            ))}
          </section>
        ) : (
          user.extension && <p>{say('phone_elsewhere', { number: user.extension })}</p>
        )
      }
    />
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
