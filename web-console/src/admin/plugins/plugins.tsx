import { useSignal } from '@preact/signals';

import { post } from '../../api/client';
import { Badge, Button, Dialog, Facts, Field, FormProblem, type IconName, type Meaning, toast, useAction, useResource } from '../../ui';
import { Listing } from '../../ui/listing';
import { FormFoot, erase } from '../actions';
import type { SectionProps } from '../sections';
import { worded } from '../settings_form/settings_form';
import { NoChannel, lacksChannel } from '../no_channel';
import type { Plugin, Plugins as PluginList } from '../shapes';
import { say as shared } from '../words';
import { faultOf } from './fault';
import { say } from './words';

export function Plugins(_: SectionProps) {
  const all = useResource<PluginList>('/plugins', 'plugins');
  const pages = { items: all.data?.items ?? [], problem: all.problem, loading: all.loading, reload: all.reload, more: null };
  const open = useSignal<Plugin | 'new' | null>(null);
  const close = () => (open.value = null);
  const done = () => {
    close();
    void pages.reload();
  };
  const install = (
    <Button kind="primary" icon="plus" onClick={() => (open.value = 'new')}>
      {say('install')}
    </Button>
  );
  const noChannel = lacksChannel(all.data) ? <NoChannel plugins={all.data} /> : null;
  return (
    <>
      <Listing
        title={say('title')}
        lead={say('lead')}
        actions={install}
        above={pages.items.length > 0 && noChannel}
        pages={pages}
        keyOf={(plugin) => plugin.name}
        onOpen={(plugin) => (open.value = plugin)}
        empty={{ icon: 'plug', title: say('empty'), text: say('empty_text'), instead: noChannel }}
        columns={[
          { title: say('name'), cell: titleOf },
          { title: say('world'), cell: ({ world }) => (world ? say(world) : '–') },
          { title: say('version'), cell: ({ version }) => version ?? '–', minor: true },
          { title: say('faults'), cell: (plugin) => plugin.faults, align: 'end' },
          { title: say('state'), cell: (plugin) => <State plugin={plugin} />, width: 'least' },
        ]}
      />
      {open.value === 'new' && <Install onClose={close} onDone={done} />}
      {open.value !== null && open.value !== 'new' && <About plugin={open.value} onClose={close} onDone={done} />}
    </>
  );
}

const titleOf = ({ name, title }: Plugin) => worded(title) || name;

const LOOKS: Record<string, { kind: Meaning; icon: IconName }> = {
  ready: { kind: 'good', icon: 'check' },
  resting: { kind: 'warn', icon: 'clock' },
  faulty: { kind: 'stop', icon: 'alert' },
  off: { kind: 'plain', icon: 'lock' },
};

function State({ plugin: { state } }: { plugin: Plugin }) {
  const known = state === 'ready' || state === 'resting' || state === 'faulty' || state === 'off';
  return <Badge {...(LOOKS[state] ?? { kind: 'plain' })}>{known ? say(state) : state}</Badge>;
}

function About({ plugin, onClose, onDone }: { plugin: Plugin; onClose: () => void; onDone: () => void }) {
  const { hosts = [], kv, live, poll, memory_mib } = plugin.asks ?? {};
  const asks = [kv && say('kv'), live && say('live'), poll && say('poll'), memory_mib && say('memory', { n: memory_mib })].filter((one) => typeof one === 'string');
  const forget = async () => {
    if (await erase(`/plugins/${encodeURIComponent(plugin.name)}`, titleOf(plugin), say('delete_text'))) onDone();
  };
  return (
    <Dialog
      title={titleOf(plugin)}
      onClose={onClose}
      actions={
        <>
          {!plugin.shipped && <Button kind="quiet" icon="trash" onClick={forget}>{shared('delete')}</Button>}
          <span class="grow" />
          <Button kind="primary" onClick={onClose}>{shared('done')}</Button>
        </>
      }
    >
      <p>{worded(plugin.description)}</p>
      <Facts
        facts={[
          [say('state'), <State plugin={plugin} />],
          plugin.fault ? [say('faults'), <span class="fault-text">{faultOf(plugin)}</span>] : null,
          [say('version'), [plugin.name, plugin.version].filter(Boolean).join(' ')],
          [say('hosts'), hosts.length > 0 ? <span class="mono">{hosts.join(', ')}</span> : '–'],
          [say('asks'), asks.length > 0 ? asks.join('; ') : say('nothing')],
        ]}
      />
    </Dialog>
  );
}

function Install({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const file = useSignal<File | null>(null);
  const action = useAction(async () => {
    if (!file.value) return;
    await post('/plugins', file.value, { type: 'application/wasm', query: { grant: 'all' } });
    toast(say('installed'), { kind: 'good' });
    onDone();
  });
  return (
    <Dialog title={say('install_title')} onClose={onClose} onSubmit={action.run} actions={<FormFoot verb={say('install')} busy={action.pending} disabled={!file.value} onClose={onClose} />}>
      <p>{say('install_text')}</p>
      <Field label={say('file')} error={action.at('file')}>
        {(wiring) => <input {...wiring} class="input" type="file" accept=".wasm,application/wasm" onChange={(event) => (file.value = event.currentTarget.files?.[0] ?? null)} />}
      </Field>
      <FormProblem problem={action.problem} />
    </Dialog>
  );
}
