import { useSignal } from '@preact/signals';

import { Dialog, FormProblem, Select, TextField, useWhole } from '../../ui';
import { FormFoot } from '../actions';
import { type Refusal, faultOf } from '../dial_rules/fault';
import { numberOf, textOfNumber, useDraft } from '../draft';
import type { DialRule, List, Recording, Trunk } from '../shapes';
import { slug } from '../slug';
import { say as shared } from '../words';
import { say } from './words';

/** What stands for a PIN that is kept (docs: `GET /dial-rules`). */
const KEPT = '(kept)';
const RECORDINGS = ['inherit', 'always', 'never'] as const;

interface FormProps {
  rule: DialRule | null;
  /** Members where nothing is said. */
  usual: number;
  onClose: () => void;
  onDelete: (() => unknown) | undefined;
  /** What it is refused with, if it is. */
  onSave: (rule: DialRule) => Promise<Refusal | null>;
}

export function ConferenceForm({ rule, usual, onClose, onDelete, onSave }: FormProps) {
  const trunks = useWhole<List<Trunk>>('/trunks?limit=100', 'trunks');
  const { now, set } = useDraft({
    name: rule?.conference ?? '',
    inside: rule?.from_trunk === undefined,
    number: rule?.dial ?? rule?.number ?? '',
    trunk: rule?.from_trunk ?? '',
    pin: '',
    has_pin: rule === null || rule.pin !== undefined,
    members: textOfNumber(rule?.max_members ?? usual),
    recording: rule?.recording ?? ('inherit' as Recording),
  });
  const refusal = useSignal<Refusal | null>(null);
  const busy = useSignal(false);
  async function save() {
    busy.value = true;
    const pin = now.has_pin ? { pin: now.pin || KEPT } : {};
    const members = numberOf(now.members);
    const place = now.inside ? { dial: now.number.trim() } : { from_trunk: now.trunk, number: now.number.trim() };
    refusal.value = await onSave({
      ...place,
      conference: slug(now.name),
      ...pin,
      ...(members === null ? {} : { max_members: members }),
      ...(now.recording === 'inherit' ? {} : { recording: now.recording }),
    });
    busy.value = false;
  }
  const fault = (key: string) => faultOf(refusal.value, key);
  return (
    <Dialog
      title={rule ? say('edit', { name: rule.conference ?? '' }) : say('new')}
      onClose={onClose}
      onSubmit={save}
      actions={<FormFoot verb={shared(rule ? 'save' : 'create')} busy={busy.value} disabled={!slug(now.name) || !now.number.trim()} onClose={onClose} onDelete={onDelete} />}
    >
      <TextField label={say('name')} hint={say('name_hint')} value={now.name} onChange={(name) => set({ name })} required autofocus maxLength={63} error={fault('conference')} />
      <div class="form-two">
        <Select label={say('where')} value={now.inside ? 'inside' : 'outside'} onChange={(where) => set({ inside: where === 'inside' })} choices={(['inside', 'outside'] as const).map((value) => ({ value, label: say(value) }))} />
        <TextField label={say('number')} hint={say(now.inside ? 'number_hint' : 'number_outside_hint')} value={now.number} onChange={(number) => set({ number })} required mono maxLength={32} error={fault('dial') ?? fault('number')} />
      </div>
      {!now.inside && (
        <Select label={say('trunk')} none={true} value={now.trunk} onChange={(trunk) => set({ trunk })} choices={(trunks.data?.items ?? []).map(({ name }) => ({ value: name, label: name }))} error={fault('from_trunk')} />
      )}
      <div class="form-two">
        <Select label={say('pin_wanted')} value={now.has_pin ? 'yes' : 'no'} onChange={(wanted) => set({ has_pin: wanted === 'yes' })} choices={(['yes', 'no'] as const).map((value) => ({ value, label: say(value === 'yes' ? 'with_pin' : 'without_pin') }))} />
        {now.has_pin && (
          <TextField
            label={say('pin')}
            hint={rule?.pin === undefined ? say('pin_hint') : say('pin_kept')}
            value={now.pin}
            onChange={(pin) => set({ pin })}
            required={rule?.pin === undefined}
            mono
            maxLength={12}
            error={fault('pin')}
          />
        )}
      </div>
      <div class="form-two">
        <TextField label={say('max_members')} hint={say('members_hint')} type="number" min={2} max={500} value={now.members} onChange={(members) => set({ members })} error={fault('max_members')} />
        <Select label={shared('recording')} hint={say('recording_hint')} value={now.recording} onChange={(recording) => set({ recording: recording as Recording })} choices={RECORDINGS.map((value) => ({ value, label: say(`recording_${value}`) }))} error={fault('recording')} />
      </div>
      <FormProblem problem={refusal.value?.problem ?? null} />
    </Dialog>
  );
}
