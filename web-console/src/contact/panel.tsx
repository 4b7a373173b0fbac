import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import type { Contact, Identity, Interaction } from '../api/types';
import { hear } from '../live/desk';
import { may } from '../live/me';
import { change } from '../live/verbs';
import { Avatar, Button, ErrorState, Facts, Skeleton, tell, toast, useResource } from '../ui';
import { telephone } from '../words/language';
import { ContactForm } from './form';
import { ContactSearch, speaking } from './search';
import { say } from './words';

type Open = 'none' | 'new' | 'edit' | 'search';

/** The contact of an Interaction: shown, edited, made or associated (F134, F135). */
export function ContactPanel({ interaction }: { interaction: Interaction }) {
  const id = interaction.contact?.id ?? null;
  const contact = useResource<Contact>(id === null ? null : `/contacts/${id}`);
  const open = useSignal<Open>('none');
  useEffect(() => hear('contact', (now) => now.id === id && void contact.reload()), [id]);
  const close = () => (open.value = 'none');
  const associate = async (chosen: Contact) => {
    if (!(await tell(() => change(interaction, { contact_id: chosen.id })))) return;
    toast(say('associated', { name: chosen.name }), { kind: 'good' });
    close();
  };
  const editing = may('contacts.edit');
  return (
    <>
      {id === null ? (
        <p class="soft">{say('none')}</p>
      ) : contact.problem ? (
        <ErrorState problem={contact.problem} onRetry={contact.reload} />
      ) : contact.data ? (
        <Known contact={contact.data} />
      ) : (
        <Skeleton lines={2} />
      )}
      {editing && (
        <div class="row wraps">
          {id === null ? (
            <Button size="small" kind="primary" icon="plus" onClick={() => (open.value = 'new')}>
              {say('create')}
            </Button>
          ) : (
            <Button size="small" icon="edit" disabled={!contact.data} onClick={() => (open.value = 'edit')}>
              {say('edit_short')}
            </Button>
          )}
          <Button size="small" icon="link" onClick={() => (open.value = 'search')}>
            {say(id === null ? 'associate' : 'dissociate')}
          </Button>
        </div>
      )}
      {open.value === 'search' && <ContactSearch onClose={close} onChoose={associate} />}
      {open.value === 'new' && <ContactForm name={nameOf(interaction)} identities={known(interaction)} interaction={interaction.id} onClose={close} onDone={associateSilently(interaction)} />}
      {open.value === 'edit' && contact.data && <ContactForm contact={contact.data} onClose={close} onDone={contact.set} />}
    </>
  );
}

function Known({ contact }: { contact: Contact }) {
  return (
    <>
      <div class="row">
        <Avatar name={contact.name} photo={contact.photo_url} size={40} />
        <strong class="grow">{contact.name}</strong>
      </div>
      <Facts facts={speaking(contact).map((one) => [say(one.kind), one.kind === 'phone' ? telephone(one.value) : one.value] as const)} />
    </>
  );
}

// The server ties the new contact to the Interaction; where it did not say so yet, it is shown at once.
const associateSilently = (interaction: Interaction) => (contact: Contact) => {
  if (interaction.contact?.id !== contact.id) void change(interaction, { contact_id: contact.id }).catch(() => {});
};

const isNumber = (text: string) => /^\+?[\d\s()-]{3,}$/.test(text);

const nameOf = (interaction: Interaction) => interaction.visitor?.name ?? (isNumber(interaction.title) ? '' : interaction.title);

/** What the Interaction itself knows of who it is. */
function known(interaction: Interaction): Identity[] {
  const number = interaction.number ?? (isNumber(interaction.title) ? interaction.title : null);
  return [...(number && isNumber(number) ? [{ kind: 'phone' as const, value: number }] : []), ...(interaction.visitor?.email ? [{ kind: 'email' as const, value: interaction.visitor.email }] : [])];
}
