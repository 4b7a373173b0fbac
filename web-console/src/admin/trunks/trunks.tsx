import { useSignal } from '@preact/signals';

import { Badge, Button, usePages } from '../../ui';
import { Listing } from '../listing';
import type { SectionProps } from '../sections';
import type { Trunk } from '../shapes';
import { say as shared } from '../words';
import { TrunkForm } from './trunk_form';
import { say } from './words';

export function Trunks(_: SectionProps) {
  const pages = usePages<Trunk>('/trunks', 'trunks');
  const open = useSignal<Trunk | 'new' | null>(null);
  const create = (
    <Button kind="primary" icon="plus" onClick={() => (open.value = 'new')}>
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
        keyOf={(trunk) => trunk.name}
        onOpen={(trunk) => (open.value = trunk)}
        empty={{ icon: 'trunk', title: say('empty'), text: say('empty_text') }}
        columns={[
          { title: say('name'), cell: (trunk) => trunk.name },
          { title: say('host'), cell: ({ host, port }) => <span class="mono">{port ? `${host}:${port}` : host}</span> },
          { title: say('transport'), cell: ({ transport }) => transport.toUpperCase(), minor: true },
          { title: shared('state'), cell: (trunk) => <State trunk={trunk} /> },
        ]}
      />
      {open.value && (
        <TrunkForm
          trunk={open.value === 'new' ? null : open.value}
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

function State({ trunk: { enabled, register, state } }: { trunk: Trunk }) {
  if (!enabled) return <Badge icon="lock">{shared('disabled')}</Badge>;
  if (register && state && state.registration !== 'registered') return <Badge kind="stop" icon="alert">{state.registration}</Badge>;
  if (state?.health === 'down') return <Badge kind="stop" icon="alert">{say('unreachable')}</Badge>;
  if (register && state) return <Badge kind="good" icon="check">{say('registered')}</Badge>;
  if (state?.health === 'up') return <Badge kind="good" icon="check">{say('reachable')}</Badge>;
  return <Badge icon="question">{say('unknown')}</Badge>;
}
