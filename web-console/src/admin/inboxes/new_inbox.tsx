import { useSignal } from '@preact/signals';

import { post } from '../../api/client';
import { Button, Dialog, ErrorState, FormProblem, Icon, Skeleton, TextField, useAction, useResource } from '../../ui';
import { FormFoot } from '../actions';
import { useDraft } from '../draft';
import { NoChannel, lacksChannel } from '../no_channel';
import { SettingsForm, settingsBody, settingsComplete, settingsDraft, worded } from '../settings_form/settings_form';
import type { Inbox, Plugin, Plugins } from '../shapes';
import { slug } from '../slug';
import { say as shared } from '../words';
import { QueueChoice } from './queue_choice';
import { say } from './words';

interface NewProps {
  onClose: () => void;
  onMade: (inbox: Inbox) => void;
}

/** First the channel, then what its plugin asks for. */
export function NewInbox({ onClose, onMade }: NewProps) {
  const plugins = useResource<Plugins>('/plugins?limit=100', 'plugins');
  const chosen = useSignal<Plugin | null>(null);
  if (chosen.value) return <Filled plugin={chosen.value} onClose={onClose} onMade={onMade} />;
  const channels = plugins.data?.items.filter(({ world }) => world === 'channel') ?? [];
  return (
    <Dialog title={say('choose_channel')} onClose={onClose} actions={<Button onClick={onClose}>{shared('back')}</Button>}>
      {plugins.problem && <ErrorState problem={plugins.problem} onRetry={plugins.reload} />}
      {plugins.loading && !plugins.data && <Skeleton lines={3} />}
      {lacksChannel(plugins.data) && <NoChannel plugins={plugins.data} />}
      <div class="choices">
        {channels.map((plugin) => (
          <button key={plugin.name} type="button" class="choice" onClick={() => (chosen.value = plugin)}>
            <Icon name={plugin.name === 'webchat' ? 'globe' : 'message'} />
            <span class="grow">
              <strong>{worded(plugin.title)}</strong>
              <br />
              <span class="soft small">{worded(plugin.description)}</span>
            </span>
            <Icon name="chevron_right" size={16} />
          </button>
        ))}
      </div>
    </Dialog>
  );
}

function Filled({ plugin, onClose, onMade }: NewProps & { plugin: Plugin }) {
  const { now, set } = useDraft({ title: worded(plugin.title), name: '', queue_id: null as number | null, settings: settingsDraft(plugin.settings, {}) });
  const name = now.name || slug(now.title);
  const action = useAction(async () =>
    onMade(await post<Inbox>('/inboxes', { title: now.title, name, plugin: plugin.name, queue_id: now.queue_id, settings: settingsBody(plugin.settings, now.settings) })),
  );
  const complete = name !== '' && settingsComplete(plugin.settings, {}, now.settings);
  return (
    <Dialog
      title={`${say('new')}: ${worded(plugin.title)}`}
      size="large"
      onClose={onClose}
      onSubmit={() => complete && action.run()}
      actions={<FormFoot verb={shared('create')} busy={action.pending} disabled={!complete} onClose={onClose} />}
    >
      <div class="form-two">
        <TextField label={say('name')} value={now.title} onChange={(title) => set({ title })} required autofocus maxLength={100} error={action.at('title')} />
        <TextField label={say('slug')} hint={shared('name_hint')} value={name} onChange={(text) => set({ name: text })} mono maxLength={63} error={action.at('name')} />
      </div>
      <QueueChoice value={now.queue_id} onChange={(queue_id) => set({ queue_id })} error={action.at('queue_id')} preselects />
      {plugin.settings.length > 0 && <h3>{say('settings_of', { name: worded(plugin.title) })}</h3>}
      <SettingsForm fields={plugin.settings} kept={{}} now={now.settings} set={(settings) => set({ settings })} at={action.at} />
      <FormProblem problem={action.problem} />
    </Dialog>
  );
}
