import type { Plugin } from '../shapes';
import { say } from './words';

const CODES = ['out_of_memory', 'out_of_time', 'too_much', 'too_slow', 'trap'] as const;

/** How a plugin failed last, in the reader's language; why it cannot be loaded, as the node says it. */
export function faultOf({ state, fault, last_fault }: Pick<Plugin, 'state' | 'fault' | 'last_fault'>): string {
  const code = CODES.find((one) => one === last_fault?.code);
  if (!last_fault || !code || state === 'faulty') return fault ?? '';
  return say(`fault_${code}`, { owner: last_fault.owner, n: last_fault.n ?? 0, detail: last_fault.detail ?? '' });
}
