import { useSignal } from '@preact/signals';

import { patch, post } from '../../api/client';
import { Badge, Button, Dialog, FormProblem, Select, Switch, TextField, useAction, usePages, useWhole } from '../../ui';
import { Listing } from '../../ui/listing';
import { FormFoot, erase } from '../actions';
import { numberOf, textOfNumber, useDraft } from '../draft';
import { faultText } from '../faults/fault';
import type { SectionProps } from '../sections';
import { SettingsForm, settingsBody, settingsComplete, settingsDraft, worded } from '../settings_form/settings_form';
import type { List, Plugin, Rule, SettingField } from '../shapes';
import { say as shared } from '../words';
import { say } from './words';

export function Rules(_: SectionProps) {
  const pages = usePages<Rule>('/rules', 'rules plugins');
  const plugins = useWhole<List<Plugin>>('/plugins?limit=100', 'plugins');
  const kinds = plugins.data?.items.filter(({ world }) => world === 'rule') ?? [];
  const open = useSignal<Rule | 'new' | null>(null);
  const fieldsOf = ({ plugin }: Rule) => kinds.find(({ name }) => name === plugin)?.settings ?? [];
  const create = (
    <Button kind="primary" icon="plus" onClick={() => (open.value = 'new')} disabled={kinds.length === 0} tip={plugins.data && kinds.length === 0 ? say('none') : undefined}>
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
        keyOf={(rule) => rule.id}
        onOpen={(rule) => (open.value = rule)}
        empty={{ icon: 'rule', title: say('empty'), text: say('empty_text') }}
        columns={[
          { title: say('position'), cell: (rule) => rule.position, align: 'end', width: 'least' },
          { title: say('name'), cell: (rule) => rule.title },
          { title: say('plugin'), cell: ({ plugin }) => worded(kinds.find(({ name }) => name === plugin)?.title ?? plugin) },
          { title: shared('state'), cell: (rule) => <State rule={rule} fields={fieldsOf(rule)} /> },
        ]}
      />
      {open.value && plugins.data && (
        <RuleForm
          rule={open.value === 'new' ? null : open.value}
          kinds={kinds}
          last={Math.max(0, ...pages.items.map(({ position }) => position))}
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

/** In the list: what ails it stands beside it, in short. */
function State({ rule, fields }: { rule: Rule; fields: readonly SettingField[] }) {
  if (!rule.enabled) return <Badge icon="lock">{shared('off')}</Badge>;
  if (!rule.fault) return <Badge kind="good" icon="check">{shared('on')}</Badge>;
  return (
    <>
      <Badge kind="stop" icon="alert">{say('failed')}</Badge>
      <p class="soft small in-short">{faultText(rule, fields)}</p>
    </>
  );
}

interface FormProps {
  rule: Rule | null;
  kinds: readonly Plugin[];
  /** The position of the last one: a new one comes after it. */
  last: number;
  onClose: () => void;
  onSaved: () => void;
}

function RuleForm({ rule, kinds, last, onClose, onSaved }: FormProps) {
  const first = kinds.find(({ name }) => name === rule?.plugin) ?? kinds[0];
  const draft = useDraft({
    title: rule?.title ?? worded(first?.title ?? ''), plugin: first?.name ?? '', position: rule?.position ?? last + 1, enabled: rule?.enabled ?? true,
    settings: settingsDraft(first?.settings ?? [], rule?.settings ?? {}),
  });
  const { now, set } = draft;
  const fields = kinds.find(({ name }) => name === now.plugin)?.settings ?? [];
  const kept = rule?.settings ?? {};
  const action = useAction(async () => {
    const { settings, ...rest } = rule ? draft.changes() : now;
    const body = { ...rest, ...(settings ? { settings: settingsBody(fields, now.settings) } : {}) };
    if (rule) await patch(`/rules/${rule.id}`, body);
    else await post('/rules', body);
    onSaved();
  });
  const forget = async () => {
    if (rule && (await erase(`/rules/${rule.id}`, rule.title, say('delete_text')))) onSaved();
  };
  const complete = now.title.trim() !== '' && settingsComplete(fields, kept, now.settings);
  const choose = (name: string) => {
    const kind = kinds.find((one) => one.name === name);
    set({ plugin: name, title: worded(kind?.title ?? ''), settings: settingsDraft(kind?.settings ?? [], {}) });
  };
  return (
    <Dialog
      title={rule ? rule.title : say('new')}
      size="large"
      onClose={onClose}
      onSubmit={() => complete && action.run()}
      actions={<FormFoot verb={shared(rule ? 'save' : 'create')} busy={action.pending} disabled={!complete || (rule !== null && !draft.changed)} onClose={onClose} onDelete={rule ? forget : undefined} />}
    >
      {rule?.fault && <p class="form-problem">{faultText(rule, fields)}</p>}
      <div class="form-two">
        {!rule && <Select label={say('plugin')} value={now.plugin} onChange={choose} choices={kinds.map(({ name, title }) => ({ value: name, label: worded(title) }))} error={action.at('plugin')} />}
        <TextField label={say('name')} value={now.title} onChange={(title) => set({ title })} required maxLength={100} error={action.at('title')} />
        <TextField label={say('position')} hint={say('position_hint')} type="number" min={0} value={textOfNumber(now.position)} onChange={(text) => set({ position: numberOf(text) ?? 0 })} error={action.at('position')} />
      </div>
      <SettingsForm fields={fields} kept={kept} now={now.settings} set={(settings) => set({ settings })} at={action.at} />
      <Switch label={say('enabled')} checked={now.enabled} onChange={(enabled) => set({ enabled })} />
      <FormProblem problem={action.problem} />
    </Dialog>
  );
}
