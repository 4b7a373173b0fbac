import type { PageParty } from '../api/types';
import { calls, isGuest, thirdFailed } from '../live/calls';
import { dropParty, endForAll, hangUp } from '../phone/phone';
import { Badge, Button, Icon, IconButton, confirm, tell, toast, whenever } from '../ui';
import { endReason } from '../ui/end-reason';
import { telephone } from '../words/language';
import { say } from './words';

const ICONS = { party: 'contact', third: 'contact', supervisor: 'headset' } as const;

/** Who is in a call beside the two: a third one, who can be dropped, or a supervisor who speaks; and who is being called (F069). */
export function Company({ call }: { call: string }) {
  const own = calls.value.get(call);
  const coming = [...calls.value.values()].filter(({ joins }) => joins === call);
  if (!own || own.others.length + coming.length === 0) return null;
  const mine = own.supervision === null;
  const thirds = own.others.filter(({ role }) => role === 'third');
  async function end() {
    if (await confirm({ title: say('end_all'), text: say('end_all_text'), verb: say('end_all'), kind: 'danger' })) await tell(() => endForAll(call));
  }
  return (
    <div class="call-company">
      <ul aria-label={say('in_call')} aria-live="polite">
        {own.others.map((party) => (
          <li key={party.id} class="person" data-party={party.number}>
            <Icon name={ICONS[party.role]} size={14} />
            <span class="cut">{nameOf(party)}</span>
            {party.role === 'supervisor' && <Badge kind={party.whispers ? 'wait' : 'warn'}>{say(party.whispers ? 'whispers' : 'speaks_to_both')}</Badge>}
            {party.lost && (
              <Badge kind="warn" icon="alert">
                {say('party_lost')}
              </Badge>
            )}
            {mine && party.role === 'third' && <IconButton icon="close" size="small" iconSize={14} label={say('drop', { name: nameOf(party) })} onClick={() => tell(() => dropParty(call, party.id))} />}
          </li>
        ))}
        {coming.map((other) => (
          <li key={other.id} class="person" data-party={other.dialled}>
            <Icon name="phone" size={14} />
            <span class="cut">{say('coming', { name: other.name ?? telephone(other.dialled ?? '') })}</span>
            <IconButton icon="close" size="small" iconSize={14} label={say('coming_cancel')} onClick={() => tell(() => hangUp(other.id))} />
          </li>
        ))}
      </ul>
      {!isGuest(own) && thirds.length > 0 && (
        <Button kind="quiet" size="small" icon="hang_up" onClick={end}>
          {say('end_all')}
        </Button>
      )}
    </div>
  );
}

const nameOf = ({ name, number }: PageParty) => name ?? telephone(number);

whenever(thirdFailed, ({ number, reason }) => toast(say('third_failed', { name: telephone(number) }), { kind: 'warn', more: endReason(reason) }));
