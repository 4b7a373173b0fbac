import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';

import type { Interaction } from '../api/types';
import { interactions, known, presence } from '../live/desk';
import { me } from '../live/me';
import { href } from '../route/route';
import { Button, Empty, Icon, Popup, Select, Skeleton, TextField } from '../ui';
import { say as more } from '../ui/words';
import { Row } from './row';
import { type Filters, arranged, channelName } from './state';
import { say } from './words';

const SHOWN_AT_FIRST = 10;

/** All Interactions of this agent, then those that wait in the queues; the chosen one is shown beside. */
export function List({ chosen }: { chosen: number | null }) {
  const filters = useSignal<Filters>({ text: '', queue: '', channel: '', newest: false });
  const shown = useSignal(SHOWN_AT_FIRST);
  const still = useStill();
  const all = [...interactions.value.values()];
  const fits = arranged(all, filters.value);
  const mine = fits.filter((one) => one.agent?.id === me.value?.id && one.state === 'open');
  const waiting = fits.filter((one) => one.state === 'waiting' || one.state === 'offered');
  const order = [...mine, ...waiting];
  const { rows, late } = still.hold(order, JSON.stringify(filters.value));
  const visible = rows.slice(0, shown.value);
  const set = (part: Partial<Filters>) => (filters.value = { ...filters.value, ...part });
  return (
    <div class="list-in" onPointerEnter={still.enter} onPointerLeave={still.leave}>
      <Head all={all} filters={filters.value} set={set} />
      <div class="lines scrolls">
        {late > 0 && (
          <button type="button" class="late" onClick={still.leave}>
            <Icon name="arrow_down" size={14} /> {say('new_rows', { n: late })} · {say('newer')}
          </button>
        )}
        {!known.value && <Skeleton lines={6} />}
        <Part title={say('in_progress')} rows={visible.filter((one) => mine.includes(one))} count={mine.length} chosen={chosen} />
        <Part title={say('waiting_in_queue')} rows={visible.filter((one) => waiting.includes(one))} count={waiting.length} chosen={chosen} />
        {known.value && order.length === 0 && <None filtered={all.length > 0} clear={() => set({ text: '', queue: '', channel: '' })} />}
        {rows.length > shown.value && (
          <div class="lines-more">
            <Button size="small" onClick={() => (shown.value += SHOWN_AT_FIRST)}>
              {more('more')}
            </Button>
          </div>
        )}
      </div>
      <a class="lines-link small" href={href('desk', 'history')}>
        <Icon name="history" size={16} />
        {say('finished')}
      </a>
    </div>
  );
}

function Part({ title, rows, count, chosen }: { title: string; rows: readonly Interaction[]; count: number; chosen: number | null }) {
  if (rows.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2 class="lines-title">
        {title} <span class="count">{count}</span>
      </h2>
      <ul>
        {rows.map((one) => (
          <li key={one.id}>
            <Row interaction={one} chosen={one.id === chosen} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Head({ all, filters, set }: { all: readonly Interaction[]; filters: Filters; set: (part: Partial<Filters>) => void }) {
  const queues = new Map(all.flatMap((one) => (one.queue ? [[one.queue.id, one.queue.title]] : [])));
  const channels = [...new Set(all.map((one) => one.channel))];
  const active = Boolean(filters.queue || filters.channel || filters.newest);
  return (
    <div class="list-head">
      <TextField bare class="grow" type="search" label={say('search')} placeholder={say('search')} value={filters.text} onChange={(text) => set({ text })} />
      <Popup label={say('filters')} tip={say('filters')} side="right" buttonClass={`button quiet only-icon ${active ? 'active' : ''}`} button={<Icon name="filter" />}>
        {() => (
          <div class="stack list-filters">
            <Select label={say('queue')} none={say('queue_all')} value={filters.queue} onChange={(queue) => set({ queue })} choices={[...queues].map(([id, title]) => ({ value: String(id), label: title }))} />
            <Select label={say('channel')} none={say('channel_all')} value={filters.channel} onChange={(channel) => set({ channel })} choices={channels.map((value) => ({ value, label: channelName(value) }))} />
            <Select
              label={say('order')}
              value={filters.newest ? 'up' : 'down'}
              onChange={(way) => set({ newest: way === 'up' })}
              choices={[
                { value: 'down', label: say('by_time_down') },
                { value: 'up', label: say('by_time_up') },
              ]}
            />
            <Button size="small" onClick={() => set({ queue: '', channel: '', newest: false })}>
              {say('clear')}
            </Button>
          </div>
        )}
      </Popup>
    </div>
  );
}

function None({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  if (filtered) {
    return (
      <Empty icon="search" title={say('none_fit')}>
        <Button size="small" onClick={clear}>
          {say('clear')}
        </Button>
      </Empty>
    );
  }
  const online = presence.value.queues.some((queue) => queue.state !== 'offline');
  return (
    <Empty icon="inbox" title={say('none')}>
      <p class="small">{say(online ? 'none_text' : 'none_text_offline')}</p>
    </Empty>
  );
}

/** Holds the order of rows while the pointer is over them, so that none moves under a click; new ones are counted. */
function useStill() {
  const over = useSignal(false);
  const kept = useRef<readonly number[]>([]);
  const asked = useRef('');
  return {
    enter: () => (over.value = true),
    leave: () => (over.value = false),
    /** `by`: what the person asked for; where it changes the rows follow at once. */
    hold(order: readonly Interaction[], by: string) {
      if (!over.value || kept.current.length === 0 || asked.current !== by) {
        asked.current = by;
        kept.current = order.map((one) => one.id);
        return { rows: order, late: 0 };
      }
      const rows = kept.current.flatMap((id) => order.find((one) => one.id === id) ?? []);
      return { rows, late: order.length - rows.length };
    },
  };
}
