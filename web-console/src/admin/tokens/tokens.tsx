import { useSignal } from '@preact/signals';

import { post } from '../../api/client';
import { Button, Dialog, FormProblem, IconButton, TextField, useAction, usePages } from '../../ui';
import { Listing } from '../../ui/listing';
import { moment } from '../../words/language';
import { FormFoot, erase } from '../actions';
import { Once } from '../once';
import type { SectionProps } from '../sections';
import type { Token } from '../shapes';
import { say as shared } from '../words';
import { say } from './words';

export function Tokens(_: SectionProps) {
  const pages = usePages<Token>('/tokens', 'tokens');
  const making = useSignal(false);
  const made = useSignal<Token | null>(null);
  const create = (
    <Button kind="primary" icon="plus" onClick={() => (making.value = true)}>
      {say('new')}
    </Button>
  );
  async function forget(token: Token) {
    if (await erase(`/tokens/${token.id}`, token.name, say('delete_text'))) void pages.reload();
  }
  return (
    <>
      <Listing
        title={say('title')}
        lead={say('lead')}
        actions={create}
        pages={pages}
        keyOf={(token) => token.id}
        empty={{ icon: 'key', title: say('empty'), text: say('empty_text') }}
        columns={[
          { title: shared('title'), cell: (token) => token.name },
          { title: say('created'), cell: (token) => moment(token.created_at_ms) },
          { title: say('seen'), cell: ({ created_at_ms, seen_at_ms }) => (seen_at_ms && seen_at_ms > created_at_ms ? moment(seen_at_ms) : say('unseen')) },
          { title: shared('options'), cell: (token) => <IconButton icon="trash" label={shared('delete')} tipAt="left" onClick={() => forget(token)} />, width: 'least', align: 'end' },
        ]}
      />
      {making.value && (
        <NewToken
          onClose={() => (making.value = false)}
          onMade={(token) => {
            making.value = false;
            made.value = token;
            void pages.reload();
          }}
        />
      )}
      {made.value?.token && <Once title={say('made')} text={say('made_text')} values={[[say('token'), made.value.token]]} onClose={() => (made.value = null)} />}
    </>
  );
}

function NewToken({ onClose, onMade }: { onClose: () => void; onMade: (token: Token) => void }) {
  const name = useSignal('');
  const action = useAction(async () => onMade(await post<Token>('/tokens', { name: name.value })));
  return (
    <Dialog title={say('new')} size="small" onClose={onClose} onSubmit={action.run} actions={<FormFoot verb={shared('create')} busy={action.pending} disabled={!name.value.trim()} onClose={onClose} />}>
      <TextField label={say('name')} hint={say('name_hint')} value={name.value} onChange={(text) => (name.value = text)} required autofocus maxLength={100} error={action.at('name')} />
      <FormProblem problem={action.problem} />
    </Dialog>
  );
}
