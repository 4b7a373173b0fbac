import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

import { now } from '../api/clock';
import type { Interaction, Message } from '../api/types';
import { Button, Empty, ErrorState, Icon, Skeleton } from '../ui';
import { day, sameDay } from '../words/language';
import { Bubble } from './bubble';
import { load, loadEarlier, thread, typing } from './threads';
import { say } from './words';

/** The messages of an Interaction, the newest in sight unless one reads further up. */
export function Conversation({ interaction, name }: { interaction: Interaction; name: string }) {
  const { items, earlier, loaded, problem } = thread(interaction.id).value;
  const place = useRef<HTMLDivElement>(null);
  const below = useFollow(place, items, interaction.id, loaded);
  useEffect(() => void load(interaction.id), [interaction.id]);
  if (problem && items.length === 0) return <ErrorState problem={problem} onRetry={() => load(interaction.id)} />;
  if (!loaded && items.length === 0) return <Skeleton lines={8} />;
  return (
    <div class="talk">
      <div class="talk-in scrolls" ref={place} tabIndex={0} role="log" aria-label={say('messages')} aria-live="polite">
        {earlier && (
          <div class="talk-earlier">
            <Button size="small" icon="history" onClick={() => loadEarlier(interaction.id)}>
              {say('earlier')}
            </Button>
          </div>
        )}
        {items.length === 0 && <Empty icon="message" title={say('none')} />}
        <ol>{lines(items, name)}</ol>
        {typing.value.has(interaction.id) && <p class="typing soft small">{say('typing', { name })}</p>}
      </div>
      {below.count > 0 && (
        <button type="button" class="talk-below" onClick={below.go}>
          <Icon name="arrow_down" size={14} /> {say('new_below', { n: below.count })}
        </button>
      )}
    </div>
  );
}

// Messages within this of each other by the same author stand together.
const TOGETHER_MS = 5 * 60_000;

function lines(items: readonly Message[], name: string) {
  return items.flatMap((message, at) => {
    const before = items[at - 1];
    const newDay = !before || !sameDay(before.at_ms, message.at_ms);
    const first = newDay || before.direction !== message.direction || before.author?.id !== message.author?.id || message.at_ms - before.at_ms > TOGETHER_MS;
    const bubble = <Bubble key={message.client_id ?? message.id} message={message} quoted={items.find((one) => one.id === message.reply_to)} first={first} name={name} />;
    return newDay ? [<Day key={`day ${message.at_ms}`} ms={message.at_ms} />, bubble] : [bubble];
  });
}

const DAY_MS = 86_400_000;

function Day({ ms }: { ms: number }) {
  const text = sameDay(ms, now()) ? say('today') : sameDay(ms, now() - DAY_MS) ? say('yesterday') : day(ms);
  return (
    <li class="day">
      <span>{text}</span>
    </li>
  );
}

const NEAR_PX = 80;

/** Keeps the newest in sight; counts what came while one reads further up. */
function useFollow(place: RefObject<HTMLDivElement | null>, items: readonly Message[], of: number, ready: boolean) {
  const count = useSignal(0);
  const seen = useRef({ of: 0, last: 0, atEnd: true, height: 0 });
  const toEnd = () => {
    const element = place.current;
    if (element) element.scrollTop = element.scrollHeight;
    count.value = 0;
  };
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const look = () => {
      seen.current.atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
      if (seen.current.atEnd) count.value = 0;
    };
    element.addEventListener('scroll', look, { passive: true });
    const observer = new ResizeObserver(() => seen.current.atEnd && toEnd());
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      observer.disconnect();
    };
  }, [of, ready]);
  const last = items.at(-1);
  useLayoutEffect(() => {
    const element = place.current;
    const before = seen.current;
    const fresh = before.of === of ? items.filter((one) => one.at_ms > before.last).length : 0;
    if (before.of !== of || before.atEnd || (fresh > 0 && last?.direction === 'out')) toEnd();
    else if (fresh > 0) count.value += fresh;
    // Older ones came above: what is read stays where it is.
    else if (element && before.height) element.scrollTop += element.scrollHeight - before.height;
    seen.current = { of, last: last?.at_ms ?? 0, atEnd: before.of !== of || before.atEnd, height: element?.scrollHeight ?? 0 };
  }, [items, of]);
  return { count: count.value, go: toEnd };
}
