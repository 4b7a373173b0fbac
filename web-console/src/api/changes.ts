// Nouns of which the server said that they changed, each with how often; screens that show them read again.

import { signal } from '@preact/signals';

export const changes = signal<Readonly<Record<string, number>>>({});

/** `changed {what}` came. */
export const noteChange = (what: string) => {
  changes.value = { ...changes.value, [what]: (changes.value[what] ?? 0) + 1 };
};
