import type { Interaction, PageCall } from '../api/types';
import { calls } from '../live/calls';
import { interactions, offers } from '../live/desk';
import { answer, resume } from '../phone/phone';
import { Button, Icon, Timer, tell } from '../ui';
import { telephone } from '../words/language';
import { say } from './words';

/** The calls of the Seat beside those that are shown in full: who waits is seen, and is one press away. */
export function Others({ shown }: { shown: readonly string[] }) {
  const offered = [...offers.value.values()].map(({ interaction }) => interaction.call?.id);
  // Who is being brought into a call stands with that call, and what a queue offers is taken as an offer.
  const others = [...calls.value.values()].filter(({ id, joins, state }) => !shown.includes(id) && joins === null && !(state === 'ringing' && offered.includes(id)));
  if (others.length === 0) return null;
  return (
    <section class="other-calls" aria-label={say('others')}>
      <ul>
        {/* By its place: whoever switches with the keyboard stays on the button, which then leads back. */}
        {others.map((call, at) => (
          <Other key={at} call={call} />
        ))}
      </ul>
    </section>
  );
}

function Other({ call }: { call: PageCall }) {
  const of = [...interactions.value.values()].find((one) => one.call?.id === call.id);
  const [name, number] = [nameOf(call, of), call.number ?? call.dialled];
  const ringing = call.state === 'ringing';
  return (
    <li class={`other-call ${call.state}`} data-call={call.id} data-state={call.state}>
      <Icon name={call.state === 'held' ? 'pause' : 'phone'} size={16} />
      <p class="grow cut">
        <strong>{telephone(name)}</strong> {number && number !== name && <span class="soft small">{telephone(number)}</span>}
      </p>
      <span class="small" role="status">
        {say(call.state === 'talking' && call.conference?.asks_pin ? 'state_pin' : `state_${call.state}`)}
      </span>
      <span class="small soft">
        <Timer since={call.answered_at_ms ?? call.started_at_ms} />
      </span>
      {(ringing || call.state === 'held') && (
        <Button size="small" icon={ringing ? 'phone' : 'play'} label={say(ringing ? 'answer_name' : 'switch_name', { name: telephone(name) })} onClick={() => tell(() => (ringing ? answer(call.id) : resume(call.id)))}>
          {say(ringing ? 'answer' : 'switch')}
        </Button>
      )}
    </li>
  );
}

const nameOf = (call: PageCall, of: Interaction | undefined) => of?.contact?.name ?? call.name ?? of?.title ?? call.number ?? call.dialled ?? '';
