// One queue with everything that belongs to it.

import { patch } from '../../api/client';
import { may } from '../../live/me';
import { go, href } from '../../route/route';
import { Button, FormProblem, Panel, Screen, Skeleton, Switch, TextField, toast, useAction, useWhole } from '../../ui';
import { Crumb } from '../../ui/crumb';
import type { Action } from '../../ui/resource';
import { erase } from '../actions';
import { type Draft, numberOf, textOfNumber, useDraft } from '../draft';
import { Picks } from '../picks';
import { Unread, useRecord } from '../record';
import type { Inbox, List, Queue, Titled } from '../shapes';
import { say as shared } from '../words';
import { MemberPicks } from './members';
import { Music } from './music';
import { say } from './words';

export function QueueScreen({ id }: { id: number }) {
  const queue = useRecord<Queue>('/queues', id, 'queues');
  if (queue.problem && !queue.data) return <Unread problem={queue.problem} onRetry={queue.reload} list={['admin', 'queues']} title={say('title')} none={say('no_such')} />;
  if (!queue.data) return <Skeleton lines={8} />;
  return <QueueForm queue={queue.data} onSaved={queue.set} />;
}

type QueueDraft = ReturnType<typeof draftOf>;

function QueueForm({ queue, onSaved }: { queue: Queue; onSaved: (queue: Queue) => void }) {
  const draft = useDraft(draftOf(queue));
  const action = useAction(async () => {
    const saved = await patch<Queue>(`/queues/${queue.id}`, draft.changes());
    draft.saved();
    onSaved(saved);
    toast(say('saved'), { kind: 'good' });
  });
  async function forget() {
    if (await erase(`/queues/${queue.id}`, queue.title, say('delete_text'))) go('admin', 'queues');
  }
  const parts = { ...draft, at: action.at, queue };
  return (
    <Screen width="narrow" title={queue.title} lead={`${say(queue.medium)} · ${say(queue.direction)}`} actions={<Button icon="trash" onClick={forget}>{shared('delete')}</Button>}>
      <Crumb href={href('admin', 'queues')} title={say('title')} />
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void action.run();
        }}
      >
        <People {...parts} />
        <Times {...parts} />
        <Outcome {...parts} />
        <FormProblem problem={action.problem} />
        <div class="form-foot">
          <Button kind="primary" submit busy={action.pending} disabled={!draft.changed}>
            {shared('save')}
          </Button>
        </div>
      </form>
    </Screen>
  );
}

const draftOf = ({ title, offer_timeout_s, wrap_up_s, priority, music, enabled, members, pause_reasons, dispositions }: Queue) => ({
  // Empty is what the API takes for none.
  title, offer_timeout_s, wrap_up_s, priority, music: music ?? '', enabled, members,
  pause_reasons: pause_reasons.map(({ id }) => id), dispositions: dispositions.map(({ id }) => id),
});

type PartProps = Pick<Draft<QueueDraft>, 'now' | 'set'> & Pick<Action, 'at'> & { queue: Queue };

function People({ now, set, at, queue }: PartProps) {
  return (
    <Panel title={say('part_people')}>
      <TextField label={say('name')} value={now.title} onChange={(title) => set({ title })} required maxLength={100} error={at('title')} />
      <MemberPicks medium={queue.medium} chosen={now.members} onChange={(members) => set({ members })} error={at('members')} />
      {queue.medium === 'chat' ? <Leads queue={queue} /> : <p class="small"><a href={href('admin', 'dial_rules')}>{say('number_make')}</a></p>}
      <Switch label={say('enabled')} hint={say('enabled_hint')} checked={now.enabled} onChange={(enabled) => set({ enabled })} />
    </Panel>
  );
}

function Leads({ queue }: { queue: Queue }) {
  const inboxes = useWhole<List<Inbox>>(may('inboxes.manage') ? '/inboxes?limit=100' : null, 'inboxes');
  const leading = inboxes.data?.items.filter(({ queue_id }) => queue_id === queue.id) ?? [];
  return (
    <div class="field">
      <span class="field-label">{say('inboxes')}</span>
      {leading.length === 0 && <p class="soft small">{say('inboxes_none')}</p>}
      <ul>
        {leading.map(({ id, title }) => (
          <li key={id}>
            <a href={href('admin', 'inboxes', id)}>{title}</a>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Times({ now, set, at, queue }: PartProps) {
  const field = (key: 'offer_timeout_s' | 'wrap_up_s' | 'priority', word: 'offer_timeout' | 'wrap_up' | 'priority', hint?: string) => (
    <TextField label={say(word)} {...(hint ? { hint } : {})} type="number" min={0} value={textOfNumber(now[key])} onChange={(text) => set({ [key]: numberOf(text) ?? 0 })} error={at(key)} />
  );
  return (
    <Panel title={say('part_times')}>
      <div class="form-two">
        {field('offer_timeout_s', 'offer_timeout')}
        {field('wrap_up_s', 'wrap_up', say('wrap_up_hint'))}
        {field('priority', 'priority', say('priority_hint'))}
        {queue.medium === 'voice' && <Music value={now.music} onChange={(music) => set({ music })} error={at('music')} />}
      </div>
    </Panel>
  );
}

function Outcome({ now, set, at }: PartProps) {
  const reasons = useWhole<List<Titled>>('/pause-reasons?limit=100', 'queues');
  const dispositions = useWhole<List<Titled>>('/dispositions?limit=100', 'queues');
  return (
    <Panel title={say('part_outcome')}>
      <Picks label={say('pause_reasons')} hint={say('pause_reasons_hint')} none={say('pause_reasons_none')} all={reasons.data?.items ?? []} chosen={now.pause_reasons} onChange={(chosen) => set({ pause_reasons: chosen })} error={at('pause_reasons')} />
      <Picks label={say('dispositions')} hint={say('dispositions_hint')} none={say('dispositions_none')} all={dispositions.data?.items ?? []} chosen={now.dispositions} onChange={(chosen) => set({ dispositions: chosen })} error={at('dispositions')} />
    </Panel>
  );
}
