import { useSignal } from '@preact/signals';

import { remove } from '../api/client';
import type { Contact } from '../api/types';
import { may } from '../live/me';
import { useTyped } from '../route/filters';
import { goWithin } from '../route/route';
import { Avatar, Button, Dialog, Empty, ErrorState, Facts, Panel, Screen, Skeleton, Table, TextField, confirm, tell, toast, usePages, useResource } from '../ui';
import { say as kit } from '../ui/words';
import { moment, telephone } from '../words/language';
import { ContactForm } from './form';
import { ContactHistory } from './history';
import { addressOf, longEnough, speaking } from './search';
import { say } from './words';

/** All contacts: `#/contacts`, one of them open: `#/contacts/12`. */
export default function Contacts({ path }: { path: readonly string[] }) {
  const words = useTyped('q');
  const adding = useSignal(false);
  const asked = longEnough(words.asked);
  const found = usePages<Contact>(`/contacts?q=${encodeURIComponent(asked)}`, 'contacts');
  return (
    <Screen
      title={say('contacts')}
      actions={
        may('contacts.edit') && (
          <Button kind="primary" icon="plus" onClick={() => (adding.value = true)}>
            {say('add')}
          </Button>
        )
      }
    >
      <TextField bare type="search" label={say('find')} placeholder={say('find')} value={words.text} onChange={words.set} />
      {found.problem ? (
        <ErrorState problem={found.problem} onRetry={found.reload} />
      ) : found.loading && found.items.length === 0 ? (
        <Skeleton lines={6} />
      ) : found.items.length === 0 ? (
        <Empty icon="contact" title={asked ? kit('nothing_found') : say('nobody')}>
          {!asked && <p>{say('nobody_text')}</p>}
        </Empty>
      ) : (
        <Table
          label={say('contacts')}
          rows={found.items}
          keyOf={(contact) => contact.id}
          onOpen={(contact) => goWithin('contacts', contact.id)}
          columns={[
            { title: say('name'), cell: (contact) => <Named contact={contact} />, width: 'wide' },
            { title: say('identities'), cell: (contact) => addressOf(contact) || '–' },
            { title: say('known_since'), cell: (contact) => moment(contact.created_at_ms), minor: true, width: 'least' },
          ]}
        />
      )}
      {found.more && (
        <div>
          <Button onClick={found.more}>{kit('more')}</Button>
        </div>
      )}
      {adding.value && <ContactForm onClose={() => (adding.value = false)} onDone={() => void found.reload()} />}
      {path[0] && <One id={Number(path[0])} onChange={found.reload} />}
    </Screen>
  );
}

const Named = ({ contact }: { contact: Contact }) => (
  <span class="row">
    <Avatar name={contact.name} photo={contact.photo_url} size={24} />
    {contact.name}
  </span>
);

function One({ id, onChange }: { id: number; onChange: () => Promise<void> }) {
  const contact = useResource<Contact>(`/contacts/${id}`);
  const editing = useSignal(false);
  const close = () => goWithin('contacts');
  async function erase() {
    if (!(await confirm({ title: say('remove'), text: say('remove_text'), verb: say('remove'), kind: 'danger' }))) return;
    if (!(await tell(() => remove(`/contacts/${id}`)))) return;
    toast(say('removed'));
    close();
    await onChange();
  }
  const known = contact.data;
  if (editing.value && known) {
    return (
      <ContactForm
        contact={known}
        onClose={() => (editing.value = false)}
        onDone={(now) => {
          contact.set(now);
          void onChange();
        }}
      />
    );
  }
  return (
    <Dialog
      title={known?.name ?? say('contacts')}
      size="large"
      onClose={close}
      actions={
        known &&
        may('contacts.edit') && (
          <>
            <Button kind="quiet" icon="trash" onClick={erase}>
              {say('remove')}
            </Button>
            <Button kind="primary" icon="edit" onClick={() => (editing.value = true)}>
              {say('edit')}
            </Button>
          </>
        )
      }
    >
      {contact.problem && <ErrorState problem={contact.problem} onRetry={contact.reload} />}
      {!known && contact.loading && <Skeleton />}
      {known && (
        <>
          <Facts facts={[...speaking(known).map((one) => [say(one.kind), one.kind === 'phone' ? telephone(one.value) : one.value] as const), [say('known_since'), moment(known.created_at_ms)]]} />
          <Panel title={say('history')}>
            <ContactHistory contact={known.id} />
          </Panel>
        </>
      )}
    </Dialog>
  );
}
