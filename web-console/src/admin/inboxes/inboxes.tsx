import { go } from '../../route/route';
import { Badge, Button, type IconName, type Meaning, usePages, useResource, useWhole } from '../../ui';
import { Listing } from '../../ui/listing';
import { faultText } from '../faults/fault';
import { NoChannel, lacksChannel } from '../no_channel';
import type { SectionProps } from '../sections';
import { worded } from '../settings_form/settings_form';
import type { Inbox, List, Plugins, Queue, SettingField } from '../shapes';
import { say as shared } from '../words';
import { InboxScreen } from './inbox';
import { NewInbox } from './new_inbox';
import { say } from './words';

export function Inboxes({ path: [id] }: SectionProps) {
  return id && id !== NEW ? <InboxScreen key={id} id={Number(id)} /> : <InboxList making={id === NEW} />;
}

/** In the place of an id: the form of one that is not there yet. */
const NEW = 'new';

function InboxList({ making }: { making: boolean }) {
  const pages = usePages<Inbox>('/inboxes', 'inboxes');
  const plugins = useResource<Plugins>('/plugins?limit=100', 'plugins');
  const queues = useWhole<List<Queue>>('/queues?limit=100', 'queues');
  const create = (
    <Button kind="primary" icon="plus" onClick={() => go('admin', 'inboxes', NEW)}>
      {say('new')}
    </Button>
  );
  const channelOf = ({ plugin }: Inbox) => worded(plugins.data?.items.find(({ name }) => name === plugin)?.title ?? plugin);
  const queueOf = ({ queue_id }: Inbox) => queues.data?.items.find(({ id }) => id === queue_id)?.title ?? '–';
  const noChannel = lacksChannel(plugins.data) ? <NoChannel plugins={plugins.data} /> : null;
  return (
    <>
      <Listing
        title={say('title')}
        lead={say('lead')}
        actions={create}
        above={pages.items.length > 0 && noChannel}
        pages={pages}
        keyOf={(inbox) => inbox.id}
        onOpen={(inbox) => go('admin', 'inboxes', inbox.id)}
        empty={{ icon: 'inbox', title: say('empty'), text: say('empty_text'), instead: noChannel }}
        columns={[
          { title: say('name'), cell: (inbox) => inbox.title },
          { title: say('channel'), cell: channelOf },
          { title: say('account'), cell: (inbox) => inbox.account?.title ?? '–', minor: true },
          { title: say('queue'), cell: queueOf },
          { title: shared('state'), cell: (inbox) => <StateWithRemedy inbox={inbox} fields={plugins.data?.items.find(({ name }) => name === inbox.plugin)?.settings ?? []} /> },
        ]}
      />
      {making && <NewInbox onClose={() => go('admin', 'inboxes')} onMade={(inbox) => go('admin', 'inboxes', inbox.id)} />}
    </>
  );
}

const LOOKS: Record<Inbox['state'], { kind: Meaning; icon: IconName }> = {
  ready: { kind: 'good', icon: 'check' },
  resting: { kind: 'warn', icon: 'clock' },
  faulty: { kind: 'stop', icon: 'alert' },
  off: { kind: 'plain', icon: 'lock' },
  leads_nowhere: { kind: 'stop', icon: 'alert' },
};

/** In the list: what ails it, in short, or what to do stands beside it. */
function StateWithRemedy({ inbox, fields }: { inbox: Inbox; fields: readonly SettingField[] }) {
  const text = inbox.state === 'leads_nowhere' ? say('nowhere_row') : faultText(inbox, fields);
  return (
    <>
      <InboxState inbox={inbox} />
      {inbox.enabled && text && <p class="soft small in-short">{text}</p>}
    </>
  );
}

export function InboxState({ inbox: { enabled, state } }: { inbox: Inbox }) {
  const word = enabled ? state : 'off';
  return <Badge {...LOOKS[word]}>{say(word)}</Badge>;
}
