import { type ReadonlySignal, effect, signal, untracked } from '@preact/signals';

import { asProblem } from '../api/problem';
import { Button, IconButton } from './button';
import { Icon, type IconName } from './icon';
import { causeOf, textOf } from './problem-text';
import { say } from './words';

type Kind = 'plain' | 'good' | 'warn' | 'stop';

interface Toast {
  id: number;
  kind: Kind;
  text: string;
  more: string;
  action: { label: string; run: () => unknown } | null;
}

const SHOWN_MS = 5_000;
const SHOWN_WITH_FAULT_MS = 10_000;
// More than these at once nobody reads: the oldest goes.
const MOST = 4;
const ICONS: Record<Kind, IconName> = { plain: 'bell', good: 'check', warn: 'alert', stop: 'alert' };

const shown = signal<readonly Toast[]>([]);
let last = 0;

/** A word in the corner that goes by itself, or by what is returned. An effect that tells something does not watch what else is told. */
export function toast(text: string, { kind = 'plain', more = '', action = null }: Partial<Omit<Toast, 'id' | 'text'>> = {}) {
  const id = ++last;
  shown.value = [...shown.peek().slice(1 - MOST), { id, kind, text, more, action }];
  setTimeout(() => dismiss(id), kind === 'plain' || kind === 'good' ? SHOWN_MS : SHOWN_WITH_FAULT_MS);
  return () => dismiss(id);
}

/** Tells of each new value, once: words that are read for it in another language later tell nothing again. */
export function whenever<T>(what: ReadonlySignal<T | null>, run: (value: T) => void) {
  effect(() => {
    const value = what.value;
    if (value !== null) untracked(() => run(value));
  });
}

/** Tells of a refusal, whoever's fault. */
export function toastProblem(error: unknown, again?: () => unknown) {
  const problem = asProblem(error);
  toast(textOf(problem), { kind: 'stop', more: causeOf(problem), action: again ? { label: say('again'), run: again } : null });
}

/** Runs what may be refused; a refusal is told in the corner. `false`: it was refused. */
export async function tell(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    toastProblem(error);
    return false;
  }
}

const dismiss = (id: number) => {
  shown.value = shown.value.filter((one) => one.id !== id);
};

/** Where toasts are shown; once in the page. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.value.map((one) => (
        <div key={one.id} class={`toast ${one.kind}`}>
          <Icon name={ICONS[one.kind]} />
          <div class="grow">
            <p>{one.text}</p>
            {one.more && <p class="small soft">{one.more}</p>}
          </div>
          {one.action && (
            <Button
              size="small"
              onClick={() => {
                dismiss(one.id);
                void one.action?.run();
              }}
            >
              {one.action.label}
            </Button>
          )}
          <IconButton icon="close" size="small" label={say('dismiss')} onClick={() => dismiss(one.id)} />
        </div>
      ))}
    </div>
  );
}
