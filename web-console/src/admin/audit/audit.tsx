import { useSignal } from '@preact/signals';

import type { User } from '../../api/types';
import { may } from '../../live/me';
import { Select, usePages, useResource } from '../../ui';
import { moment } from '../../words/language';
import { Listing } from '../listing';
import type { SectionProps } from '../sections';
import type { AuditRow, List } from '../shapes';
import { ACTIONS, NOUNS, actions, nouns, say } from './words';

export function AuditLog(_: SectionProps) {
  const noun = useSignal('');
  const user = useSignal('');
  const users = useResource<List<User>>(may('users.manage') ? '/users?limit=100' : null, 'users');
  const query = new URLSearchParams([['noun', noun.value], ['user', user.value]].filter(([, value]) => value)).toString();
  const pages = usePages<AuditRow>(`/audit${query ? `?${query}` : ''}`);
  const filters = (
    <div class="admin-filters">
      <Select label={say('noun')} none={say('noun_all')} value={noun.value} onChange={(value) => (noun.value = value)} choices={NOUNS.map((value) => ({ value, label: nouns(value) }))} />
      <Select label={say('user')} none={say('user_all')} value={user.value} onChange={(value) => (user.value = value)} choices={(users.data?.items ?? []).map(({ id, name }) => ({ value: String(id), label: name }))} />
    </div>
  );
  return (
    <Listing
      title={say('title')}
      lead={say('lead')}
      above={filters}
      pages={pages}
      keyOf={(row) => row.id}
      empty={{ icon: 'shield', title: say('empty'), text: say('empty_text') }}
      columns={[
        { title: say('at'), cell: (row) => moment(row.at_ms), width: 'least' },
        { title: say('actor'), cell: (row) => row.actor },
        { title: say('what'), cell: What },
        { title: say('change'), cell: Change },
        { title: say('address'), cell: (row) => <span class="mono small">{row.address}</span>, minor: true },
      ]}
    />
  );
}

const known = <K extends string>(all: readonly K[], word: string): word is K => (all as readonly string[]).includes(word);

function What({ action, noun, noun_id }: AuditRow) {
  return (
    <>
      {known(ACTIONS, action) ? actions(action) : action} {known(NOUNS, noun) ? nouns(noun) : noun} {noun_id && <span class="soft">{noun_id}</span>}
    </>
  );
}

/** What it was before and after, a line for each field that changed. */
function Change({ detail }: AuditRow) {
  const fields = Object.entries(detail ?? {});
  if (fields.length === 0) return <span class="soft">–</span>;
  return (
    <details>
      <summary class="small">{fields.map(([field]) => field).join(', ')}</summary>
      <ul class="small">
        {fields.map(([field, value]) => (
          <li key={field}>{lineOf(field, value)}</li>
        ))}
      </ul>
    </details>
  );
}

function lineOf(field: string, value: unknown): string {
  const pair = Array.isArray(value) && value.length === 2 ? value : typeof value === 'object' && value !== null && 'after' in value ? [(value as { before?: unknown }).before, value.after] : null;
  return pair ? say('before_after', { field, before: shown(pair[0]), after: shown(pair[1]) }) : `${field}: ${shown(value)}`;
}

const shown = (value: unknown): string => (value === null || value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value));
