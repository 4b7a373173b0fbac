import { useSignal } from '@preact/signals';

import type { User } from '../../api/types';
import { may } from '../../live/me';
import { Badge, Button, usePages, useWhole } from '../../ui';
import { Listing } from '../../ui/listing';
import { Once } from '../once';
import type { SectionProps } from '../sections';
import type { Extension, List } from '../shapes';
import { say as shared } from '../words';
import { ExtensionForm } from './extension_form';
import { useRegistration } from './registration';
import { say } from './words';

export function Extensions(_: SectionProps) {
  const pages = usePages<Extension>('/extensions', 'extensions');
  const open = useSignal<Extension | 'new' | null>(null);
  const made = useSignal<Extension | null>(null);
  const users = useWhole<List<User>>(may('users.manage') ? '/users?limit=100' : null, 'users');
  const userOf = ({ number }: Extension) => users.data?.items.find((user) => user.extension === number)?.name ?? '–';
  const create = (
    <Button kind="primary" icon="plus" onClick={() => (open.value = 'new')}>
      {say('new')}
    </Button>
  );
  function closed(saved: Extension | null) {
    open.value = null;
    if (saved?.password) made.value = saved;
    void pages.reload();
  }
  return (
    <>
      <Listing
        title={say('title')}
        lead={say('lead')}
        actions={create}
        pages={pages}
        keyOf={(one) => one.number}
        onOpen={(one) => (open.value = one)}
        empty={{ icon: 'phone', title: say('empty'), text: say('empty_text') }}
        columns={[
          { title: say('number'), cell: (one) => <span class="mono">{one.number}</span>, width: 'least' },
          { title: say('display_name'), cell: (one) => one.display_name ?? '–' },
          { title: say('user'), cell: userOf },
          { title: shared('state'), cell: (one) => <State extension={one} />, width: 'least' },
        ]}
      />
      {open.value && <ExtensionForm extension={open.value === 'new' ? null : open.value} onClose={() => (open.value = null)} onSaved={closed} />}
      {made.value && <Made extension={made.value} onClose={() => (made.value = null)} />}
    </>
  );
}

const State = ({ extension: { enabled } }: { extension: Extension }) =>
  enabled ? <Badge kind="good" icon="check">{shared('enabled')}</Badge> : <Badge icon="lock">{shared('disabled')}</Badge>;

function Made({ extension, onClose }: { extension: Extension; onClose: () => void }) {
  return <Once title={say('made')} text={say('made_text')} values={useRegistration(extension)} onClose={onClose} />;
}
