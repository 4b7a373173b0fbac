// What a panel shows when it has nothing, waits, or was refused.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

import type { Problem } from '../api/problem';
import { Button } from './button';
import { Icon, type IconName } from './icon';
import { causeOf, textOf } from './problem-text';
import { say } from './words';

export function Empty({ icon = 'inbox', title, children }: { icon?: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="state">
      <Icon name={icon} size={32} />
      <p class="state-title">{title}</p>
      {children && <div class="soft">{children}</div>}
    </div>
  );
}

/** What failed, whose fault, what to do, and again. */
export function ErrorState({ problem, onRetry }: { problem: Problem; onRetry?: () => unknown }) {
  return (
    <div class="state" role="alert">
      <Icon name="alert" size={32} class="stop" />
      <p class="state-title">{textOf(problem)}</p>
      {causeOf(problem) && <p class="soft">{causeOf(problem)}</p>}
      {onRetry && (
        <Button icon="retry" onClick={onRetry}>
          {say('again')}
        </Button>
      )}
    </div>
  );
}

/** What is to blame for a refusal; a group of ticks is marked as a whole. */
const BLAMED = '[aria-invalid], [data-invalid]';

/** A refusal above the buttons of a form; not shown where the field to blame says it already. Whichever says it is brought into view. */
export function FormProblem({ problem }: { problem: Problem | null }) {
  const place = useRef<HTMLParagraphElement>(null);
  const marked = useSignal(false);
  // Whether there is such a field only the form as it stands can tell.
  useLayoutEffect(() => {
    const blamed = place.current?.closest('form, dialog, .screen')?.querySelector<HTMLElement>(BLAMED) ?? null;
    marked.value = blamed !== null;
    if (!problem) return;
    const told = problem.field === null ? null : blamed;
    const shown = told ?? place.current;
    // A group itself takes no focus, its first control does.
    (told?.matches('fieldset') ? told.querySelector<HTMLElement>('input') : shown)?.focus({ preventScroll: true });
    shown?.scrollIntoView({ block: 'center' });
  }, [problem]);
  if (!problem) return null;
  return (
    <p class="form-problem" role="alert" ref={place} tabIndex={-1} hidden={problem.field !== null && marked.value}>
      <Icon name="alert" size={16} />
      <span>
        {textOf(problem)} <span class="soft">{causeOf(problem)}</span>
      </span>
    </p>
  );
}

/** Grey lines where text will be. */
export function Skeleton({ lines = 3 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status" aria-label={say('loading')}>
      {Array.from({ length: lines }, (_, at) => (
        <span key={at} />
      ))}
    </div>
  );
}
