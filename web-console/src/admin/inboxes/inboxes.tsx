import { useSignal } from '@preact/signals';

import { go } from '../../route/route';
import { Badge, Button, type IconName, type Meaning, usePages, useResource } from '../../ui';
import { Listing } from '../listing';
import type { SectionProps } from '../sections';
import { worded } from '../settings_form/settings_form';
import type { Inbox, List, Plugin, Queue } from '../shapes';
import { say as shared } from '../words';
import { InboxScreen } from './inbox';
import { NewInbox } from './new_inbox';
import { say } from './words';

export function Inboxes({ path: [id] }: SectionProps) {
  return id ? <InboxScreen key={id} id={Number(id)} /> : <InboxList />;
}

function InboxList() {
  const pages = usePages<Inbox>('/inboxes', 'inboxes');
  const plugins = useResource<List<Plugin>>('/plugins?limit=100', 'plugins');
  const queues = useResource<List<Queue>>('/queues?limit=100', 'queues');
  const making = useSignal(false);
  const create = (
    <Button kind="primary" icon="plus" onClick={() => (making.value = true)}>
      {say('new')}
    </Button>
  );
  const channelOf = ({ plugin }: Inbox) => worded(plugins.data?.items.find(({ name }) => name === plugin)?.title ?? plugin);
  const queueOf = ({ queue_id }: Inbox) => queues.data?.items.find(({ id }) => id === queue_id)?.title ?? '–';
  return (
    <>
      <Listing
        title={say('title')}
        lead={say('lead')}
        actions={create}
        pages={pages}
        keyOf={(inbox) => inbox.id}
        onOpen={(inbox) => go('admin', 'inboxes', inbox.id)}
        empty={{ icon: 'inbox', title: say('empty'), text: say('empty_text') }}
        columns={[
          { title: say('name'), cell: (inbox) => inbox.title },
          { title: say('channel'), cell: channelOf },
          { title: say('account'), cell: (inbox) => inbox.account?.title ?? '–', minor: true },
          { title: say('queue'), cell: queueOf },
          { title: shared('state'), cell: (inbox) => <InboxState inbox={inbox} />, width: 'least' },
        ]}
      />
      {making.value && <NewInbox onClose={() => (making.value = false)} onMade={(inbox) => go('admin', 'inboxes', inbox.id)} />}
    </>
  );
}

const LOOKS: Record<Inbox['state'], { kind: Meaning; icon: IconName }> = {
  ready: { kind: 'good', icon: 'check' },
  resting: { kind: 'warn', icon: 'clock' },
  faulty: { kind: 'stop', icon: 'alert' },
  off: { kind: 'plain', icon: 'lock' },
};

export function InboxState({ inbox: { enabled, state } }: { inbox: Inbox }) {
  const word = enabled ? state : 'off';
  return <Badge {...LOOKS[word]}>{say(word)}</Badge>;
}
