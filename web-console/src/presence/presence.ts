// Logging in to queues, pausing and coming back.

import { post } from '../api/client';
import type { Medium, Named, Presence, Standing } from '../api/types';
import { presence } from '../live/desk';
import { NoMicrophone } from '../phone/devices';
import { attach } from '../phone/phone';
import { tell, toast } from '../ui';
import { say } from './words';

export type Scope = 'all' | { medium: Medium } | { queue: number };

const send = (verb: string, body?: unknown) =>
  tell(async () => {
    presence.value = await post<Presence>(`/presence/${verb}`, body);
  });

/** Logs in to these. For a voice queue the microphone comes first: who cannot speak is told so, and not logged in to it. */
export async function join(queues: readonly Standing[]) {
  askToNotify();
  const voice = queues.some((queue) => queue.medium === 'voice');
  let wanted = queues;
  if (voice && !(await takeSeat())) wanted = queues.filter((queue) => queue.medium === 'chat');
  if (wanted.length > 0) await send('login', { queues: wanted.map((queue) => queue.queue_id) });
}

// Who comes to work wants to be told while another tab is in front; a browser asks only after a press.
function askToNotify() {
  if (typeof Notification !== 'undefined' && Notification.permission === 'default') void Notification.requestPermission();
}

async function takeSeat(): Promise<boolean> {
  try {
    await attach();
    return true;
  } catch (error) {
    if (error instanceof NoMicrophone) {
      toast(say(`microphone_${error.why}`), { kind: 'stop' });
      return false;
    }
    // What else is wrong the server says when one logs in.
    return true;
  }
}

export const leaveQueues = (queues: readonly Standing[]) => send('logout', { queues: queues.map((queue) => queue.queue_id) });
export const pause = (scope: Scope, reason: Named) => send('pause', { scope, reason_id: reason.id });
export const ready = (scope: Scope) => send('ready', { scope });
export const endWrapUp = () => send('wrap-up/end');

/** What the icon of a medium says of all its queues. */
export function stateOf(queues: readonly Standing[]): Standing['state'] {
  if (queues.some((queue) => queue.state === 'online')) return 'online';
  return queues.some((queue) => queue.state === 'paused') ? 'paused' : 'offline';
}

/** Reasons of several queues, each once. */
export function reasonsOf(queues: readonly Standing[]): Named[] {
  const all = new Map(queues.flatMap((queue) => queue.reasons).map((reason) => [reason.id, reason]));
  return [...all.values()];
}
