// Pause reasons and dispositions: both are lists of titles that queues choose from.

import { useSignal } from '@preact/signals';

import { patch, post } from '../../api/client';
import { Badge, Button, Dialog, FormProblem, type IconName, Switch, TextField, useAction, usePages, useWhole } from '../../ui';
import { Listing } from '../../ui/listing';
import { FormFoot, erase } from '../actions';
import { useDraft } from '../draft';
import { Picks } from '../picks';
import type { SectionProps } from '../sections';
import type { List, Queue, Titled } from '../shapes';
import { say as shared } from '../words';
import { reasons, dispositions, type Say } from './words';

interface Kind {
  path: string;
  icon: IconName;
  say: Say;
  /** Dispositions can be switched off; what was chosen before stays. */
  switches: boolean;
  /** A new one is offered in all queues, or in those that are chosen. */
  queues: boolean;
}

const REASONS: Kind = { path: '/pause-reasons', icon: 'pause', say: reasons, switches: false, queues: false };
const DISPOSITIONS: Kind = { path: '/dispositions', icon: 'tag', say: dispositions, switches: true, queues: true };

export const PauseReasons = (_: SectionProps) => <Titles kind={REASONS} />;
export const Dispositions = (_: SectionProps) => <Titles kind={DISPOSITIONS} />;

function Titles({ kind }: { kind: Kind }) {
  const { say } = kind;
  const pages = usePages<Titled>(kind.path, 'queues');
  const open = useSignal<Titled | 'new' | null>(null);
  const queues = useWhole<List<Queue>>(kind.queues ? '/queues?limit=100' : null, 'queues');
  const offeredIn = ({ id }: Titled) => queues.data?.items.filter((queue) => queue.dispositions.some((one) => one.id === id)) ?? [];
  const where = (one: Titled) => {
    const offered = offeredIn(one);
    if (offered.length === 0) return <span class="soft">{say('nowhere')}</span>;
    return offered.length === queues.data?.items.length ? say('everywhere') : offered.map(({ title }) => title).join(', ');
  };
  const create = (
    <Button kind="primary" icon="plus" onClick={() => (open.value = 'new')}>
      {say('new')}
    </Button>
  );
  return (
    <>
      <Listing
        title={say('title')}
        lead={say('lead')}
        actions={create}
        pages={pages}
        keyOf={(one) => one.id}
        onOpen={(one) => (open.value = one)}
        empty={{ icon: kind.icon, title: say('empty'), text: say('empty_text') }}
        columns={[
          { title: shared('title'), cell: (one) => one.title },
          ...(kind.queues ? [{ title: say('queues'), cell: where }] : []),
          ...(kind.switches ? [{ title: shared('state'), cell: State, width: 'least' as const }] : []),
        ]}
      />
      {open.value && (
        <TitleForm
          kind={kind}
          queues={queues.data?.items ?? []}
          one={open.value === 'new' ? null : open.value}
          onClose={() => (open.value = null)}
          onSaved={() => {
            open.value = null;
            void pages.reload();
          }}
        />
      )}
    </>
  );
}

const State = ({ enabled }: Titled) => (enabled === false ? <Badge icon="lock">{shared('off')}</Badge> : <Badge kind="good" icon="check">{shared('on')}</Badge>);

function TitleForm({ kind, queues, one, onClose, onSaved }: { kind: Kind; queues: readonly Queue[]; one: Titled | null; onClose: () => void; onSaved: () => void }) {
  const draft = useDraft({ title: one?.title ?? '', enabled: one?.enabled ?? true });
  const { now, set } = draft;
  // All of them, unless some are taken out.
  const left = useSignal<readonly number[]>([]);
  const chosen = queues.filter(({ id }) => !left.value.includes(id)).map(({ id }) => id);
  const action = useAction(async () => {
    if (one) await patch(`${kind.path}/${one.id}`, draft.changes());
    else await post(kind.path, { title: now.title, ...(left.value.length > 0 ? { queues: chosen } : {}) });
    onSaved();
  });
  async function forget() {
    if (one && (await erase(`${kind.path}/${one.id}`, one.title, kind.say('delete_text')))) onSaved();
  }
  return (
    <Dialog
      title={one ? one.title : kind.say('new')}
      size="small"
      onClose={onClose}
      onSubmit={action.run}
      actions={<FormFoot verb={shared(one ? 'save' : 'create')} busy={action.pending} disabled={!now.title.trim() || (one !== null && !draft.changed)} onClose={onClose} onDelete={one ? forget : undefined} />}
    >
      <TextField label={shared('title')} value={now.title} onChange={(title) => set({ title })} required autofocus maxLength={100} error={action.at('title')} />
      {!one && kind.queues && queues.length > 0 && (
        <Picks
          label={kind.say('queues')}
          hint={kind.say('queues_hint')}
          none=""
          all={queues}
          chosen={chosen}
          onChange={(ids) => (left.value = queues.filter(({ id }) => !ids.includes(id)).map(({ id }) => id))}
          error={action.at('queues')}
        />
      )}
      {one && kind.switches && <Switch label={shared('enabled')} checked={now.enabled} onChange={(enabled) => set({ enabled })} />}
      <FormProblem problem={action.problem} />
    </Dialog>
  );
}
