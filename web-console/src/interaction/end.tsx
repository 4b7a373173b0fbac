import { useSignal } from '@preact/signals';

import type { Interaction } from '../api/types';
import { end } from '../live/verbs';
import { Button, Dialog, FormProblem, Select, useAction } from '../ui';
import { titleOf } from './state';
import { say } from './words';

/** Asks once, with the disposition where the queue has any (F102, F176). */
export function End({ interaction, onClose, onDone }: { interaction: Interaction; onClose: () => void; onDone: () => void }) {
  const disposition = useSignal(String(interaction.disposition?.id ?? ''));
  const action = useAction(() => end(interaction.id, disposition.value ? Number(disposition.value) : null));
  async function submit() {
    if (!(await action.run())) return;
    onClose();
    onDone();
  }
  const calling = interaction.call !== null && interaction.call.state !== 'ended';
  return (
    <Dialog
      title={say('end')}
      size="small"
      onClose={onClose}
      onSubmit={submit}
      actions={
        <>
          <Button onClick={onClose}>{say('cancel_end')}</Button>
          <Button kind="primary" submit busy={action.pending}>
            {say('end')}
          </Button>
        </>
      }
    >
      <p>{say('end_text', { name: titleOf(interaction) })}</p>
      {calling && <p>{say('end_call_first')}</p>}
      {interaction.dispositions.length > 0 && (
        <Select
          label={say('disposition')}
          hint={say('disposition_hint')}
          none={say('disposition_none')}
          value={disposition.value}
          onChange={(value) => (disposition.value = value)}
          choices={interaction.dispositions.map(({ id, title }) => ({ value: String(id), label: title }))}
          error={action.at('disposition_id')}
        />
      )}
      <FormProblem problem={action.problem} />
    </Dialog>
  );
}
