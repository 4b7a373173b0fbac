// Who is in which conference: how loud each talks, and what can be done about it.

import { patch, remove } from '../api/client';
import type { Page } from '../api/types';
import { Badge, Empty, ErrorState, IconButton, Panel, Skeleton, Table, confirm, tell, useResource } from '../ui';
import { number, telephone } from '../words/language';
import { say } from './words';

/** Softer than this nobody is heard; of what a meter shows, in dBov. */
const FLOOR_DBOV = -60;
const GAINS_DB = [-20, -12, -6, 0, 6, 12, 20] as const;

interface Member {
  call: string;
  number: string;
  name: string | null;
  muted: boolean;
  deaf: boolean;
  gain_db: number;
  level_dbov: number | null;
  on_hold: boolean;
  lost: boolean;
  recorded: boolean;
}

interface Room {
  name: string;
  members: Member[];
}

export function Rooms() {
  // Who talks is told every two seconds; a beginning and an end at once.
  const rooms = useResource<Page<Room>>('/conferences', 'calls');
  if (rooms.problem && !rooms.data) return <ErrorState problem={rooms.problem} onRetry={rooms.reload} />;
  if (!rooms.data) return <Skeleton lines={4} />;
  if (rooms.data.items.length === 0) {
    return (
      <div class="supervise-in">
        <Empty icon="users" title={say('no_rooms')}>
          {say('no_rooms_text')}
        </Empty>
      </div>
    );
  }
  return (
    <div class="stack supervise-in">
      {rooms.data.items.map(({ name, members }) => (
        <Panel key={name} title={say('room', { name, n: members.length })}>
          <Table
            label={say('members_of', { name })}
            rows={members}
            keyOf={({ call }) => call}
            columns={[
              { title: say('member'), cell: (member) => <Who {...member} /> },
              { title: say('level'), cell: (member) => <Level {...member} /> },
              { title: say('gain'), cell: (member) => <Gain member={member} onDone={rooms.reload} />, minor: true },
              { title: say('actions'), cell: (member) => <Actions member={member} onDone={rooms.reload} />, width: 'least', align: 'end' },
            ]}
          />
        </Panel>
      ))}
    </div>
  );
}

const nameOf = ({ name, number: from }: Member) => name ?? (telephone(from) || say('unknown'));

function Who(member: Member) {
  const { muted, deaf, on_hold, lost, recorded } = member;
  return (
    <span class="row wraps" data-member={member.number}>
      <span>{nameOf(member)}</span>
      {member.name !== null && <span class="soft">{telephone(member.number)}</span>}
      {muted && <Badge kind="warn" icon="mic_off">{say('muted')}</Badge>}
      {deaf && <Badge kind="warn">{say('deaf')}</Badge>}
      {on_hold && !lost && <Badge kind="warn" icon="pause">{say('held')}</Badge>}
      {lost && <Badge kind="warn" icon="alert">{say('lost')}</Badge>}
      {recorded && <Badge kind="stop" icon="record">{say('recorded')}</Badge>}
    </span>
  );
}

function Level(member: Member) {
  const dbov = member.level_dbov;
  const part = dbov === null ? 0 : Math.max(0, Math.min(1, 1 - dbov / FLOOR_DBOV));
  return (
    <span class="row">
      <meter class="meter" min={0} max={1} value={part} aria-label={say('level_of', { name: nameOf(member) })} />
      <span class="small soft talks">{dbov === null ? say('silent') : say('talks')}</span>
    </span>
  );
}

interface Deed {
  member: Member;
  onDone: () => Promise<void>;
}

const place = ({ call }: Member) => `/conferences/members/${encodeURIComponent(call)}`;

function Gain({ member, onDone }: Deed) {
  const known = GAINS_DB.some((gain) => gain === member.gain_db) ? GAINS_DB : [...GAINS_DB, member.gain_db];
  async function set(gain_db: number) {
    if (await tell(() => patch(place(member), { gain_db }))) await onDone();
  }
  return (
    <select class="input gain" aria-label={say('gain_of', { name: nameOf(member) })} value={String(member.gain_db)} onChange={(event) => void set(Number(event.currentTarget.value))}>
      {known.map((gain) => (
        <option key={gain} value={String(gain)}>
          {gain > 0 ? '+' : ''}
          {number(gain)} dB
        </option>
      ))}
    </select>
  );
}

function Actions({ member, onDone }: Deed) {
  const name = nameOf(member);
  const change = (what: Partial<Pick<Member, 'muted' | 'deaf'>>) => async () => {
    if (await tell(() => patch(place(member), what))) await onDone();
  };
  async function kick() {
    if (!(await confirm({ title: say('kick_sure', { name }), verb: say('kick'), kind: 'danger' }))) return;
    if (await tell(() => remove(place(member)))) await onDone();
  }
  return (
    <span class="row">
      <IconButton icon={member.muted ? 'mic_off' : 'device'} size="small" iconSize={16} pressed={member.muted} label={say(member.muted ? 'unmute' : 'mute', { name })} onClick={change({ muted: !member.muted })} />
      <IconButton icon="sound" size="small" iconSize={16} pressed={member.deaf} label={say(member.deaf ? 'undeafen' : 'deafen', { name })} onClick={change({ deaf: !member.deaf })} />
      <IconButton icon="hang_up" size="small" iconSize={16} tipAt="left" label={say('kick_name', { name })} onClick={kick} />
    </span>
  );
}
