import { post } from '../../api/client';
import type { Medium, Standing } from '../../api/types';
import { Dialog, FormProblem, Select, TextField, useAction, useWhole } from '../../ui';
import { FormFoot } from '../actions';
import { useDraft } from '../draft';
import type { List, Queue, Titled } from '../shapes';
import { slug } from '../slug';
import { say as shared } from '../words';
import { MemberPicks } from './members';
import { say } from './words';

/** Longest name and title of a queue (gateway/src/api/v1/queues/change.rs). */
const NAME_MOST = 40;
const TITLE_MOST = 80;

export function NewQueue({ onClose, onMade }: { onClose: () => void; onMade: (queue: Queue) => void }) {
  const { now, set } = useDraft({ title: '', name: '', medium: 'voice' as Medium, direction: 'inbound' as Standing['direction'], members: [] as number[] });
  const name = now.name || slug(now.title, NAME_MOST);
  // Outcomes hold for all queues, unless one leaves some out afterwards.
  const dispositions = useWhole<List<Titled>>('/dispositions?limit=100', 'queues');
  const offered = dispositions.data?.items.filter(({ enabled }) => enabled !== false).map(({ id }) => id) ?? [];
  const action = useAction(async () => onMade(await post<Queue>('/queues', { ...now, name, dispositions: offered, direction: now.medium === 'chat' ? 'inbound' : now.direction })));
  return (
    <Dialog
      title={say('new')}
      onClose={onClose}
      onSubmit={action.run}
      actions={<FormFoot verb={shared('create')} busy={action.pending} disabled={!name} onClose={onClose} />}
    >
      <TextField label={say('name')} value={now.title} onChange={(title) => set({ title })} required autofocus maxLength={TITLE_MOST} error={action.at('title')} />
      <TextField label={say('slug')} hint={shared('name_hint')} value={name} onChange={(text) => set({ name: text })} mono maxLength={NAME_MOST} error={action.at('name')} />
      <div class="form-two">
        <Select label={say('medium')} value={now.medium} onChange={(medium) => set({ medium: medium as Medium, members: [] })} choices={(['voice', 'chat'] as const).map((value) => ({ value, label: say(value) }))} error={action.at('medium')} />
        {now.medium === 'voice' && (
          <Select label={say('direction')} value={now.direction} onChange={(direction) => set({ direction: direction as Standing['direction'] })} choices={(['inbound', 'outbound'] as const).map((value) => ({ value, label: say(value) }))} error={action.at('direction')} />
        )}
      </div>
      <MemberPicks medium={now.medium} chosen={now.members} onChange={(members) => set({ members })} error={action.at('members')} />
      <FormProblem problem={action.problem} />
    </Dialog>
  );
}
