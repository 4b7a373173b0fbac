import { go } from '../../route/route';
import { Badge, Button, Icon, usePages } from '../../ui';
import { Listing } from '../../ui/listing';
import type { SectionProps } from '../sections';
import type { Queue } from '../shapes';
import { say as shared } from '../words';
import { NewQueue } from './new_queue';
import { QueueScreen } from './queue';
import { say } from './words';

export function Queues({ path: [id] }: SectionProps) {
  return id && id !== NEW ? <QueueScreen key={id} id={Number(id)} /> : <QueueList making={id === NEW} />;
}

/** In the place of an id: the form of one that is not there yet. */
const NEW = 'new';

function QueueList({ making }: { making: boolean }) {
  const pages = usePages<Queue>('/queues', 'queues');
  const create = (
    <Button kind="primary" icon="plus" onClick={() => go('admin', 'queues', NEW)}>
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
        keyOf={(queue) => queue.id}
        onOpen={(queue) => go('admin', 'queues', queue.id)}
        empty={{ icon: 'queue', title: say('empty'), text: say('empty_text') }}
        columns={[
          { title: say('name'), cell: (queue) => queue.title },
          { title: say('medium'), cell: (queue) => <Medium queue={queue} /> },
          { title: say('members'), cell: (queue) => queue.members.length, align: 'end' },
          { title: say('pause_reasons'), cell: (queue) => queue.pause_reasons.length, align: 'end', minor: true },
          { title: say('dispositions'), cell: (queue) => queue.dispositions.length, align: 'end', minor: true },
          { title: shared('state'), cell: (queue) => (queue.enabled ? <Badge kind="good" icon="check">{shared('on')}</Badge> : <Badge icon="lock">{shared('off')}</Badge>), width: 'least' },
        ]}
      />
      {making && <NewQueue onClose={() => go('admin', 'queues')} onMade={(queue) => go('admin', 'queues', queue.id)} />}
    </>
  );
}

function Medium({ queue: { medium, direction } }: { queue: Queue }) {
  return (
    <span class="row">
      <Icon name={medium === 'voice' ? 'phone' : 'message'} size={16} />
      {say(medium)}
      {medium === 'voice' && <span class="soft small">{say(direction)}</span>}
    </span>
  );
}
