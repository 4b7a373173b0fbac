import { useSignal } from '@preact/signals';

import { post } from '../../api/client';
import type { User } from '../../api/types';
import type { Extension } from '../shapes';
import { language } from '../../words/language';
import { Button, Dialog, FormProblem, useAction } from '../../ui';
import { useDraft } from '../draft';
import { say as shared } from '../words';
import { NEW, type UserDraft, UserFields } from './user_fields';
import { say } from './words';

const CHATS = 4;

export function NewUser({ onClose, onMade }: { onClose: () => void; onMade: (user: User, extension: Extension | null) => void }) {
  const draft = useDraft<UserDraft>({
    name: '', email: '', role: 'agent', extension: '', new_number: '', webrtc: true, omnichannel: true, language: language.value, chats: CHATS, queues: [],
  });
  // Made once, even if the user is refused afterwards and sent again.
  const made = useSignal<Extension | null>(null);
  const { now } = draft;
  const action = useAction(async () => {
    if (now.extension === NEW && made.value?.number !== now.new_number) {
      made.value = await post<Extension>('/extensions', { number: now.new_number, display_name: now.name });
    }
    const extension = now.extension === NEW ? now.new_number : now.extension;
    const user = await post<User>('/users', { ...bodyOf(now), ...(extension ? { extension } : {}) });
    onMade(user, now.extension === NEW ? made.value : null);
  });
  return (
    <Dialog
      title={say('new_user')}
      size="large"
      onClose={onClose}
      onSubmit={action.run}
      actions={
        <>
          <Button onClick={onClose}>{shared('back')}</Button>
          <Button kind="primary" submit busy={action.pending} disabled={!now.name || !now.email || (now.omnichannel && !now.webrtc)}>
            {shared('create')}
          </Button>
        </>
      }
    >
      <UserFields draft={draft} action={action} />
      <FormProblem problem={action.problem} />
    </Dialog>
  );
}

const bodyOf = ({ name, email, role, webrtc, omnichannel, language: spoken, chats, queues }: UserDraft) => ({
  name, email, role, webrtc, omnichannel, language: spoken, queues, capacity: { chats: chats ?? CHATS, calls: 1 },
});
