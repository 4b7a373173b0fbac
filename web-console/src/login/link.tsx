import { useSignal } from '@preact/signals';

import { post } from '../api/client';
import type { Me } from '../api/types';
import { welcome } from '../live/me';
import { go } from '../route/route';
import { Button, Empty, ErrorState, FormProblem, Skeleton, TextField, useAction, useResource } from '../ui';
import { chosen, language } from '../words/language';
import { Gate } from './login';
import { say } from './words';

const SHORTEST = 10;

interface Link {
  email: string;
  name: string;
  purpose: 'setup' | 'reset';
}

/** The page of a one-time link: whoever holds it sets the password and is logged in. */
export function SetPassword({ token }: { token: string }) {
  const link = useResource<Link>(`/links/${encodeURIComponent(token)}`);
  if (link.problem?.status === 404 || link.problem?.status === 410) return <Gone />;
  if (link.problem) return <ErrorState problem={link.problem} onRetry={link.reload} />;
  if (!link.data) return <Skeleton />;
  return <Choose token={token} link={link.data} />;
}

function Gone() {
  return (
    <Gate title="Ramal">
      <Empty icon="link" title={say('link_gone')}>
        <p>{say('link_gone_text')}</p>
      </Empty>
      <Button onClick={() => go('login')}>{say('to_login')}</Button>
    </Gate>
  );
}

function Choose({ token, link }: { token: string; link: Link }) {
  const first = useSignal('');
  const second = useSignal('');
  const tried = useSignal(false);
  const action = useAction(async () => {
    // Whoever begins goes on in the language of the page that he begins with.
    const wanted = link.purpose === 'setup' ? language.value : (chosen.value ?? undefined);
    const me = await post<Me>(`/links/${encodeURIComponent(token)}`, { password: first.value, language: wanted });
    go();
    welcome(me);
  });
  const short = [...first.value].length < SHORTEST;
  const differ = first.value !== second.value;
  function submit(event: Event) {
    event.preventDefault();
    tried.value = true;
    if (!short && !differ) void action.run();
  }
  return (
    <Gate title={say(link.purpose === 'setup' ? 'link_setup' : 'link_reset')}>
      <form class="stack" onSubmit={submit} noValidate>
        <TextField label={say('email')} name="username" autocomplete="username" readonly value={link.email} onChange={() => {}} />
        <TextField
          label={say('password')}
          type="password"
          name="password"
          autocomplete="new-password"
          autofocus
          value={first.value}
          onChange={(text) => (first.value = text)}
          hint={say('long_enough', { n: SHORTEST })}
          error={tried.value && short ? say('too_short', { n: SHORTEST }) : action.at('password')}
        />
        <TextField
          label={say('again')}
          type="password"
          name="again"
          autocomplete="new-password"
          value={second.value}
          onChange={(text) => (second.value = text)}
          error={tried.value && !short && differ ? say('differ') : null}
        />
        <FormProblem problem={action.problem} />
        <Button kind="primary" submit busy={action.pending}>
          {say('set')}
        </Button>
      </form>
    </Gate>
  );
}
