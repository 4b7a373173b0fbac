// What a form of another screen is to begin with: a refused call leads there.

import { signal } from '@preact/signals';

import { go } from '../../route/route';
import type { DialRule } from '../shapes';

/** The trunk by name, or a new one, that gets this address. */
export interface SourceFor {
  trunk: string | null;
  address: string;
}

export const ruleToMake = signal<DialRule | null>(null);
export const sourceToAdd = signal<SourceFor | null>(null);
export const trunkToOpen = signal<string | null>(null);

export function makeRule(rule: DialRule) {
  ruleToMake.value = rule;
  go('admin', 'dial_rules');
}

export function addSource(source: SourceFor) {
  sourceToAdd.value = source;
  go('admin', 'trunks');
}

export function openTrunk(name: string) {
  trunkToOpen.value = name;
  go('admin', 'trunks');
}
