import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import type { Interaction, Visitor } from '../api/types';
import { change } from '../live/verbs';
import { Button, Facts, TextField, Timer, tell, toast } from '../ui';
import { moment, telephone } from '../words/language';
import { say } from './words';

/** What is known of the visitor, and what the agent may add; nothing has to be filled in (F146 to F150). */
export function VisitorData({ interaction, readonly }: { interaction: Interaction; readonly?: boolean }) {
  const visitor: Visitor = interaction.visitor ?? {};
  const name = useSignal(visitor.name ?? '');
  const email = useSignal(visitor.email ?? '');
  useEffect(() => {
    name.value = visitor.name ?? '';
    email.value = visitor.email ?? '';
  }, [interaction.id, visitor.name, visitor.email]);
  const changed = name.value !== (visitor.name ?? '') || email.value !== (visitor.email ?? '');
  async function save(event: Event) {
    event.preventDefault();
    const done = await tell(() => change(interaction, { visitor: { ...visitor, name: name.value.trim(), email: email.value.trim() } }));
    if (done) toast(say('saved'), { kind: 'good' });
  }
  const form = Object.entries(visitor.form ?? {}).filter(([key]) => key !== 'name' && key !== 'email');
  return (
    <>
      <Facts
        facts={[
          readonly && visitor.name ? [say('name'), visitor.name] : null,
          readonly && visitor.email ? [say('email'), visitor.email] : null,
          visitor.origin ? [say('origin'), visitor.origin] : null,
          [say('started'), moment(interaction.started_at_ms)],
          [say('duration'), <Timer key="duration" since={interaction.started_at_ms} until={interaction.closed_at_ms} long />],
          visitor.browser ? [say('browser'), visitor.browser] : null,
          visitor.os ? [say('system'), visitor.os] : null,
          visitor.ip ? [say('ip'), visitor.ip] : null,
          // What an administrator asks himself is called as he called it.
          ...form.map(([key, value]) => [key === 'phone' ? say('phone') : key, key === 'phone' ? telephone(value) : value] as const),
        ]}
      />
      {!readonly && (
        <form class="stack" onSubmit={save}>
          <TextField label={say('name')} maxLength={120} value={name.value} onChange={(value) => (name.value = value)} />
          <TextField label={say('email')} type="email" maxLength={254} value={email.value} onChange={(value) => (email.value = value)} hint={say('visitor_hint')} />
          {changed && (
            <div>
              <Button size="small" kind="primary" submit>
                {say('save')}
              </Button>
            </div>
          )}
        </form>
      )}
    </>
  );
}
