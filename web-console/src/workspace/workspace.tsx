import './workspace.css';

import { effect } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { HistoryList } from '../history/list';
import { List } from '../interaction/list';
import { arranged, endOf } from '../interaction/state';
import { useKeys } from '../keys/keys';
import { interactions, presence } from '../live/desk';
import { me } from '../live/me';
import { go, route } from '../route/route';
import { Tabs } from '../ui';
import { Boards } from '../board/boards';
import { Live } from './live';
import { Past } from './past';
import { say } from './words';

/** The agent's screen: `#/desk`, `#/desk/12`, `#/desk/history`, `#/desk/history/12`. */
export default function Workspace({ path }: { path: readonly string[] }) {
  const past = path[0] === 'history';
  const id = Number((past ? path[1] : path[0]) ?? Number.NaN);
  const chosen = Number.isSafeInteger(id) ? id : null;
  useListKeys(chosen);
  useOwnCalls();
  return (
    <div class={`work ${chosen === null ? 'choosing' : ''}`}>
      <section class="list" aria-label={say('list')}>
        <Tabs
          class="list-tabs"
          label={say('list')}
          tabs={[
            { key: 'now', title: say('attendance') },
            { key: 'history', title: say('history') },
          ]}
          chosen={past ? 'history' : 'now'}
          onChoose={(key) => (key === 'now' ? go('desk') : go('desk', 'history'))}
        >
          {past ? <HistoryList chosen={chosen} endOf={endOf} /> : <List chosen={chosen} />}
        </Tabs>
      </section>
      {chosen === null ? <Nothing past={past} /> : past ? <Past key={chosen} id={chosen} /> : <Live key={chosen} id={chosen} />}
    </div>
  );
}

function Nothing({ past }: { past: boolean }) {
  const mine = new Set(presence.value.queues.map((queue) => queue.queue_id));
  return (
    <main class="talk-place nothing scrolls" id="main" tabIndex={-1}>
      <h1 class="unseen">{say(past ? 'history' : 'list')}</h1>
      <p class="nothing-hint soft">{say(past ? 'select_past' : 'select')}</p>
      {!past && <Boards of={mine} />}
    </main>
  );
}

const BY_NUMBER = 9;

/** J, K and Alt with a digit go through one's own Interactions in the order of the list. */
function useListKeys(chosen: number | null) {
  const mine = arranged(interactions.value.values(), { text: '', queue: '', channel: '', newest: false }).filter((one) => one.agent?.id === me.value?.id && one.state === 'open');
  const at = mine.findIndex((one) => one.id === chosen);
  const to = (index: number) => {
    const one = mine[(index + mine.length) % mine.length];
    if (one) go('desk', one.id);
  };
  useKeys([
    { key: 'J', label: say('key_next'), run: () => to(at + 1) },
    { key: 'K', label: say('key_previous'), run: () => to(at < 0 ? -1 : at - 1) },
    ...mine.slice(0, BY_NUMBER).map((one, index) => ({ key: `Alt+${index + 1}`, label: say('key_interaction', { n: index + 1 }), run: () => go('desk', one.id) })),
  ]);
}

/** A call that one makes oneself is shown as soon as it is an Interaction. */
function useOwnCalls() {
  useEffect(() => {
    let known = new Set(interactions.peek().keys());
    return effect(() => {
      const fresh = [...interactions.value.values()].find((one) => !known.has(one.id) && one.medium === 'voice' && one.direction === 'outbound' && one.agent?.id === me.peek()?.id && one.state === 'open');
      known = new Set(interactions.value.keys());
      if (fresh && route.peek()[0] === 'desk') go('desk', fresh.id);
    });
  }, []);
}
