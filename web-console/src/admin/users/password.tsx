import { useSignal } from '@preact/signals';

import { put } from '../../api/client';
import type { User } from '../../api/types';
import { Button, FormProblem, TextField, toast, useAction } from '../../ui';
import { say } from './words';

export function SetPassword({ user }: { user: User }) {
  const password = useSignal('');
  const again = useSignal('');
  const action = useAction(async () => {
    await put(`/users/${user.id}/password`, { password: password.value });
    password.value = again.value = '';
    toast(say('password_done'), { kind: 'good' });
  });
  const differs = again.value !== '' && again.value !== password.value;
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (password.value && again.value === password.value) void action.run();
      }}
    >
      <p class="soft">{say('password_lead')}</p>
      <TextField label={say('password')} type="password" autocomplete="new-password" value={password.value} onChange={(text) => (password.value = text)} error={action.at('password')} />
      <TextField label={say('password_again')} type="password" autocomplete="new-password" value={again.value} onChange={(text) => (again.value = text)} error={differs ? say('password_differs') : null} />
      <FormProblem problem={action.problem} />
      <div class="form-foot">
        <Button kind="primary" submit busy={action.pending} disabled={!password.value || again.value !== password.value}>
          {say('password_set')}
        </Button>
      </div>
    </form>
  );
}
