// Sounds of the organization: uploaded here, played by queues and by agents.

import { useSignal } from '@preact/signals';

import { ROOT, patch, post } from '../../api/client';
import type { SoundClip } from '../../api/types';
import { may } from '../../live/me';
import { Badge, Button, Dialog, Field, FormProblem, Switch, TextField, toast, useAction, usePages, useWhole } from '../../ui';
import { Listing } from '../../ui/listing';
import { span } from '../../words/language';
import { FormFoot, erase } from '../actions';
import { useDraft } from '../draft';
import type { SectionProps } from '../sections';
import type { List, Queue } from '../shapes';
import { say as shared } from '../words';
import { say } from './words';

/** Where its sound is. */
export const soundOf = (id: number) => `${ROOT}/sound-clips/${id}/sound`;

export function Sounds(_: SectionProps) {
  const pages = usePages<SoundClip>('/sound-clips', 'sound_clips');
  const queues = useWhole<List<Queue>>(may('queues.manage') ? '/queues?limit=100' : null, 'queues');
  const open = useSignal<SoundClip | 'new' | null>(null);
  const close = () => (open.value = null);
  const playing = ({ id }: SoundClip) => queues.data?.items.filter(({ music }) => music === `clip:${id}`).map(({ title }) => title) ?? [];
  const done = () => {
    close();
    void pages.reload();
  };
  return (
    <>
      <Listing
        title={say('title')}
        lead={say('lead')}
        actions={<Button kind="primary" icon="plus" onClick={() => (open.value = 'new')}>{say('new')}</Button>}
        pages={pages}
        keyOf={(clip) => clip.id}
        onOpen={(clip) => (open.value = clip)}
        empty={{ icon: 'play', title: say('empty'), text: say('empty_text') }}
        columns={[
          { title: say('name'), cell: ({ title }) => title },
          { title: say('length'), cell: ({ seconds }) => span(seconds * 1000), align: 'end', minor: true },
          { title: say('used'), cell: (clip) => playing(clip).join(', ') || '–' },
          { title: say('offered'), cell: ({ archived }) => (archived ? <Badge icon="lock">{say('archived')}</Badge> : <Badge kind="good" icon="check">{shared('yes')}</Badge>), width: 'least' },
        ]}
      />
      {open.value === 'new' && <Upload onClose={close} onDone={done} />}
      {open.value !== null && open.value !== 'new' && <ClipForm clip={open.value} onClose={close} onDone={done} />}
    </>
  );
}

interface FormProps {
  onClose: () => void;
  onDone: () => void;
}

/** Systems call the same kinds by several names. */
const KINDS: Readonly<Record<string, string>> = { wav: 'audio/wav', mp3: 'audio/mpeg', ogg: 'audio/ogg', oga: 'audio/ogg', opus: 'audio/ogg' };

/** A large file over a slow line. */
const UPLOAD_MS = 120_000;

const endOf = (name: string) => /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';

function Upload({ onClose, onDone }: FormProps) {
  const file = useSignal<File | null>(null);
  const title = useSignal('');
  const type = file.value ? KINDS[endOf(file.value.name)] : undefined;
  const action = useAction(async () => {
    if (!file.value || !type) return;
    await post('/sound-clips', file.value, { type, query: { title: title.value }, timeoutMs: UPLOAD_MS });
    toast(say('uploaded', { what: title.value }), { kind: 'good' });
    onDone();
  });
  function choose(chosen: File | null) {
    file.value = chosen;
    if (chosen && !title.value) title.value = chosen.name.replace(/\.[^.]+$/, '').replaceAll('_', ' ');
  }
  return (
    <Dialog title={say('new')} onClose={onClose} onSubmit={action.run} actions={<FormFoot verb={say('upload')} busy={action.pending} disabled={!type || !title.value.trim()} onClose={onClose} />}>
      <Field label={say('file')} error={file.value && !type ? say('file_kind') : action.at('file')}>
        {(wiring) => <input {...wiring} class="input" type="file" accept=".wav,.mp3,.ogg,.oga,.opus,audio/*" onChange={(event) => choose(event.currentTarget.files?.[0] ?? null)} />}
      </Field>
      <TextField label={say('name')} value={title.value} onChange={(text) => (title.value = text)} required maxLength={80} error={action.at('title')} />
      <FormProblem problem={action.problem} />
    </Dialog>
  );
}

function ClipForm({ clip, onClose, onDone }: FormProps & { clip: SoundClip }) {
  const draft = useDraft({ title: clip.title, archived: clip.archived });
  const { now, set } = draft;
  const action = useAction(async () => {
    await patch(`/sound-clips/${clip.id}`, draft.changes());
    onDone();
  });
  const forget = async () => {
    if (await erase(`/sound-clips/${clip.id}`, clip.title, say('delete_text'))) onDone();
  };
  return (
    <Dialog title={say('edit', { name: clip.title })} onClose={onClose} onSubmit={action.run} actions={<FormFoot busy={action.pending} disabled={!draft.changed || !now.title.trim()} onClose={onClose} onDelete={forget} />}>
      <Listen id={clip.id} />
      <TextField label={say('name')} value={now.title} onChange={(title) => set({ title })} required maxLength={80} error={action.at('title')} />
      <Switch label={say('offers')} checked={!now.archived} onChange={(on) => set({ archived: !on })} />
      <FormProblem problem={action.problem} />
    </Dialog>
  );
}

export function Listen({ id }: { id: number }) {
  return <audio class="sound" controls preload="metadata" src={soundOf(id)} aria-label={say('listen')} />;
}
