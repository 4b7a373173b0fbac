import { patch, post } from '../../api/client';
import { Dialog, FormProblem, Panel, Select, Switch, TextField, fieldTextOf, useAction } from '../../ui';
import type { Action } from '../../ui/resource';
import { FormFoot, erase } from '../actions';
import { type Draft, listOf, numberOf, textOfNumber, useDraft } from '../draft';
import { CopyLine } from '../once';
import { recordings } from '../recordings';
import type { Recording, Trunk, Trunks } from '../shapes';
import { say as shared } from '../words';
import { ownAddresses, troubleOf } from './facts';
import { type TrunkDraft, bodyOf, draftOf } from './trunk_draft';
import { say } from './words';

interface FormProps {
  trunk: Trunk | null;
  /** An address that is to be among its own. */
  source: string | null;
  ours: Trunks['ours'];
  onClose: () => void;
  onSaved: () => void;
}

export function TrunkForm({ trunk, source, ours, onClose, onSaved }: FormProps) {
  const initial = draftOf(trunk);
  const draft = useDraft<TrunkDraft>(initial, source ? withSource(initial, source) : {});
  const { now } = draft;
  const path = `/trunks/${encodeURIComponent(trunk?.name ?? '')}`;
  const action = useAction(async () => {
    if (trunk) await patch(path, bodyOf(draft.changes(), now));
    else await post('/trunks', bodyOf(now, now));
    onSaved();
  });
  // A fault in a list or a group names the entry, as `sources[1]` or `register.aor`.
  const within = (field: string) => (/^\w+/.exec(action.problem?.field ?? '')?.[0] === field && action.problem ? fieldTextOf(action.problem) : null);
  const at = (field: string) => action.at(field) ?? within(field);
  const forget = async () => {
    if (trunk && (await erase(path, say('edit', { name: trunk.name }), say('delete_text')))) onSaved();
  };
  return (
    <Dialog
      title={trunk ? say('edit', { name: trunk.name }) : say('new')}
      size="large"
      onClose={onClose}
      onSubmit={action.run}
      actions={<FormFoot verb={shared(trunk ? 'save' : 'create')} busy={action.pending} disabled={trunk ? !draft.changed : !now.name || !now.host} onClose={onClose} onDelete={trunk ? forget : undefined} />}
    >
      {trunk?.state?.trouble && <p class="form-problem">{troubleOf(trunk.state.trouble, trunk.host)}</p>}
      <Basic {...draft} at={at} isNew={!trunk} ours={ours} />
      <Proof {...draft} at={at} isNew={!trunk} />
      <More {...draft} at={at} />
      <FormProblem problem={action.problem} />
    </Dialog>
  );
}

/** Calls from there are taken from now on; of a new trunk it is most likely the host too. */
function withSource({ sources, host }: TrunkDraft, source: string): Partial<TrunkDraft> {
  const known = sources.some((one) => one.replace(/\/(32|128)$/, '') === source);
  return { sources: known ? sources : [...sources, source], host: host || source, enabled: true };
}

type PartProps = Pick<Draft<TrunkDraft>, 'now' | 'set'> & Pick<Action, 'at'>;

function Basic({ now, set, at, isNew, ours }: PartProps & { isNew: boolean; ours: Trunks['ours'] }) {
  const reached = ownAddresses(ours.filter(({ transport }) => transport === now.transport));
  return (
    <Panel title={say('part_basic')}>
      <div class="form-two">
        {isNew && <TextField label={say('name')} hint={shared('name_hint')} value={now.name} onChange={(name) => set({ name })} required autofocus maxLength={63} error={at('name')} />}
        <TextField label={say('host')} hint={say('host_hint')} value={now.host} onChange={(host) => set({ host })} required mono error={at('host')} />
        <Select label={say('transport')} value={now.transport} onChange={(value) => set({ transport: value as Trunk['transport'] })} choices={['udp', 'tcp', 'tls'].map((value) => ({ value, label: value.toUpperCase() }))} />
        <TextField label={say('port')} hint={say('port_hint')} type="number" min={1} max={65535} value={textOfNumber(now.port)} onChange={(text) => set({ port: numberOf(text) })} error={at('port')} />
      </div>
      {ours.length > 0 && reached.length === 0 && <p class="field-error">{say('ours_none', { transport: now.transport.toUpperCase() })}</p>}
      {reached.map(({ label, address }) => (
        <CopyLine key={address} label={`${say('ours')} (${label})`} value={address} />
      ))}
      <Switch label={shared('enabled')} checked={now.enabled} onChange={(enabled) => set({ enabled })} />
    </Panel>
  );
}

/** Two ways, each with its own proof: what it calls us with, and what we call it with. */
function Proof({ now, set, at, isNew }: PartProps & { isNew: boolean }) {
  const kept = isNew ? {} : { hint: say('password_kept') };
  return (
    <>
      <Panel title={say('part_in')}>
        <TextField label={say('sources')} hint={say('sources_hint')} value={now.sources.join(', ')} onChange={(text) => set({ sources: listOf(text) })} mono error={at('sources')} />
        <div class="form-two">
          <TextField label={say('digest_in_user')} value={now.in_user} onChange={(in_user) => set({ in_user })} error={at('digest_in')} />
          <TextField label={say('digest_in_password')} {...kept} type="password" autocomplete="new-password" value={now.in_password} onChange={(in_password) => set({ in_password })} />
        </div>
      </Panel>
      <Panel title={say('part_out')}>
        <div class="form-two">
          <TextField label={say('username')} value={now.out_user} onChange={(out_user) => set({ out_user })} error={at('credentials_out')} />
          <TextField label={say('password')} {...kept} type="password" autocomplete="new-password" value={now.out_password} onChange={(out_password) => set({ out_password })} />
        </div>
        <TextField label={say('realm')} hint={say('realm_hint')} value={now.realm} onChange={(realm) => set({ realm })} />
        <Switch label={say('registers')} checked={now.registers} onChange={(registers) => set({ registers })} error={at('register')} />
        {now.registers && (
          <div class="form-two">
            <TextField label={say('aor')} hint={say('aor_hint')} value={now.aor} onChange={(aor) => set({ aor })} required mono error={at('register.aor')} />
            <TextField label={say('contact_user')} value={now.contact_user} onChange={(contact_user) => set({ contact_user })} mono error={at('register.contact_user')} />
          </div>
        )}
      </Panel>
    </>
  );
}

function More({ now, set, at }: PartProps) {
  return (
    <Panel title={say('part_more')}>
      <div class="form-two">
        <TextField label={say('codecs')} hint={say('codecs_hint')} value={(now.codecs ?? []).join(', ')} onChange={(text) => set({ codecs: listOf(text).length ? listOf(text) : null })} mono error={at('codecs')} />
        <Select label={say('srtp')} value={now.srtp} onChange={(value) => set({ srtp: value as Trunk['srtp'] })} choices={(['off', 'offered', 'required'] as const).map((value) => ({ value, label: say(`srtp_${value}`) }))} error={at('srtp')} />
        <Select label={say('dtmf')} value={now.dtmf} onChange={(value) => set({ dtmf: value as Trunk['dtmf'] })} choices={(['rfc4733', 'info'] as const).map((value) => ({ value, label: say(`dtmf_${value}`) }))} error={at('dtmf')} />
        <Select label={shared('recording')} value={now.recording} onChange={(value) => set({ recording: value as Recording })} choices={recordings()} />
        <TextField label={say('caller_id')} hint={say('caller_id_hint')} value={now.caller_id} onChange={(caller_id) => set({ caller_id })} error={at('caller_id')} />
        <TextField label={say('max_calls')} hint={say('max_calls_hint')} type="number" min={1} value={textOfNumber(now.max_calls)} onChange={(text) => set({ max_calls: numberOf(text) })} error={at('max_calls')} />
        <TextField label={say('ping')} hint={say('ping_hint')} type="number" min={5} value={textOfNumber(now.options_ping_s)} onChange={(text) => set({ options_ping_s: numberOf(text) })} error={at('options_ping_s')} />
      </div>
    </Panel>
  );
}
