// What this page knows of the conversation. Frames and the time come in, frames to say go out; no socket, clock or document in here.

import type { Answers, FaultCode, Heard, Message, Said, Start } from './frames';

export type Phase = 'none' | 'starting' | 'open' | 'ended';

/** A message that the node has not confirmed yet. */
export interface Pending {
  id: string;
  text: string;
  /** None: not said on this line. */
  said_at_ms: number | null;
  fault?: FaultCode;
}

/** What lasts over a change of page. */
export interface Kept {
  phase: Phase;
  /** Said until the node has begun. */
  start: Start | null;
  ended_by: 'visitor' | 'agent' | null;
  messages: Message[];
  pending: Pending[];
}

/** Messages that a page keeps: as many as the node gives back. */
const MAX_MESSAGES = 200;
/** Said at once without an answer; the node closes a line that says more than 20. */
const MAX_IN_FLIGHT = 10;
/** Ids in one `seen`. */
const MAX_SEEN = 100;
/** Without a further word nobody types any more. */
const TYPING_LASTS_MS = 10_000;
/** The visitor's own typing is told at most so often. */
const TYPING_TOLD_EVERY_MS = 3_000;
/** A message without its echo for so long means that the line is dead. */
const ECHO_DUE_MS = 10_000;

export const nothingKept = (): Kept => ({ phase: 'none', start: null, ended_by: null, messages: [], pending: [] });

export class Conversation {
  typing_until_ms = 0;
  form_fault: { field: string | null } | null = null;
  private typing_told_at_ms = 0;
  /** A long state comes in several frames. */
  private coming: Message[] = [];

  constructor(readonly kept: Kept) {}

  start(form: Answers, page: string, language: string): Said[] {
    this.form_fault = null;
    this.kept.phase = 'starting';
    this.kept.start = { type: 'start', page, language, form };
    return [this.kept.start];
  }

  /** Puts a conversation that is over away. */
  anew(): void {
    Object.assign(this.kept, nothingKept());
  }

  say(id: string, text: string, now_ms: number): Said[] {
    this.kept.pending.push({ id, text, said_at_ms: null });
    this.typing_told_at_ms = 0;
    return this.next(now_ms);
  }

  sayAgain(id: string, now_ms: number): Said[] {
    const pending = this.kept.pending.find((one) => one.id === id);
    if (!pending) return [];
    delete pending.fault;
    pending.said_at_ms = null;
    return this.next(now_ms);
  }

  type(now_ms: number): Said[] {
    if (this.kept.phase !== 'open' || now_ms - this.typing_told_at_ms < TYPING_TOLD_EVERY_MS) return [];
    this.typing_told_at_ms = now_ms;
    return [{ type: 'typing', active: true }];
  }

  end(): Said[] {
    return this.kept.phase === 'open' ? [{ type: 'end' }] : [];
  }

  /** Tells of agents' messages that they came, or that the visitor looks at them. */
  see(state: 'delivered' | 'read'): Said[] {
    const news = this.fromAgents.filter((one) => one.state !== 'read' && one.state !== state).slice(0, MAX_SEEN);
    for (const one of news) one.state = state;
    return news.length > 0 ? [{ type: 'seen', ids: news.map(({ id }) => id), state }] : [];
  }

  get unread(): number {
    return this.fromAgents.filter(({ state }) => state !== 'read').length;
  }

  /** Who answered last. */
  get agent(): string | null {
    return this.fromAgents.at(-1)?.name ?? null;
  }

  private get fromAgents(): Message[] {
    return this.kept.messages.filter(({ from }) => from === 'agent');
  }

  /** Whether the line must be made anew although nothing was heard of its end. */
  lineIsDead(now_ms: number): boolean {
    return this.kept.pending.some(({ fault, said_at_ms }) => !fault && said_at_ms !== null && now_ms - said_at_ms > ECHO_DUE_MS);
  }

  /** Nothing that was said on the old line counts as said. */
  lineIsLost(): void {
    for (const one of this.kept.pending) one.said_at_ms = null;
    this.coming = [];
    this.typing_until_ms = 0;
  }

  hear(frame: Heard, now_ms: number): Said[] {
    switch (frame.type) {
      case 'welcome':
        return [{ type: 'hello' }];
      case 'state':
        return this.stands(frame, now_ms);
      case 'started':
        this.opened();
        return this.next(now_ms);
      case 'message':
        this.take(frame);
        return this.next(now_ms);
      case 'status':
        this.readUntil(frame.id);
        return [];
      case 'typing':
        this.typing_until_ms = frame.active ? now_ms + TYPING_LASTS_MS : 0;
        return [];
      case 'ended':
        this.over(frame.by);
        return [];
      case 'fault':
        this.refused(frame);
        return [];
      default:
        // A newer node says more than this page knows.
        return [];
    }
  }

  /** The truth, after each new line. */
  private stands({ open, messages, first, more }: Extract<Heard, { type: 'state' }>, now_ms: number): Said[] {
    this.coming = first ? messages : [...this.coming, ...messages];
    if (more) return [];
    const whole = this.coming;
    this.coming = [];
    // The node does not keep what the agent has read; this tab was told.
    const read = this.kept.messages.findLast(({ from, state }) => from === 'visitor' && state === 'read');
    if (!open) {
      if (this.kept.start) return [this.kept.start];
      if (this.kept.phase === 'open') this.over(null);
      return [];
    }
    this.kept.messages = [];
    for (const message of whole) this.take(message);
    if (read) this.readUntil(read.id);
    this.opened();
    return this.next(now_ms);
  }

  private opened(): void {
    Object.assign(this.kept, { phase: 'open', start: null, ended_by: null });
  }

  /** What waits and may go now. */
  private next(now_ms: number): Said[] {
    if (this.kept.phase !== 'open') return [];
    const waiting = this.kept.pending.filter(({ fault }) => !fault);
    const flying = waiting.filter(({ said_at_ms }) => said_at_ms !== null).length;
    const now = waiting.filter(({ said_at_ms }) => said_at_ms === null).slice(0, Math.max(0, MAX_IN_FLIGHT - flying));
    for (const one of now) one.said_at_ms = now_ms;
    return now.map(({ id, text }) => ({ type: 'say', id, text }));
  }

  /** Puts a message where it belongs; one that is known is replaced. */
  private take({ id, from, name, text, at, state }: Message): void {
    const { kept } = this;
    const message = { id, from, name, text, at, state };
    kept.pending = kept.pending.filter((one) => one.id !== id);
    if (from === 'agent') this.typing_until_ms = 0;
    const known = kept.messages.findIndex((one) => one.id === id);
    if (known >= 0) kept.messages[known] = message;
    else kept.messages.push(message);
    kept.messages.splice(0, kept.messages.length - MAX_MESSAGES);
  }

  private readUntil(id: string): void {
    const last = this.kept.messages.findIndex((one) => one.id === id);
    for (const one of this.kept.messages.slice(0, last + 1)) if (one.from === 'visitor') one.state = 'read';
  }

  private over(by: 'visitor' | 'agent' | null): void {
    Object.assign(this.kept, { phase: 'ended', start: null, ended_by: by });
    for (const one of this.kept.pending) one.fault ??= 'not_started';
    this.typing_until_ms = 0;
  }

  private refused({ code, field, id }: Extract<Heard, { type: 'fault' }>): void {
    const pending = this.kept.pending.find((one) => one.id === id);
    if (pending) pending.fault = code;
    if (code === 'not_started' && this.kept.phase === 'open') this.over(null);
    if (code !== 'form') return;
    this.form_fault = { field };
    this.kept.phase = 'none';
    this.kept.start = null;
  }
}
