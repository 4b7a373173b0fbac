// Calls that were refused of late, each with the way to let the next one in.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { go } from '../../route/route';
import { Button, Dialog, Icon, Panel, Table, useWhole } from '../../ui';
import { moment } from '../../words/language';
import type { List, RefusedCall, Trunk } from '../shapes';
import { say as shared } from '../words';
import { addSource, makeRule, openTrunk } from './prefill';
import { say } from './words';

/** A carrier that tries again is seen within this. */
const LOOK_EVERY_MS = 5_000;
/** So many wrong passwords from one address are more than a slip of who set a telephone up. */
const MANY_PASSWORDS = 8;

/** Nothing where nothing was refused. Whole: who was refused once stands below all that a scanner tries. */
export function RefusedCalls() {
  const refused = useWhole<List<RefusedCall>>('/refused-calls?limit=100', 'trunks dial_rules');
  const adding = useSignal<string | null>(null);
  useEffect(() => {
    const look = setInterval(() => void refused.reload(), LOOK_EVERY_MS);
    return () => clearInterval(look);
  }, []);
  const rows = refused.data?.items ?? [];
  if (rows.length === 0) return null;
  const guessers = guessersOf(rows);
  return (
    <Panel title={say('title')} class="refused">
      <p class="soft small">{say('lead')}</p>
      <Table
        label={say('title')}
        rows={rows}
        keyOf={keyOf}
        columns={[
          { title: say('last'), cell: ({ last_at_ms }) => moment(last_at_ms), width: 'least' },
          { title: say('count'), cell: ({ count }) => count, align: 'end', minor: true },
          { title: say('from'), cell: From },
          { title: say('dialled'), cell: ({ what, dialled }) => (what === 'registration' && !dialled ? say('registration') : <span class="mono">{dialled || '–'}</span>) },
          { title: say('reason'), cell: ({ reason, status }) => say(reason, { status: String(status) }) },
          { title: say('action'), cell: (call) => <Remedy call={call} guessed={guessers.has(call.source)} onAdd={(address) => (adding.value = address)} /> },
        ]}
      />
      {adding.value && <WhichTrunk address={adding.value} onClose={() => (adding.value = null)} />}
    </Panel>
  );
}

/** A row that counts on stays where its buttons are, though its number is new. */
const keyOf = ({ what, reason, trunk, extension, source, caller, dialled }: RefusedCall) => [what, reason, source, trunk ? `${trunk} ${dialled}` : (extension ?? caller)].join(' ');

function From({ trunk, extension, source, caller }: RefusedCall) {
  return (
    <>
      {trunk ? say('trunk', { name: trunk }) : extension ? say('extension', { number: extension }) : <span class="mono">{source}</span>}
      {!extension && caller && <span class="soft small mono"> {caller}</span>}
      {(trunk || extension) && source && <span class="soft small mono"> · {source}</span>}
    </>
  );
}

/** Addresses that sent many wrong passwords, whether for one name or for many. */
function guessersOf(rows: readonly RefusedCall[]): ReadonlySet<string | null> {
  const guesses = new Map<string | null, number>();
  for (const { reason, source, count } of rows) {
    if (reason === 'wrong_password' || reason === 'too_many_passwords') guesses.set(source, (guesses.get(source) ?? 0) + count);
  }
  return new Set([...guesses].filter(([, count]) => count >= MANY_PASSWORDS).map(([source]) => source));
}

interface RemedyProps {
  call: RefusedCall;
  /** Many wrong passwords came from its address. */
  guessed: boolean;
  onAdd: (address: string) => void;
}

function Remedy({ call: { reason, trunk, extension, source, dialled }, guessed, onAdd }: RemedyProps) {
  switch (reason) {
    case 'unknown_source':
      return source && <Button size="small" onClick={() => onAdd(source)}>{say('add_source')}</Button>;
    case 'unknown_number':
      return dialled && (
        <Button size="small" onClick={() => makeRule(trunk ? { from_trunk: trunk, number: dialled } : { dial: dialled })}>
          {say('make_rule')}
        </Button>
      );
    case 'no_common_media':
      return trunk && <Button size="small" onClick={() => openTrunk(trunk)}>{say('open_trunk')}</Button>;
    case 'not_allowed':
      return extension && <Button size="small" onClick={() => go('admin', 'extensions')}>{say('open_extensions')}</Button>;
    case 'wrong_password':
    case 'too_many_passwords':
      return <span class="small">{guessed && source ? say('to_guesser', { address: source }) : say('to_password')}</span>;
    case 'unusable_digest':
    case 'not_its_number':
    case 'unknown_domain':
      return <span class="small">{say('to_device')}</span>;
  }
}

function WhichTrunk({ address, onClose }: { address: string; onClose: () => void }) {
  const trunks = useWhole<List<Trunk>>('/trunks?limit=100', 'trunks');
  const choose = (trunk: string | null) => {
    onClose();
    addSource({ trunk, address });
  };
  return (
    <Dialog title={say('which', { address })} onClose={onClose} actions={<Button onClick={onClose}>{shared('back')}</Button>}>
      <div class="choices">
        {trunks.data?.items.map(({ name, host }) => (
          <button key={name} type="button" class="choice" onClick={() => choose(name)}>
            <Icon name="trunk" />
            <span class="grow">
              <strong>{name}</strong>
              <br />
              <span class="soft small mono">{host}</span>
            </span>
            <Icon name="chevron_right" size={16} />
          </button>
        ))}
        <button type="button" class="choice" onClick={() => choose(null)}>
          <Icon name="plus" />
          <span class="grow">
            <strong>{say('new_trunk')}</strong>
            <br />
            <span class="soft small">{say('new_trunk_text')}</span>
          </span>
          <Icon name="chevron_right" size={16} />
        </button>
      </div>
    </Dialog>
  );
}
