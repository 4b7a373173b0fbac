// The line to the node: a WebSocket that is made again until it is closed on purpose.

import type { Heard, Said } from './frames';

export type LineState = 'off' | 'connecting' | 'up' | 'lost';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** A line that is silent for so long is asked whether it lives. */
const SILENCE_MS = 25_000;
const PONG_DUE_MS = 10_000;

/** What the line tells. */
export interface Listener {
  /** Asked for each time the line is made. */
  address(): string;
  hear(frame: Heard): void;
  changed(state: LineState): void;
}

export class Line {
  state: LineState = 'off';
  private socket: WebSocket | null = null;
  private wait_ms = FIRST_WAIT_MS;
  private timer = 0;
  private heard_at_ms = 0;
  private pinged_at_ms = 0;

  constructor(private readonly listener: Listener) {
    addEventListener('online', () => this.atOnce());
    // Timers sleep in a page that nobody looks at.
    document.addEventListener('visibilitychange', () => document.hidden || this.atOnce());
  }

  open(): void {
    if (this.state === 'off') this.connect('connecting');
  }

  close(): void {
    this.drop();
    this.wait_ms = FIRST_WAIT_MS;
    this.become('off');
  }

  /** The old socket is dead, whatever it says. */
  again(): void {
    if (this.state === 'up') this.connect('lost');
  }

  say(frames: Said[]): void {
    if (this.state === 'up') for (const frame of frames) this.socket?.send(JSON.stringify(frame));
  }

  tick(now_ms: number): void {
    if (this.state !== 'up' || now_ms - this.heard_at_ms < SILENCE_MS) return;
    if (this.pinged_at_ms < this.heard_at_ms) {
      this.pinged_at_ms = now_ms;
      this.say([{ type: 'ping' }]);
    } else if (now_ms - this.pinged_at_ms > PONG_DUE_MS) {
      this.again();
    }
  }

  private atOnce(): void {
    if (this.state === 'lost') this.connect('lost');
  }

  private connect(state: LineState): void {
    this.drop();
    this.become(state);
    const socket = new WebSocket(this.listener.address());
    this.socket = socket;
    socket.onmessage = ({ data }) => this.heard(data);
    socket.onclose = () => this.retry();
  }

  private heard(data: unknown): void {
    const frame = parsed(data);
    if (!frame) return;
    this.heard_at_ms = Date.now();
    if (frame.type === 'welcome') {
      this.wait_ms = FIRST_WAIT_MS;
      this.become('up');
    }
    this.listener.hear(frame);
  }

  private retry(): void {
    this.drop();
    this.become('lost');
    // Spread out, so that not all pages come back in the same instant.
    this.timer = window.setTimeout(() => this.connect('lost'), this.wait_ms * (1 + Math.random() / 2));
    this.wait_ms = Math.min(this.wait_ms * 2, LONGEST_WAIT_MS);
  }

  private drop(): void {
    clearTimeout(this.timer);
    if (!this.socket) return;
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }

  private become(state: LineState): void {
    if (this.state === state) return;
    this.state = state;
    this.listener.changed(state);
  }
}

function parsed(data: unknown): Heard | null {
  try {
    const frame: unknown = JSON.parse(String(data));
    return typeof frame === 'object' && frame !== null && 'type' in frame ? (frame as Heard) : null;
  } catch {
    return null;
  }
}
