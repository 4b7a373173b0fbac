import { useSignal } from '@preact/signals';

import { patch, post } from '../api/client';
import type { Contact, Identity } from '../api/types';
import { Button, Dialog, FormProblem, IconButton, Select, TextField, toast, useAction } from '../ui';
import { say } from './words';

export interface ContactFormProps {
  /** Edited; without one a contact is made. */
  contact?: Contact;
  /** What is filled in at first. */
  name?: string;
  identities?: readonly Identity[];
  /** The new contact becomes this Interaction's. */
  interaction?: number;
  onDone: (contact: Contact) => void;
  onClose: () => void;
}

type Kind = Identity['kind'];

// What a person can say of another; a handle or a provider's id comes with a message.
const KINDS = ['phone', 'email'] as const;
const isFixed = (row: Identity) => row.kind === 'provider' || row.kind === 'handle';

const MOST_IDENTITIES = 20;

/** Makes or edits a contact. */
export function ContactForm({ contact, name = '', identities = [], interaction, onDone, onClose }: ContactFormProps) {
  const typed = useSignal(contact?.name ?? name);
  const rows = useSignal<readonly Identity[]>(contact?.identities ?? (identities.length > 0 ? identities : [{ kind: 'phone', value: '' }]));
  const action = useAction(async () => {
    const body = { name: typed.value.trim(), identities: rows.value.filter((row) => row.kind !== 'provider' && row.value.trim()).map((row) => ({ ...row, value: row.value.trim() })) };
    const done = contact
      ? await patch<Contact>(`/contacts/${contact.id}`, body)
      : await post<Contact>('/contacts', interaction === undefined ? body : { ...body, interaction_id: interaction });
    toast(say(contact ? 'saved' : 'created'), { kind: 'good' });
    onDone(done);
    onClose();
  });
  const change = (at: number, part: Partial<Identity>) => {
    rows.value = rows.value.map((row, here) => (here === at ? { ...row, ...part } : row));
  };
  return (
    <Dialog
      title={say(contact ? 'edit' : 'add')}
      onClose={onClose}
      onSubmit={action.run}
      actions={
        <Button kind="primary" submit busy={action.pending} disabled={!typed.value.trim()}>
          {say(contact ? 'save' : 'create')}
        </Button>
      }
    >
      <TextField label={say('name')} autofocus required maxLength={120} value={typed.value} onChange={(text) => (typed.value = text)} error={action.at('name')} />
      <fieldset class="identities">
        <legend class="field-label">{say('identities')}</legend>
        {rows.value.map((row, at) => (
          <div key={at} class="identity">
            {isFixed(row) ? (
              <span class="small soft">{say(row.kind)}</span>
            ) : (
              <Select bare label={say('kind')} value={row.kind} onChange={(kind) => change(at, { kind: kind as Kind })} choices={KINDS.map((kind) => ({ value: kind, label: say(kind) }))} />
            )}
            <TextField bare class="grow" label={say('value')} maxLength={256} readonly={isFixed(row)} value={row.value} onChange={(value) => change(at, { value })} />
            {!isFixed(row) && <IconButton icon="trash" label={say('remove_identity', { value: row.value })} onClick={() => (rows.value = rows.value.filter((_, here) => here !== at))} />}
          </div>
        ))}
        {action.at('identities') && <p class="field-error">{action.at('identities')}</p>}
        {rows.value.length < MOST_IDENTITIES && (
          <Button kind="quiet" size="small" icon="plus" onClick={() => (rows.value = [...rows.value, { kind: 'phone', value: '' }])}>
            {say('add_identity')}
          </Button>
        )}
      </fieldset>
      <FormProblem problem={action.problem} />
    </Dialog>
  );
}
