// What a form holds until it is sent.

import { useSignal } from '@preact/signals';

export interface Draft<T> {
  now: T;
  set: (change: Partial<T>) => void;
  /** What differs from the beginning: all that a PATCH needs to say. */
  changes: () => Partial<T>;
  changed: boolean;
  /** What stands there now is the beginning from now on. */
  saved: () => void;
}

/** `ahead`: what is changed already when the form opens. */
export function useDraft<T extends object>(initial: T, ahead: Partial<T> = {}): Draft<T> {
  const first = useSignal(initial);
  const now = useSignal({ ...initial, ...ahead });
  const changes = () => differing(first.value, now.value);
  return {
    now: now.value,
    set: (change) => (now.value = { ...now.value, ...change }),
    changes,
    changed: Object.keys(changes()).length > 0,
    saved: () => (first.value = now.value),
  };
}

function differing<T extends object>(before: T, after: T): Partial<T> {
  const keys = Object.keys(after) as (keyof T)[];
  return Object.fromEntries(keys.filter((key) => JSON.stringify(after[key]) !== JSON.stringify(before[key])).map((key) => [key, after[key]])) as Partial<T>;
}

/** A number field's text; nothing where it is empty. */
export const numberOf = (text: string): number | null => (text.trim() === '' || Number.isNaN(Number(text)) ? null : Number(text));

export const textOfNumber = (value: number | null | undefined): string => (value === null || value === undefined ? '' : String(value));

/** Lines or words with commas as a list. */
export const listOf = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

/** Empty means: not set. */
export const orNull = (text: string): string | null => text.trim() || null;
