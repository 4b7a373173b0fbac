import type { User } from '../../api/types';
import { may } from '../../live/me';
import { chosenOf } from '../../route/filters';
import { refine } from '../../route/route';
import { Select, usePages, useWhole } from '../../ui';
import { Listing } from '../../ui/listing';
import { moment } from '../../words/language';
import type { SectionProps } from '../sections';
import type { AuditRow, List, Titled } from '../shapes';
import { ACTIONS, NOUNS, actions, nouns, say } from './words';

export function AuditLog(_: SectionProps) {
  const { noun, user } = chosenOf('noun', 'user');
  const users = useWhole<List<User>>(may('users.manage') ? '/users?limit=100' : null, 'users');
  const names = useNames(users.data);
  const query = new URLSearchParams([['noun', noun], ['user', user]].filter(([, value]) => value)).toString();
  const pages = usePages<AuditRow>(`/audit${query ? `?${query}` : ''}`);
  const filters = (
    <div class="filters">
      <Select label={say('noun')} none={say('noun_all')} value={noun} onChange={(value) => refine({ noun: value })} choices={NOUNS.map((value) => ({ value, label: nouns(value) }))} />
      <Select label={say('user')} none={say('user_all')} value={user} onChange={(value) => refine({ user: value })} choices={(users.data?.items ?? []).map(({ id, name }) => ({ value: String(id), label: name }))} />
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
        { title: say('what'), cell: ({ action }) => (known(ACTIONS, action) ? actions(action) : action) },
        { title: say('about'), cell: About },
        { title: say('change'), cell: (row) => <Change {...row} names={names} /> },
        { title: say('address'), cell: (row) => <span class="mono small">{row.address}</span>, minor: true },
      ]}
    />
  );
}

const known = <K extends string>(all: readonly K[], word: string): word is K => (all as readonly string[]).includes(word);

function About({ noun, noun_id, noun_name }: AuditRow) {
  const name = noun_name ?? noun_id;
  return (
    <>
      {known(NOUNS, noun) ? nouns(noun) : noun} {name && <strong>{name}</strong>}
    </>
  );
}

/** What it was before and after, a line for each field that changed; other details as they are. */
function Change({ detail, names }: AuditRow & { names: Names }) {
  const lines = linesOf(detail ?? {}, names);
  if (lines.length === 0) return <span class="soft">–</span>;
  return (
    <details>
      <summary class="small">{say('fields', { n: lines.length })}</summary>
      <ul class="small">
        {lines.map(([field, text]) => (
          <li key={field}>{text}</li>
        ))}
      </ul>
    </details>
  );
}

type Fields = Readonly<Record<string, unknown>>;

function linesOf({ before, after, ...others }: Fields, names: Names): [field: string, text: string][] {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  const changed = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return [
    ...changed.map((field): [string, string] => [field, say('before_after', { field, before: shown(named(field, was[field], names)), after: shown(named(field, is[field], names)) })]),
    ...Object.entries(others).map(([field, value]): [string, string] => [field, `${field}: ${shown(named(field, value, names))}`]),
  ];
}

/** By the field that holds them: what numbers stand for. */
type Names = Readonly<Record<string, ReadonlyMap<number, string>>>;

function useNames(users: List<User> | null): Names {
  const queues = useWhole<List<Titled>>(may('queues.manage') ? '/queues?limit=100' : null, 'queues').data;
  const dispositions = useWhole<List<Titled>>(may('queues.manage') ? '/dispositions?limit=100' : null, 'queues').data;
  const reasons = useWhole<List<Titled>>(may('queues.manage') ? '/pause-reasons?limit=100' : null, 'queues').data;
  const titles = (list: List<Titled> | null) => new Map(list?.items.map(({ id, title }) => [id, title] as const));
  return { members: new Map(users?.items.map(({ id, name }) => [id, name] as const)), queues: titles(queues), queue_id: titles(queues), dispositions: titles(dispositions), pause_reasons: titles(reasons) };
}

/** What has gone since keeps its number. */
function named(field: string, value: unknown, names: Names): unknown {
  const known = names[field];
  const name = (one: unknown) => (typeof one === 'number' ? (known?.get(one) ?? `#${one}`) : one);
  if (!known) return value;
  return Array.isArray(value) ? value.map(name).join(', ') : name(value);
}

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

const shown = (value: unknown): string => (value === null || value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value));
