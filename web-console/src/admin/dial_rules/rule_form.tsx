import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { Dialog, FormProblem, Select, TextField, useWhole } from '../../ui';
import { FormFoot } from '../actions';
import { listOf, useDraft } from '../draft';
import type { DialRule, Extension, List, Queue, Trunk } from '../shapes';
import { say as shared } from '../words';
import { type Refusal, faultOf } from './fault';
import { type Kind, type RuleDraft, type Target, draftOf, isComplete, ruleOf } from './rule_draft';
import { say } from './words';

interface FormProps {
  rule: DialRule | null;
  /** What a new one begins with, where something is known. */
  first: DialRule | null;
  at: number;
  onClose: () => void;
  /** What it is refused with, if it is. */
  onSave: (rule: DialRule) => Promise<Refusal | null>;
}

export function RuleForm({ rule, first, at: index, onClose, onSave }: FormProps) {
  const trunks = useWhole<List<Trunk>>('/trunks?limit=100', 'trunks');
  const { now, set } = useDraft<RuleDraft>(draftOf(rule ?? first));
  const refusal = useSignal<Refusal | null>(null);
  const busy = useSignal(false);
  const names = trunks.data?.items.map(({ name }) => name) ?? [];
  // Where there is one only, it is meant; where there is none, the number is dialled inside.
  useEffect(() => {
    if (!trunks.data || rule || now.trunk) return;
    if (names.length === 0 && !first) set({ kind: 'dial' });
    else if (names.length === 1) set({ trunk: names[0] ?? '' });
  }, [trunks.data]);
  async function save() {
    busy.value = true;
    refusal.value = await onSave(ruleOf(now));
    busy.value = false;
  }
  const fault = (key: string) => faultOf(refusal.value, key);
  const parts = { now, set, fault };
  return (
    <Dialog
      title={rule ? say('edit', { n: index + 1 }) : say('new')}
      onClose={onClose}
      onSubmit={save}
      actions={<FormFoot verb={shared(rule ? 'save' : 'create')} busy={busy.value} disabled={!isComplete(now)} onClose={onClose} />}
    >
      <Select label={say('kind')} value={now.kind} onChange={(kind) => set({ kind: kind as Kind })} choices={(['from_trunk', 'dial', 'prefix'] as const).map((value) => ({ value, label: say(`kind_${value}`) }))} />
      {now.kind !== 'dial' && (
        <Select
          label={say('trunk')}
          none={true}
          value={now.trunk}
          onChange={(trunk) => set({ trunk })}
          choices={names.map((name) => ({ value: name, label: name }))}
          {...(trunks.data && names.length === 0 ? { hint: say('no_trunk') } : {})}
          error={fault('trunk') ?? fault('from_trunk')}
        />
      )}
      {now.kind === 'from_trunk' && <TextField label={say('number')} hint={say('number_hint')} value={now.number} onChange={(number) => set({ number })} required mono error={fault('number')} />}
      {now.kind === 'dial' && <TextField label={say('dial')} hint={say('dial_hint')} value={now.dial} onChange={(dial) => set({ dial })} required mono error={fault('dial')} />}
      {now.kind === 'prefix' ? <Outside {...parts} /> : <Destination {...parts} />}
      <FormProblem problem={refusal.value?.problem ?? null} />
    </Dialog>
  );
}

interface PartProps {
  now: RuleDraft;
  set: (change: Partial<RuleDraft>) => void;
  fault: (key: string) => string | null;
}

function Outside({ now, set, fault }: PartProps) {
  return (
    <>
      <TextField label={say('prefix')} hint={say('prefix_hint')} value={now.prefix} onChange={(prefix) => set({ prefix })} required mono error={fault('prefix')} />
      <div class="form-two">
        <TextField label={say('strip')} type="number" min={0} value={now.strip} onChange={(strip) => set({ strip })} error={fault('strip')} />
        <TextField label={say('prepend')} value={now.prepend} onChange={(prepend) => set({ prepend })} mono error={fault('prepend')} />
        <TextField label={say('min_digits')} type="number" min={1} value={now.min_digits} onChange={(min_digits) => set({ min_digits })} error={fault('min_digits')} />
        <TextField label={say('max_digits')} type="number" min={1} value={now.max_digits} onChange={(max_digits) => set({ max_digits })} error={fault('max_digits')} />
      </div>
      <TextField label={say('allow')} hint={say('allow_hint')} value={now.allow.join(', ')} onChange={(text) => set({ allow: listOf(text) })} mono error={fault('allow')} />
    </>
  );
}

function Destination({ now, set, fault }: PartProps) {
  const queues = useWhole<List<Queue>>('/queues?limit=100', 'queues');
  const extensions = useWhole<List<Extension>>('/extensions?limit=100', 'extensions');
  const voice = queues.data?.items.filter(({ medium }) => medium === 'voice') ?? [];
  const only = now.target === 'queue' && voice.length === 1 ? voice[0]?.name : undefined;
  useEffect(() => {
    if (only && !now.to) set({ to: only });
  }, [only, now.target]);
  const targets: readonly Target[] = now.kind === 'from_trunk' ? ['queue', 'extension', 'announcement', 'service'] : ['queue', 'announcement', 'service'];
  return (
    <div class="form-two">
      <Select label={say('destination')} value={now.target} onChange={(target) => set({ target: target as Target, to: '' })} choices={targets.map((value) => ({ value, label: say(`to_${value}`) }))} />
      {now.target === 'queue' && <Select label={say('queue')} none={true} value={now.to} onChange={(to) => set({ to })} choices={voice.map(({ name, title }) => ({ value: name, label: title }))} {...(queues.data && voice.length === 0 ? { hint: say('no_queue') } : {})} error={fault('queue')} />}
      {now.target === 'extension' && <Select label={say('extension')} none={true} value={now.to} onChange={(to) => set({ to })} choices={(extensions.data?.items ?? []).map(({ number, display_name }) => ({ value: number, label: [number, display_name].filter(Boolean).join(' · ') }))} error={fault('extension')} />}
      {now.target === 'service' && <Select label={say('service')} none={true} value={now.to} onChange={(to) => set({ to })} choices={(['echo', 'tone', 'ringback', 'busy', 'congestion'] as const).map((value) => ({ value, label: say(value) }))} error={fault('service')} />}
      {now.target === 'announcement' && <TextField label={say('announcement')} hint={say('announcement_hint')} value={now.to} onChange={(to) => set({ to })} mono error={fault('announcement')} />}
    </div>
  );
}
