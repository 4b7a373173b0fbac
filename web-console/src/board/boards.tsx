import './board.css';

import type { ComponentChildren } from 'preact';

import type { Board } from '../api/types';
import { boards } from '../live/desk';
import { may } from '../live/me';
import { href } from '../route/route';
import { Empty, Icon, Timer } from '../ui';
import { number, span } from '../words/language';
import { say } from './words';

/** One card a queue, live (F196, F198 to F200). `of`: only these. */
export function Boards({ of }: { of?: ReadonlySet<number> }) {
  const all = [...boards.value.values()].filter((board) => !of || of.has(board.queue_id)).sort((a, b) => a.title.localeCompare(b.title));
  if (all.length === 0) return <Empty icon="board" title={say('none')}>{may('users.manage') && <a href={href('admin')}>{say('none_way')}</a>}</Empty>;
  return (
    <ul class="boards" aria-label={say('boards')}>
      {all.map((board) => (
        <li key={board.queue_id}>
          <Card board={board} />
        </li>
      ))}
    </ul>
  );
}

function Card({ board }: { board: Board }) {
  const since = board.longest_waiting_since_ms;
  return (
    <section class={`board ${board.waiting > 0 ? 'waits' : ''}`} aria-label={board.title} data-queue={board.queue_id}>
      <h2>
        <Icon name={board.medium === 'voice' ? 'headset' : 'message'} size={16} />
        <span class="cut">{board.title}</span>
      </h2>
      <dl>
        <Figure name={say(`waiting_${board.medium}`)} strong>
          {number(board.waiting)}
        </Figure>
        <Figure name={say('longest')} strong>
          {since === null ? <span class="soft">{say('nobody')}</span> : <Timer since={since} />}
        </Figure>
        <Figure name={say('agents')}>
          {number(board.agents_connected)} <span class="soft small">· {say('free', { n: board.agents_free })}</span>
        </Figure>
        <Figure name={say('handled')}>{number(board.handled_today)}</Figure>
        <Figure name={say('abandoned')}>{number(board.abandoned_today)}</Figure>
        <Figure name={say('mean')} tip={say('mean_tip')}>{board.mean_handle_ms === null ? '–' : span(board.mean_handle_ms)}</Figure>
      </dl>
    </section>
  );
}

function Figure({ name, tip, strong, children }: { name: string; tip?: string; strong?: boolean; children: ComponentChildren }) {
  return (
    <div class={strong ? 'strong' : undefined} title={tip}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
