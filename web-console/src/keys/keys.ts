// Keys that do things. What is on the screen says which it takes; off while one types, but for those with Ctrl or Alt.

import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

export interface Key {
  /** `a`, `?`, `Alt+1`, `Ctrl+K`: modifiers first, letters as the key says them. */
  key: string;
  label: string;
  run: () => unknown;
}

/** What can be pressed now, for the help. The newest of a key wins. */
export const keys = signal<readonly Key[]>([]);

/** Lends keys while the component is there. */
export function useKeys(lent: readonly Key[]) {
  const what = lent.map((one) => one.key + one.label).join();
  const latest = useRef(lent);
  latest.current = lent;
  useEffect(() => {
    const mine = lent.map((one, at) => ({ ...one, run: () => latest.current[at]?.run() }));
    keys.value = [...keys.value, ...mine];
    return () => {
      keys.value = keys.value.filter((one) => !mine.includes(one));
    };
  }, [what]);
}

const TYPING = 'input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]';

function nameOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  return [event.ctrlKey || event.metaKey ? 'Ctrl+' : '', event.altKey ? 'Alt+' : '', key].join('');
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.repeat || event.isComposing) return;
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
  const target = event.target instanceof Element ? event.target : null;
  if (plain && target?.closest(TYPING)) return;
  // A dialog has its own keys only.
  if (target?.closest('dialog') || document.querySelector('dialog[open]')) return;
  const found = keys.value.findLast((one) => one.key.toUpperCase() === nameOf(event).toUpperCase());
  if (!found) return;
  event.preventDefault();
  void found.run();
});
