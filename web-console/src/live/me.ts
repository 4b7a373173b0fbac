// Who is logged in.

import { signal } from '@preact/signals';

import { get, patch, post, signedInWith } from '../api/client';
import { setClock } from '../api/clock';
import { Problem, asProblem } from '../api/problem';
import type { Me, Permission } from '../api/types';
import { chosen, speak } from '../words/language';
import { forget } from './desk';
import { hangUpOnEvents, listen } from './socket';

/** `undefined`: not known yet. */
export const me = signal<Me | null | undefined>(undefined);

/** Why nobody is logged in: shown at the log-in. */
export const farewell = signal<'none' | 'over' | 'left'>('none');

/** Why it could not be found out who is logged in. */
export const unreached = signal<Problem | null>(null);

export const may = (permission: Permission) => me.value?.permissions.includes(permission) ?? false;

type Leave = (why: 'over' | 'left') => unknown;
const leaving = new Set<Leave>();

/** Runs when the log-in ends, however it does: what holds devices or timers lets go. */
export const onLeave = (run: Leave) => leaving.add(run);

/** At the start of the page: the cookie of an earlier visit may still hold. */
export async function recall() {
  try {
    unreached.value = null;
    welcome(await get<Me>('/me'));
  } catch (error) {
    const problem = asProblem(error);
    if (problem.status === 401) me.value = null;
    else unreached.value = problem;
  }
}

export async function logIn(email: string, password: string) {
  const now = await post<Me>('/login', { email, password });
  // Chosen by hand beside the password: from now on his own, and nothing is shown in another one meanwhile.
  const wanted = chosen.value ?? now.language;
  chosen.value = null;
  welcome({ ...now, language: wanted });
  if (wanted !== now.language) welcome(await patch<Me>('/me', { language: wanted }));
}

/** After a log-in or a change of what is told about oneself. */
export function welcome(now: Me) {
  signedInWith(now.csrf, () => end('over'));
  setClock(now.server_time_ms);
  speak(now.language);
  const before = me.value;
  farewell.value = 'none';
  me.value = now;
  if (!before) listen(() => end('over'));
}

/** Logs out; the server refuses (409) while interactions are open. */
export async function logOut() {
  await post('/logout');
  end('left');
}

function end(why: 'over' | 'left') {
  if (!me.value) return;
  for (const run of leaving) run(why);
  hangUpOnEvents();
  signedInWith('', () => {});
  forget();
  farewell.value = why;
  me.value = null;
}
