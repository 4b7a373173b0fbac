// Why an Interaction waits: for each agent of its queue, what keeps it from him.

import type { Interaction } from '../api/types';
import { Avatar, Button, Dialog, ErrorState, Skeleton, useResource } from '../ui';
import { clock } from '../words/language';
import { say as shared } from '../admin/words';
import { say } from './words';

const CODES = ['none', 'at_capacity', 'declined', 'idle_for_less', 'lost', 'more_open', 'not_logged_in', 'not_free', 'paused', 'wrap_up', 'without_capacity'] as const;

interface WhyNot {
  id: number;
  name: string;
  /** Empty: nothing speaks against it. */
  reasons: string[];
  figures: { open?: number; of?: number; until_ms?: number };
}

interface Answer {
  state: 'waiting' | 'offered' | 'open';
  ahead: number;
  agents: WhyNot[];
}

export function Why({ interaction, onClose }: { interaction: Interaction; onClose: () => void }) {
  const why = useResource<Answer>(`/interactions/${interaction.id}/why`);
  return (
    <Dialog title={say('why_title')} onClose={onClose} actions={<Button onClick={onClose}>{shared('back')}</Button>}>
      <p class="soft">
        {interaction.contact?.name ?? interaction.title} · <span class="mono">{interaction.protocol}</span>
      </p>
      {why.problem && <ErrorState problem={why.problem} onRetry={why.reload} />}
      {why.loading && !why.data && <Skeleton lines={4} />}
      {why.data && <Reasons {...why.data} />}
    </Dialog>
  );
}

function Reasons({ state, ahead, agents }: Answer) {
  const place = state === 'open' ? say('taken') : state === 'offered' ? say('offered') : ahead === 0 ? say('first') : say('ahead', { n: ahead });
  return (
    <>
      <p>
        <strong>{place}</strong>
      </p>
      {agents.length === 0 && state !== 'open' && <p>{say('why_nobody')}</p>}
      <ul class="why">
        {agents.map(({ id, name, reasons, figures }) => (
          <li key={id}>
            <span class="who">
              <Avatar name={name} size={24} />
              <span class="cut">{name}</span>
            </span>
            <span>{(reasons.length > 0 ? reasons : ['none']).map((code) => textOf(code, figures)).join(', ')}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function textOf(code: string, { open = 0, of = 0, until_ms }: WhyNot['figures']): string {
  const known = CODES.find((one) => one === code);
  return known ? say(`why_${known}`, { open, of, at: until_ms === undefined ? '' : clock(until_ms) }) : code;
}
