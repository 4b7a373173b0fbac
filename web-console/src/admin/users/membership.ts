// Which queues a user belongs to. The queue keeps its members, so a change here is one of queues.

import { get, patch } from '../../api/client';
import type { List, Queue } from '../shapes';

export const queuesOf = (user: number, queues: readonly Queue[]): number[] => queues.filter(({ members }) => members.includes(user)).map(({ id }) => id);

/** Puts the user into these queues and takes him out of all others. */
export async function setQueues(user: number, wanted: readonly number[]): Promise<void> {
  const { items } = await get<List<Queue>>('/queues', { limit: 100 });
  for (const { id, members } of items) {
    const [is, shall] = [members.includes(user), wanted.includes(id)];
    if (is !== shall) await patch(`/queues/${id}`, { members: shall ? [...members, user] : members.filter((member) => member !== user) });
  }
}
