import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

import type { Problem } from '../api/problem';
import { farewell, logIn } from '../live/me';
import { Button, FormProblem, Select, TextField, useAction } from '../ui';
import { type Language, choose, language } from '../words/language';
import { say } from './words';

/** `children`: what must not be lost meanwhile; it has the keys. */
export function LogIn({ children }: { children?: ComponentChildren }) {
  const email = useSignal('');
  const password = useSignal('');
  const action = useAction(() => logIn(email.value.trim(), password.value));
  const why = farewell.value;
  async function submit(event: Event) {
    event.preventDefault();
    if (!(await action.run())) password.value = '';
  }
  return (
    <Gate title={say('title')}>
      {why !== 'none' && (
        <p class="gate-note" role="status">
          {say(why)}
        </p>
      )}
      {children}
      <form class="stack" onSubmit={submit}>
        <TextField label={say('email')} type="email" name="email" autocomplete="username" autofocus={!children} required value={email.value} onChange={(text) => (email.value = text)} />
        <TextField label={say('password')} type="password" name="password" autocomplete="current-password" required value={password.value} onChange={(text) => (password.value = text)} error={wrong(action.problem)} />
        {!wrong(action.problem) && <FormProblem problem={action.problem} />}
        <Button kind="primary" submit busy={action.pending}>
          {say('enter')}
        </Button>
      </form>
    </Gate>
  );
}

// Which of the two is wrong is not told, so that nobody learns who has a log-in.
function wrong(problem: Problem | null): string | null {
  if (problem?.status === 401) return say('bad');
  if (problem?.status === 429 && problem.retryAfterS) return say('too_many', { n: problem.retryAfterS });
  return null;
}

/** What stands before the console: one card. */
export function Gate({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="gate" id="main">
      <div class="gate-card">
        <header class="gate-head">
          <img src="/icon.svg" alt="" />
          <h1>{title}</h1>
        </header>
        {children}
        <footer class="gate-foot">
          <span class="soft">Ramal</span>
          <Select
            bare
            label={say('language')}
            value={language.value}
            onChange={(wanted) => choose(wanted as Language)}
            choices={[
              { value: 'pt-BR', label: 'Português' },
              { value: 'en', label: 'English' },
            ]}
          />
        </footer>
      </div>
    </main>
  );
}
