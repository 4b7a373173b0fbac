// One inbox: its state, what its plugin asks for, and how customers reach it.

import { patch } from '../../api/client';
import { go, href } from '../../route/route';
import { Button, FormProblem, Icon, Panel, Screen, Skeleton, Switch, TextField, toast, useAction, useWhole } from '../../ui';
import { Crumb } from '../../ui/crumb';
import { erase } from '../actions';
import { useDraft } from '../draft';
import { faultText } from '../faults/fault';
import { CopyLine } from '../once';
import { Unread, useRecord } from '../record';
import { SettingsForm, settingsBody, settingsComplete, settingsDraft, worded } from '../settings_form/settings_form';
import type { Inbox, List, Plugin } from '../shapes';
import { say as shared } from '../words';
import { InboxState } from './inboxes';
import { QueueChoice } from './queue_choice';
import { say } from './words';

export function InboxScreen({ id }: { id: number }) {
  const inbox = useRecord<Inbox>('/inboxes', id, 'inboxes');
  const plugins = useWhole<List<Plugin>>('/plugins?limit=100', 'plugins');
  const problem = inbox.problem ?? plugins.problem;
  if (problem && !(inbox.data && plugins.data)) return <Unread problem={problem} onRetry={() => Promise.all([inbox.reload(), plugins.reload()])} list={['admin', 'inboxes']} title={say('title')} none={say('no_such')} />;
  if (!inbox.data || !plugins.data) return <Skeleton lines={8} />;
  const plugin = plugins.data.items.find(({ name }) => name === inbox.data?.plugin) ?? null;
  return <InboxRecord inbox={inbox.data} plugin={plugin} onSaved={inbox.set} />;
}

interface RecordProps {
  inbox: Inbox;
  /** `null`: it was taken away. */
  plugin: Plugin | null;
  onSaved: (inbox: Inbox) => void;
}

function InboxRecord({ inbox, plugin, onSaved }: RecordProps) {
  async function forget() {
    if (await erase(`/inboxes/${inbox.id}`, inbox.title, say('delete_text'))) go('admin', 'inboxes');
  }
  return (
    <Screen width="narrow" title={inbox.title} lead={[worded(plugin?.title ?? inbox.plugin), inbox.account?.title].filter(Boolean).join(' · ')} actions={<Button icon="trash" onClick={forget}>{shared('delete')}</Button>}>
      <Crumb href={href('admin', 'inboxes')} title={say('title')} />
      <div class="row">
        <InboxState inbox={inbox} />
        {inbox.fault && <span class="fault-text">{faultText(inbox, plugin?.settings ?? [])}</span>}
        {inbox.enabled && inbox.state === 'leads_nowhere' && <span class="fault-text">{say('nowhere_text')}</span>}
      </div>
      {!plugin && <p class="form-problem">{say('gone', { name: inbox.plugin })}</p>}
      <Reached inbox={inbox} />
      {plugin && <InboxForm key={inbox.id} inbox={inbox} plugin={plugin} onSaved={onSaved} />}
    </Screen>
  );
}

function Reached({ inbox: { remaining_steps, hook_url, snippet, key } }: { inbox: Inbox }) {
  if (remaining_steps.length === 0 && !hook_url && !snippet) return null;
  return (
    <Panel title={say('connect')} class="form">
      {remaining_steps.length > 0 && (
        <div class="field">
          <span class="field-label">{say('steps')}</span>
          <ul class="todo">
            {remaining_steps.map((step) => (
              <li key={step}>
                <Icon name="flag" size={14} /> {step}
              </li>
            ))}
          </ul>
        </div>
      )}
      {snippet && <CopyLine label={say('snippet')} value={snippet} />}
      {snippet && <p class="soft small">{say('snippet_hint')}</p>}
      {snippet && (
        <p>
          <a href={`/widget/trial?inbox=${encodeURIComponent(key)}`} target="_blank" rel="noreferrer">
            {say('try')}
          </a>
        </p>
      )}
      {hook_url && !snippet && <CopyLine label={say('hook')} value={hook_url} />}
      {hook_url && !snippet && <p class="soft small">{say('hook_hint')}</p>}
    </Panel>
  );
}

function InboxForm({ inbox, plugin, onSaved }: RecordProps & { plugin: Plugin }) {
  const draft = useDraft({ title: inbox.title, queue_id: inbox.queue_id, enabled: inbox.enabled, settings: settingsDraft(plugin.settings, inbox.settings) });
  const { now, set } = draft;
  const complete = settingsComplete(plugin.settings, inbox.settings, now.settings);
  const action = useAction(async () => {
    const { settings, ...rest } = draft.changes();
    const saved = await patch<Inbox>(`/inboxes/${inbox.id}`, { ...rest, ...(settings ? { settings: settingsBody(plugin.settings, now.settings) } : {}) });
    // Secrets that were sent are not shown again.
    set({ settings: settingsDraft(plugin.settings, saved.settings) });
    draft.saved();
    onSaved(saved);
    toast(say('saved'), { kind: 'good' });
  });
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (complete) void action.run();
      }}
    >
      <Panel>
        <TextField label={say('name')} value={now.title} onChange={(title) => set({ title })} required maxLength={100} error={action.at('title')} />
        <QueueChoice value={now.queue_id} onChange={(queue_id) => set({ queue_id })} error={action.at('queue_id')} />
        <Switch label={say('enabled')} checked={now.enabled} onChange={(enabled) => set({ enabled })} />
      </Panel>
      {plugin.settings.length > 0 && (
        <Panel title={say('settings_of', { name: worded(plugin.title) })}>
          <SettingsForm fields={plugin.settings} kept={inbox.settings} now={now.settings} set={(settings) => set({ settings })} at={action.at} />
        </Panel>
      )}
      <FormProblem problem={action.problem} />
      <div class="form-foot">
        <Button kind="primary" submit busy={action.pending} disabled={!draft.changed || !complete}>
          {shared('save')}
        </Button>
      </div>
    </form>
  );
}
