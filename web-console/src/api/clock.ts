// The server's clock: this machine's may be wrong by minutes, and timers of two agents must agree.

import { signal } from '@preact/signals';

let aheadMs = 0;

/** The server's time now, in milliseconds since 1970. */
export const now = () => Date.now() + aheadMs;

/** `now`, taken anew each second: what reads it in a component ticks. */
export const seconds = signal(Date.now());

// A tick that took longer than this to come would set the clock wrong.
const WORTH_SETTING_MS = 250;

/** Told with every word of the server's time. */
export function setClock(serverMs: number) {
  const ahead = serverMs - Date.now();
  if (Math.abs(ahead - aheadMs) > WORTH_SETTING_MS) aheadMs = ahead;
  seconds.value = now();
}

setInterval(() => {
  seconds.value = now();
}, 1000);
