import { patch } from '../../api/client';
import { Button, ErrorState, FormProblem, Panel, Screen, Select, Skeleton, TextField, toast, useAction, useResource } from '../../ui';
import { numberOf, textOfNumber, useDraft } from '../draft';
import { recordings } from '../recordings';
import type { SectionProps } from '../sections';
import type { Organization, Recording } from '../shapes';
import { say as shared } from '../words';
import { say } from './words';

export function OrganizationScreen(_: SectionProps) {
  const organization = useResource<Organization>('/organization', 'organization');
  if (organization.problem && !organization.data) return <ErrorState problem={organization.problem} onRetry={organization.reload} />;
  if (!organization.data) return <Skeleton lines={5} />;
  return (
    <Screen width="narrow" title={say('title')} lead={say('lead')}>
      <OrganizationForm organization={organization.data} onSaved={organization.set} />
    </Screen>
  );
}

function OrganizationForm({ organization, onSaved }: { organization: Organization; onSaved: (organization: Organization) => void }) {
  const { title, sip_domain, ring_timeout_s } = organization;
  // Nothing stands above the organization: what says nothing does not record.
  const recording = organization.recording === 'inherit' ? 'never' : organization.recording;
  const draft = useDraft({ title, sip_domain, recording: recording as Recording, ring_timeout_s });
  const { now, set } = draft;
  const action = useAction(async () => {
    const saved = await patch<Organization>('/organization', draft.changes());
    draft.saved();
    onSaved(saved);
    toast(shared('saved'), { kind: 'good' });
  });
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void action.run();
      }}
    >
      <Panel>
        <div class="form-two">
          <TextField label={say('name')} value={now.title} onChange={(text) => set({ title: text })} required maxLength={100} error={action.at('title')} />
          <TextField label={say('sip_domain')} hint={say('sip_domain_hint')} value={now.sip_domain} onChange={(text) => set({ sip_domain: text })} required mono error={action.at('sip_domain')} />
          <Select label={shared('recording_org')} value={now.recording} onChange={(text) => set({ recording: text as Recording })} choices={recordings().filter(({ value }) => value !== 'inherit')} error={action.at('recording')} />
          <TextField label={say('ring_timeout')} type="number" min={5} max={600} value={textOfNumber(now.ring_timeout_s)} onChange={(text) => set({ ring_timeout_s: numberOf(text) ?? 0 })} error={action.at('ring_timeout_s')} />
        </div>
      </Panel>
      <FormProblem problem={action.problem} />
      <div class="form-foot">
        <Button kind="primary" submit busy={action.pending} disabled={!draft.changed}>
          {shared('save')}
        </Button>
      </div>
    </form>
  );
}
