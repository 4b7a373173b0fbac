import type { Plugin } from '../shapes';
import { say } from './words';

const CODES = ['out_of_memory', 'out_of_time', 'too_much', 'too_slow', 'trap'] as const;

/** Why a file is no plugin. */
const FILES = ['damaged', 'no_component', 'no_manifest'] as const;

/** How a plugin failed last, or why it cannot be loaded, in the reader's language; what there are no words for as the node says it. */
export function faultOf({ state, fault, fault_code, last_fault }: Pick<Plugin, 'state' | 'fault' | 'fault_code' | 'last_fault'>): string {
  const code = CODES.find((one) => one === last_fault?.code);
  if (state === 'faulty' && fault) return say(`file_${FILES.find((one) => one === fault_code) ?? 'other'}`, { fault });
  if (!last_fault || !code) return fault ?? '';
  return say(`fault_${code}`, { owner: last_fault.owner, n: last_fault.n ?? 0, detail: last_fault.detail ?? '' });
}
