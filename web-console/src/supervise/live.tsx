// Boards of all queues, and the agents behind the numbers of the one that is chosen.

import { useSignal } from '@preact/signals';

import type { Board } from '../api/types';
import { boards, known } from '../live/desk';
import { Empty, Icon, Skeleton, Timer } from '../ui';
import { number, span } from '../words/language';
import { AgentTable } from './agents';
import { say } from './words';

export function Live() {
  const queue = useSignal<number | null>(null);
  if (!known.value) return <Skeleton lines={6} />;
  const all = [...boards.value.values()].sort((a, b) => a.title.localeCompare(b.title));
  const chosen = all.find(({ queue_id }) => queue_id === queue.value) ?? null;
  return (
    <div class="stack supervise-in">
      <h2>{say('queues')}</h2>
      {all.length === 0 && <Empty icon="queue" title={say('no_queues')}>{say('no_queues_text')}</Empty>}
      <div class="queue-cards">
        {all.map((board) => (
          <Card key={board.queue_id} board={board} pressed={board === chosen} onPress={() => (queue.value = board === chosen ? null : board.queue_id)} />
        ))}
      </div>
      <h2>{chosen ? `${say('agents')} · ${chosen.title}` : say('agents')}</h2>
      <AgentTable queue={chosen?.queue_id ?? null} />
    </div>
  );
}

function Card({ board, pressed, onPress }: { board: Board; pressed: boolean; onPress: () => void }) {
  const { title, medium, waiting, agents_connected, agents_free, longest_waiting_since_ms, handled_today, abandoned_today, mean_handle_ms } = board;
  return (
    <button type="button" class="queue-card" aria-pressed={pressed} onClick={onPress} data-queue={board.queue_id}>
      <span class="row">
        <Icon name={medium === 'voice' ? 'phone' : 'message'} size={16} />
        <strong class="grow cut">{title}</strong>
      </span>
      <span class="queue-figures">
        <Figure label={say(medium === 'voice' ? 'waiting_calls' : 'waiting_chats')} alarming={waiting > 0 && agents_free === 0}>{number(waiting)}</Figure>
        <Figure label={say('longest')}>{longest_waiting_since_ms === null ? '–' : <Timer since={longest_waiting_since_ms} />}</Figure>
        <Figure label={say('connected')}>{number(agents_connected)}</Figure>
        <Figure label={say('free')}>{number(agents_free)}</Figure>
        <Figure label={say('handled')}>{number(handled_today)}</Figure>
        <Figure label={say('abandoned')}>{number(abandoned_today)}</Figure>
        <Figure label={say('mean')} tip={say('mean_tip')}>{mean_handle_ms === null ? '–' : span(mean_handle_ms)}</Figure>
      </span>
    </button>
  );
}

function Figure({ label, tip, alarming = false, children }: { label: string; tip?: string; alarming?: boolean; children: preact.ComponentChildren }) {
  return (
    <span title={tip}>
      <span class="figure-label">{label}</span>
      <span class={`figure ${alarming ? 'alarming' : ''}`}>{children}</span>
    </span>
  );
}
