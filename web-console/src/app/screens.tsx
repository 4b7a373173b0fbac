// The modules: where each is, who sees it, and its code. What agents do not use is loaded when it is opened.

import type { ComponentType } from 'preact';

import type { Permission } from '../api/types';
import { may, me } from '../live/me';
import type { IconName } from '../ui';
import type { say } from './words';

export interface Screen {
  /** The first part of the route. */
  path: string;
  word: Parameters<typeof say>[0];
  icon: IconName;
  /** One of these is enough. */
  for: readonly Permission[];
  load: () => Promise<{ default: ComponentType<{ path: readonly string[] }> }>;
}

const calls = () => import('../call_log/call_log');

export const SCREENS: readonly Screen[] = [
  { path: 'desk', word: 'attendance', icon: 'headset', for: ['attend'], load: () => import('../workspace/workspace') },
  { path: 'contacts', word: 'contacts', icon: 'contact', for: ['contacts.edit'], load: () => import('../contact/screen') },
  { path: 'calls', word: 'calls', icon: 'book', for: ['interactions.read_all'], load: calls },
  { path: 'supervise', word: 'monitoring', icon: 'board', for: ['supervise'], load: () => import('../supervise/supervise') },
  {
    path: 'admin',
    word: 'administration',
    icon: 'rule',
    for: ['users.manage', 'telephony.manage', 'queues.manage', 'inboxes.manage', 'plugins.manage', 'tokens.manage', 'audit.read'],
    load: () => import('../admin/admin'),
  },
];

/** What everybody may open who is led there: his own things. */
export const ALWAYS: readonly Pick<Screen, 'path' | 'load'>[] = [
  { path: 'profile', load: () => import('../profile/profile') },
  { path: 'calls', load: calls },
];

export const mine = () => SCREENS.filter((screen) => screen.for.some(may));

/** Where one begins (F022): agents at their work, administrators at theirs. */
export function home(): string {
  const all = mine();
  const first = me.value?.role === 'administrator' ? all.find((screen) => screen.path === 'admin') : undefined;
  return (first ?? all[0])?.path ?? 'profile';
}
