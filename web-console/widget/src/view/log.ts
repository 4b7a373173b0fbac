// The messages, in their order. New ones are put below; what stands there is only ever changed in place.

import type { Conversation, Pending } from '../conversation';
import type { Message } from '../frames';
import { locale, word } from '../words';
import { h, icon } from './element';

/** Nearer to the end than this, the log follows what comes. */
const FOLLOWS_WITHIN_PX = 80;

const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });

export class Log {
  readonly element = h('div', { class: 'log', role: 'log', 'aria-label': word('messages'), tabindex: 0 });
  private readonly rows = new Map<string, { element: HTMLElement; mark: string }>();
  private readonly typing = h('p', { class: 'typing', hidden: true });
  /** Whether the visitor is at the end and wants to stay there. */
  private follows = true;

  constructor(greeting: string, private readonly again: (id: string) => void) {
    const { element } = this;
    element.append(this.typing);
    element.addEventListener('scroll', () => {
      this.follows = element.scrollHeight - element.scrollTop - element.clientHeight < FOLLOWS_WITHIN_PX;
    });
    new ResizeObserver(() => this.follows && this.toEnd()).observe(element);
    if (greeting) element.prepend(h('div', { class: 'bubble agent' }, h('p', {}, greeting)));
  }

  show(conversation: Conversation, now_ms: number): void {
    const { kept } = conversation;
    const wanted = new Set<string>();
    for (const message of kept.messages) this.put(message.id, markOf(message), wanted, () => bubble(message));
    for (const one of kept.pending) this.put(one.id, one.fault ?? 'sending', wanted, () => this.pending(one));
    for (const [key, row] of this.rows) {
      if (wanted.has(key)) continue;
      row.element.remove();
      this.rows.delete(key);
    }
    const typing = conversation.typing_until_ms > now_ms;
    this.typing.hidden = !typing;
    const { agent } = conversation;
    const whoTypes = agent ? word('typing_name', { name: agent }) : word('typing');
    if (typing && this.typing.textContent !== whoTypes) this.typing.textContent = whoTypes;
    if (this.follows) this.toEnd();
  }

  toEnd(): void {
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** Only what is new or has another mark is made. */
  private put(key: string, mark: string, wanted: Set<string>, make: () => HTMLElement): void {
    wanted.add(key);
    const row = this.rows.get(key);
    if (row?.mark === mark) return;
    const element = make();
    if (row) row.element.replaceWith(element);
    else this.typing.before(element);
    this.rows.set(key, { element, mark });
  }

  private pending({ id, text, fault }: Pending): HTMLElement {
    if (!fault) return h('div', { class: 'bubble visitor' }, textOf(text), h('p', { class: 'meta' }, icon('clock', word('sending'))));
    const why = word(fault === 'too_long' ? 'too_long' : 'not_sent');
    const button = fault === 'too_long' || fault === 'not_started' ? null : h('button', { type: 'button', class: 'link', onclick: () => this.again(id) }, word('again'));
    return h('div', { class: 'bubble visitor failed' }, textOf(text), h('p', { class: 'meta' }, icon('alert'), why, button));
  }
}

// What makes a bubble look different when the message comes again; an agent's own state is not shown here.
const markOf = ({ from, state, text }: Message) => (from === 'visitor' ? state : text);

function bubble({ from, name, text, at, state }: Message): HTMLElement {
  if (from === 'system') return h('p', { class: 'system' }, text);
  const moment = new Date(at);
  const who = from === 'agent' ? (name ?? word('agent')) : word('you');
  const mark = from === 'agent' ? null : state === 'read' ? icon('checks', word('read')) : icon('check', word('sent'));
  return h(
    'div',
    { class: `bubble ${from}` },
    h('span', { class: from === 'agent' ? 'who' : 'unseen' }, who),
    textOf(text),
    h('p', { class: 'meta' }, h('time', { datetime: moment.toISOString() }, time.format(moment)), mark),
  );
}

/** Text with its web addresses as links; nothing else in it means anything. */
function textOf(text: string): HTMLElement {
  const parts = text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]])/);
  const nodes = parts.map((part, index) =>
    index % 2 ? h('a', { href: part, target: '_blank', rel: 'noopener noreferrer nofollow' }, part) : part);
  return h('p', { class: 'text' }, ...nodes);
}
