// The server's events: one WebSocket, opened again whenever it ends. What was missed is sent again, or the whole desk is.

import { signal } from '@preact/signals';

import { ROOT } from '../api/client';
import type { Desk } from '../api/types';
import { apply, take } from './desk';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
// A tick comes every 15 s: two missed, and the connection is dead whatever the browser thinks.
const SILENCE_MS = 35_000;
// A gap shorter than this is "catching up", a longer one "offline".
const PATIENCE_MS = 3_000;
const TRY_AFTER_REFUSALS = 3;
// The server closes so when the log-in ended.
const LOGGED_OUT = 4401;

/** Whether what is seen is what is. */
export const reach = signal<'live' | 'catching_up' | 'offline'>('catching_up');

/** Names the run of the gateway that is spoken to: another one after its restart. */
export const epoch = signal<string | null>(null);

interface Frame {
  type: string;
  seq?: number;
  data?: unknown;
}

let socket: WebSocket | null = null;
let wanted = false;
let seq: number | null = null;
let pauseMs = FIRST_PAUSE_MS;
let refusals = 0;
let silence = 0;
let patience = 0;
let signedOut = () => {};

/** Listens until `hangUpOnEvents`; `over` is told when the server ends the log-in. */
export function listen(over: () => void) {
  signedOut = over;
  wanted = true;
  epoch.value = null;
  [seq, pauseMs, refusals] = [null, FIRST_PAUSE_MS, 0];
  open();
}

export function hangUpOnEvents() {
  wanted = false;
  clearTimeout(silence);
  clearTimeout(patience);
  socket?.close();
  socket = null;
}

function open() {
  if (!wanted) return;
  const address = new URL(`${ROOT}/events`, location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  if (epoch.value !== null && seq !== null) {
    address.searchParams.set('epoch', epoch.value);
    address.searchParams.set('after', String(seq));
  }
  const now = new WebSocket(address);
  let opened = false;
  socket = now;
  now.addEventListener('open', () => {
    opened = true;
    refusals = 0;
  });
  now.addEventListener('message', ({ data }) => {
    if (now !== socket) return;
    watch();
    read(JSON.parse(String(data)) as Frame);
  });
  now.addEventListener('close', ({ code }) => {
    if (now !== socket) return;
    if (code === LOGGED_OUT) return signedOut();
    again(opened);
  });
  watch();
}

function watch() {
  clearTimeout(silence);
  silence = setTimeout(() => {
    const dead = socket;
    dead?.close();
    // A dead connection may take minutes to say that it is closed.
    if (dead && dead === socket) again(true);
  }, SILENCE_MS);
}

function again(opened: boolean) {
  clearTimeout(silence);
  socket = null;
  if (!wanted) return;
  if (reach.value === 'live') {
    reach.value = 'catching_up';
    patience = setTimeout(() => (reach.value = 'offline'), PATIENCE_MS);
  }
  // A handshake that is refused tells a page nothing: a plain request finds out whether the log-in is over.
  if (!opened && ++refusals % TRY_AFTER_REFUSALS === 0) void ask();
  // Half of the pause is drawn, so that many pages do not come back at once.
  setTimeout(open, pauseMs / 2 + Math.random() * (pauseMs / 2));
  pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
}

async function ask() {
  const response = await fetch(`${ROOT}/me`, { credentials: 'same-origin', cache: 'no-store' }).catch(() => null);
  if (response?.status === 401 && wanted) signedOut();
}

function read(frame: Frame) {
  if (frame.type === 'hello') {
    const { epoch: theirs, resumed } = frame.data as { epoch: string | number; resumed: boolean };
    epoch.value = String(theirs);
    if (resumed) live();
    if (frame.seq !== undefined && !resumed) seq = frame.seq;
    return;
  }
  if (frame.seq !== undefined) seq = frame.seq;
  if (frame.type === 'snapshot') {
    take((frame.data as { desk: Desk }).desk);
    return live();
  }
  if (frame.type === 'signed_out') return signedOut();
  apply(frame.type, frame.data);
}

function live() {
  clearTimeout(patience);
  pauseMs = FIRST_PAUSE_MS;
  reach.value = 'live';
}

// The network came back: no need to wait out the pause.
window.addEventListener('online', () => {
  if (wanted && !socket) open();
});
