// A rule as the form holds it: one kind, one destination, everything as it is typed.

import { numberOf, textOfNumber } from '../draft';
import type { DialRule } from '../shapes';

export type Kind = 'from_trunk' | 'dial' | 'prefix';
export type Target = 'queue' | 'extension' | 'service' | 'announcement';

export interface RuleDraft {
  kind: Kind;
  trunk: string;
  number: string;
  dial: string;
  prefix: string;
  strip: string;
  prepend: string;
  min_digits: string;
  max_digits: string;
  allow: string[];
  target: Target;
  /** The destination's name, of whatever kind it is. */
  to: string;
}

export function draftOf(rule: DialRule | null): RuleDraft {
  const { dial, prefix, from_trunk, trunk, number = '*', strip, prepend = '', min_digits, max_digits, allow = [], ...to } = rule ?? {};
  const target = (['queue', 'extension', 'service', 'announcement'] as const).find((key) => to[key] !== undefined) ?? 'queue';
  return {
    kind: dial !== undefined ? 'dial' : prefix !== undefined ? 'prefix' : 'from_trunk',
    trunk: from_trunk ?? trunk ?? '',
    number, dial: dial ?? '', prefix: prefix ?? '', strip: textOfNumber(strip), prepend, min_digits: textOfNumber(min_digits), max_digits: textOfNumber(max_digits), allow,
    target,
    to: to[target] ?? '',
  };
}

/** Whether anything is still to be chosen. */
export function isComplete({ kind, trunk, number, dial, prefix, to }: RuleDraft): boolean {
  switch (kind) {
    case 'from_trunk':
      return trunk !== '' && number.trim() !== '' && to.trim() !== '';
    case 'dial':
      return dial.trim() !== '' && to.trim() !== '';
    case 'prefix':
      return trunk !== '' && prefix.trim() !== '';
  }
}

export function ruleOf(now: RuleDraft): DialRule {
  switch (now.kind) {
    case 'from_trunk':
      return { from_trunk: now.trunk, number: now.number.trim() || '*', ...destination(now) };
    case 'dial':
      return { dial: now.dial.trim(), ...destination(now) };
    case 'prefix':
      return { prefix: now.prefix.trim(), trunk: now.trunk, ...outside(now) };
  }
}

const destination = ({ target, to }: RuleDraft): DialRule => ({ [target]: to.trim() });

function outside({ strip, prepend, min_digits, max_digits, allow }: RuleDraft): DialRule {
  const numbers = Object.entries({ strip, min_digits, max_digits }).flatMap(([key, text]) => {
    const value = numberOf(text);
    return value === null ? [] : [[key, value]];
  });
  return { ...(Object.fromEntries(numbers) as DialRule), ...(prepend.trim() ? { prepend: prepend.trim() } : {}), ...(allow.length > 0 ? { allow } : {}) };
}
