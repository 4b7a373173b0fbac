import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import type { Contact } from '../api/types';
import { Avatar, Button, Dialog, Empty, ErrorState, Skeleton, TextField, usePages } from '../ui';
import { telephone } from '../words/language';
import { say } from './words';

const AFTER_MS = 200;
// The server looks for no less.
const LEAST_LETTERS = 3;

/** What the server can look for; less is nothing. */
export const longEnough = (text: string) => (text.length < LEAST_LETTERS ? '' : text);

/** What is to be looked for: what is typed, once it rests and is long enough. */
function useSearch(text: string): string {
  const rested = useSignal(text);
  useEffect(() => {
    const timer = setTimeout(() => (rested.value = text), AFTER_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return longEnough(rested.value);
}

/** An account at a provider is a number that tells nobody anything. */
export const speaking = (contact: Contact) => contact.identities.filter(({ kind }) => kind !== 'provider');

export const addressOf = (contact: Contact) => speaking(contact).map((one) => (one.kind === 'phone' ? telephone(one.value) : one.value)).join(' · ');

/** Chooses one of the contacts. */
export function ContactSearch({ onChoose, onClose }: { onChoose: (contact: Contact) => unknown; onClose: () => void }) {
  const text = useSignal('');
  const asked = useSearch(text.value.trim());
  const found = usePages<Contact>(`/contacts?limit=20&q=${encodeURIComponent(asked)}`);
  return (
    <Dialog title={say('associate_title')} onClose={onClose}>
      <TextField bare autofocus type="search" label={say('find')} placeholder={say('find')} value={text.value} onChange={(value) => (text.value = value)} />
      {found.problem && <ErrorState problem={found.problem} onRetry={found.reload} />}
      {found.loading && found.items.length === 0 && <Skeleton />}
      {!found.loading && !found.problem && found.items.length === 0 && <Empty icon="contact" title={say('nobody')} />}
      <ul class="contact-choices">
        {found.items.map((contact) => (
          <li key={contact.id} class="row">
            <Avatar name={contact.name} photo={contact.photo_url} size={32} />
            <div class="grow">
              <p class="cut">{contact.name}</p>
              <p class="cut small soft">{addressOf(contact)}</p>
            </div>
            <Button size="small" onClick={() => onChoose(contact)}>
              {say('associate')}
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
