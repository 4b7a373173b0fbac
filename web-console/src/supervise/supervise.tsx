// What supervisors watch: queues and agents now, what waits and why, what was.

import '../admin/admin.css';

import { may } from '../live/me';
import { go } from '../route/route';
import { Empty, Screen, Tabs } from '../ui';
import { say as shared } from '../admin/words';
import { Calls } from './calls';
import { HistorySearch } from './history';
import { Live } from './live';
import { Rooms } from './rooms';
import { Waiting } from './waiting';
import { say } from './words';

const TABS = ['live', 'calls', 'rooms', 'waiting', 'history'] as const;

/** `path` is what follows `supervise` in the address. */
export default function Supervision({ path: [key] }: { path: readonly string[] }) {
  const chosen = TABS.find((tab) => tab === key) ?? 'live';
  if (!may('supervise')) {
    return (
      <Screen title={say('title')}>
        <Empty icon="lock" title={shared('no_right')} />
      </Screen>
    );
  }
  return (
    <Screen title={say('title')} lead={say('lead')} width="full">
      <Tabs label={say('title')} class="supervise" tabs={TABS.map((tab) => ({ key: tab, title: say(tab) }))} chosen={chosen} onChoose={(tab) => go('supervise', tab)}>
        {chosen === 'live' && <Live />}
        {chosen === 'calls' && <Calls />}
        {chosen === 'rooms' && <Rooms />}
        {chosen === 'waiting' && <Waiting />}
        {chosen === 'history' && <HistorySearch />}
      </Tabs>
    </Screen>
  );
}
