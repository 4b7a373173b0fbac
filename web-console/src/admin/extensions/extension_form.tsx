import { patch, post } from '../../api/client';
import { Dialog, FormProblem, Select, Switch, TextField, useAction } from '../../ui';
import { FormFoot, erase } from '../actions';
import { numberOf, orNull, textOfNumber, useDraft } from '../draft';
import { recordings } from '../recordings';
import type { Extension, Recording } from '../shapes';
import { say as shared } from '../words';
import { say } from './words';

interface FormProps {
  extension: Extension | null;
  onClose: () => void;
  /** `null`: it was deleted. */
  onSaved: (extension: Extension | null) => void;
}

const NEW: Omit<Extension, 'password'> = { number: '', display_name: null, recording: 'inherit', max_bindings: 5, may_call_trunks: true, ring_timeout_s: null, enabled: true };

export function ExtensionForm({ extension, onClose, onSaved }: FormProps) {
  const { number, display_name, recording, max_bindings, may_call_trunks, ring_timeout_s, enabled } = extension ?? NEW;
  const draft = useDraft({ number, display_name, recording, max_bindings, may_call_trunks, ring_timeout_s, enabled, password: '' });
  const { now, set } = draft;
  const action = useAction(async () => {
    const { password, ...rest } = extension ? draft.changes() : now;
    const body = { ...rest, ...(password ? { password } : {}) };
    onSaved(extension ? await patch<Extension>(`/extensions/${encodeURIComponent(number)}`, body) : await post<Extension>('/extensions', body));
  });
  const forget = async () => {
    if (await erase(`/extensions/${encodeURIComponent(number)}`, say('edit', { number }), say('delete_text'))) onSaved(null);
  };
  return (
    <Dialog
      title={extension ? say('edit', { number }) : say('new')}
      onClose={onClose}
      onSubmit={action.run}
      actions={<FormFoot verb={shared(extension ? 'save' : 'create')} busy={action.pending} disabled={extension ? !draft.changed : !now.number} onClose={onClose} onDelete={extension ? forget : undefined} />}
    >
      <div class="form-two">
        {!extension && <TextField label={say('number')} hint={say('number_hint')} value={now.number} onChange={(text) => set({ number: text })} required autofocus mono maxLength={15} error={action.at('number')} />}
        <TextField label={say('display_name')} value={now.display_name ?? ''} onChange={(text) => set({ display_name: orNull(text) })} maxLength={100} error={action.at('display_name')} />
        <TextField label={say('password')} hint={say(extension ? 'password_hint' : 'password_new_hint')} type="password" autocomplete="new-password" value={now.password} onChange={(password) => set({ password })} error={action.at('password')} />
        <Select label={shared('recording')} value={now.recording} onChange={(text) => set({ recording: text as Recording })} choices={recordings()} error={action.at('recording')} />
        <TextField label={say('max_bindings')} hint={say('max_bindings_hint')} type="number" min={1} max={10} value={textOfNumber(now.max_bindings)} onChange={(text) => set({ max_bindings: numberOf(text) ?? 1 })} error={action.at('max_bindings')} />
        <TextField label={say('ring_timeout')} hint={say('ring_timeout_hint')} type="number" min={5} max={600} value={textOfNumber(now.ring_timeout_s)} onChange={(text) => set({ ring_timeout_s: numberOf(text) })} error={action.at('ring_timeout_s')} />
      </div>
      <Switch label={say('may_call_trunks')} checked={now.may_call_trunks} onChange={(on) => set({ may_call_trunks: on })} />
      <Switch label={say('enabled')} checked={now.enabled} onChange={(on) => set({ enabled: on })} />
      <FormProblem problem={action.problem} />
    </Dialog>
  );
}
