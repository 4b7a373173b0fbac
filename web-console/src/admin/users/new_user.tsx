import { post } from '../../api/client';
import type { User } from '../../api/types';
import type { Phone } from '../shapes';
import { language } from '../../words/language';
import { Button, Dialog, FormProblem, useAction } from '../../ui';
import { useDraft } from '../draft';
import { say as shared } from '../words';
import { NEW, type UserDraft, UserFields } from './user_fields';
import { say } from './words';

const CHATS = 4;

export function NewUser({ onClose, onMade }: { onClose: () => void; onMade: (user: User, extension: Phone | null) => void }) {
  const draft = useDraft<UserDraft>({
    name: '', email: '', role: 'agent', extension: '', new_number: '', webrtc: true, omnichannel: true, language: language.value, chats: CHATS, queues: [],
  });
  const { now } = draft;
  const action = useAction(async () => {
    const extension = now.extension === NEW ? { new_extension: now.new_number } : now.extension ? { extension: now.extension } : {};
    const user = await post<User & { extension_password: string | null }>('/users', { ...bodyOf(now), ...extension });
    onMade(user, user.extension_password ? { number: now.new_number, password: user.extension_password } : null);
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
