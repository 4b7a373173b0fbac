import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { Badge, Button, Panel, useWhole } from '../../ui';
import { Listing } from '../../ui/listing';
import { CopyLine } from '../once';
import { sourceToAdd, trunkToOpen } from '../refused/prefill';
import { RefusedCalls } from '../refused/refused';
import type { SectionProps } from '../sections';
import type { Trunk, Trunks as TrunkList } from '../shapes';
import { say as shared } from '../words';
import { isLoopback, ownAddresses, troubleOf } from './facts';
import { TrunkForm } from './trunk_form';
import { say } from './words';

interface Open {
  trunk: Trunk | null;
  /** An address that calls came from. */
  source: string | null;
}

export function Trunks(_: SectionProps) {
  const all = useWhole<TrunkList>('/trunks?limit=100', 'trunks');
  const open = useSignal<Open | null>(null);
  const items = all.data?.items ?? [];
  const find = (name: string | null) => items.find((trunk) => trunk.name === name) ?? null;
  // Another screen, or the list of refused calls, leads here.
  const [source, opened] = [sourceToAdd.value, trunkToOpen.value];
  useEffect(() => {
    if (!all.data || (!source && !opened)) return;
    const trunk = find(source?.trunk ?? opened);
    if (source || trunk) open.value = { trunk, source: source?.address ?? null };
    sourceToAdd.value = trunkToOpen.value = null;
  }, [all.data, source, opened]);
  const create = (
    <Button kind="primary" icon="plus" onClick={() => (open.value = { trunk: null, source: null })}>
      {say('new')}
    </Button>
  );
  const pages = { items, problem: all.problem, loading: all.loading, reload: all.reload, more: null };
  return (
    <>
      <Listing
        title={say('title')}
        lead={say('lead')}
        actions={create}
        below={
          <>
            <RefusedCalls />
            <Ours ours={all.data?.ours ?? []} />
          </>
        }
        pages={pages}
        keyOf={(trunk) => trunk.name}
        onOpen={(trunk) => (open.value = { trunk, source: null })}
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
          trunk={open.value.trunk}
          source={open.value.source}
          ours={all.data?.ours ?? []}
          onClose={() => (open.value = null)}
          onSaved={() => {
            open.value = null;
            void all.reload();
          }}
        />
      )}
    </>
  );
}

/** What the other side has to be told of us. */
function Ours({ ours }: Pick<TrunkList, 'ours'>) {
  if (ours.length === 0) return null;
  return (
    <Panel title={say('ours')} class="below">
      <div class="form-two">
        {ownAddresses(ours).map(({ label, address }) => (
          <CopyLine key={label} label={label} value={address} />
        ))}
      </div>
      {isLoopback(ours) ? <p class="field-warning">{say('ours_loopback')}</p> : <p class="soft small">{say('ours_hint')}</p>}
    </Panel>
  );
}

function State({ trunk: { enabled, state, host } }: { trunk: Trunk }) {
  if (!enabled) return <Badge icon="lock">{shared('disabled')}</Badge>;
  if (state?.trouble) {
    return (
      <>
        <Badge kind="stop" icon="alert">{say(state.registered === false ? 'not_registered' : 'unreachable')}</Badge>
        <p class="soft small">{troubleOf(state.trouble, host)}</p>
      </>
    );
  }
  if (state?.registered) return <Badge kind="good" icon="check">{say('registered')}</Badge>;
  if (state?.registered === false) return <Badge kind="wait" icon="clock">{say('registering')}</Badge>;
  if (state?.health === 'up') return <Badge kind="good" icon="check">{say('reachable')}</Badge>;
  return <Badge icon="question">{say('unknown')}</Badge>;
}
