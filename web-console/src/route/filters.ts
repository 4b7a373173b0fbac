// What a list is filtered by. It stands in the address: it can be shared, and is there again after a reload and the way back.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import { filters, refine } from './route';

const AFTER_MS = 250;

/** The filters of these names, each empty where it is not set. */
export function chosenOf<K extends string>(...names: readonly K[]): Record<K, string> {
  return Object.fromEntries(names.map((name) => [name, filters.value[name] ?? ''])) as Record<K, string>;
}

/** One of these words, whatever the address says. */
export const oneOf = <W extends string>(words: readonly W[], chosen: string): W | '' => words.find((word) => word === chosen) ?? '';

export interface Typed {
  /** As it stands in the field. */
  text: string;
  set: (text: string) => void;
  /** What is to be looked for: what was typed, once the keys rest. */
  asked: string;
}

/** A filter that one types. */
export function useTyped(name: string): Typed {
  const asked = filters.value[name] ?? '';
  const text = useSignal(asked);
  const told = useRef(asked);
  useEffect(() => {
    // Not by this field: another address of the same list.
    if (asked !== told.current) [told.current, text.value] = [asked, asked];
  }, [asked]);
  useEffect(() => {
    const timer = setTimeout(() => {
      told.current = text.peek().trim();
      if (told.current !== (filters.peek()[name] ?? '')) refine({ [name]: told.current });
    }, AFTER_MS);
    return () => clearTimeout(timer);
  }, [text.value]);
  return { text: text.value, set: (value) => (text.value = value), asked };
}
