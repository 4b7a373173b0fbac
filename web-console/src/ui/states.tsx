// What a panel shows when it has nothing, waits, or was refused.

import type { ComponentChildren } from 'preact';

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

/** A refusal above the buttons of a form. */
export function FormProblem({ problem }: { problem: Problem | null }) {
  if (!problem || problem.field) return null;
  return (
    <p class="form-problem" role="alert">
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
