import type { Interaction, PageCall } from '../api/types';
import { calls, isLeftToThird, removed, transferBegun, transferDone, transferFailed } from '../live/calls';
import { Badge, Icon, Timer, toast, whenever } from '../ui';
import { endReason } from '../ui/end-reason';
import { telephone } from '../words/language';
import { Company } from './company';
import './cut';
import { Levels } from './level';
import { Network, Quality } from './quality';
import { Troubles } from './troubles';
import { Verbs } from './verbs';
import { Watching } from './watching';
import { say } from './words';

type State = PageCall['state'] | 'waiting' | 'ended';

export interface CallBarProps {
  id: string;
  name: string;
  number: string | null;
  state: State;
  recorded: boolean;
  /** Since when it is in this state; and since when one talks. */
  since: number | null;
  answered: number | null;
  /** The customer has left a call of three: one talks with whoever stayed. */
  customerLeft?: boolean;
  onTransfer?: (() => void) | undefined;
  /** Keys H and M are this bar's. */
  keyed: boolean;
  /** T is too. */
  keyedTransfer?: boolean;
}

/** What the bar of an Interaction's call shows: the Seat's own word where there is one, for it comes first. */
export function barOf(interaction: Interaction): Omit<CallBarProps, 'keyed' | 'keyedTransfer' | 'onTransfer'> | null {
  const call = interaction.call;
  if (!call) return null;
  const own = calls.value.get(call.id);
  const over = call.state === 'ended' || interaction.ended_at_ms !== null;
  const other = own && !over && isAnother(own, interaction) ? own : null;
  return {
    id: call.id,
    name: other ? (other.name ?? other.number ?? '') : (interaction.contact?.name ?? interaction.title),
    number: other ? other.number : call.with,
    customerLeft: other !== null,
    state: over ? 'ended' : (own?.state ?? call.state),
    recorded: own?.recorded ?? call.recorded,
    since: call.since_ms,
    answered: interaction.answered_at_ms ?? own?.answered_at_ms ?? null,
  };
}

/** Whoever is at the other end is not the customer. The number of one who was dialled is written as the carrier has it: it tells nothing. */
const isAnother = (own: PageCall, { call, direction }: Interaction) => isLeftToThird(own) || (direction === 'inbound' && Boolean(own.number && call?.with) && own.number !== call?.with);

/** Who is on the line, how long, how well, and what can be done about it. */
export function CallBar({ id, name, number, state, recorded, since, answered, customerLeft, onTransfer, keyed, keyedTransfer = keyed }: CallBarProps) {
  const own = calls.value.get(id);
  const far = own?.far_held ?? false;
  const paused = own?.recording === 'paused';
  return (
    <section class={`call ${state}`} aria-label={say('with', { name })} data-state={state}>
      <div class="call-who">
        <Icon name={state === 'held' ? 'pause' : 'phone'} size={20} />
        <div class="grow">
          <p class="cut">
            <strong>{telephone(name)}</strong> {number && number !== name && <span class="soft">{telephone(number)}</span>}
          </p>
          <p class="row small call-facts">
            <span role="status" aria-live="assertive">
              {say(state === 'talking' && own?.conference?.asks_pin ? 'state_pin' : `state_${state}`)}
            </span>
            {answered !== null && state !== 'ended' && (
              <span class="soft" title={say('talking_for')}>
                <Timer since={answered} />
              </span>
            )}
            {state === 'held' && since !== null && (
              <Badge kind="warn" icon="pause">
                {say('held_for')} <Timer since={since} />
              </Badge>
            )}
            {recorded && state !== 'ended' && (
              <Badge kind={paused ? 'warn' : 'stop'} icon={paused ? 'pause' : 'record'}>
                {say(paused ? 'record_paused' : 'recorded')}
              </Badge>
            )}
            {own?.conference?.muted && state !== 'ended' && (
              <span role="status">
                <Badge kind="warn" icon="mic_off">
                  {say('muted_by')}
                </Badge>
              </span>
            )}
            {own?.keys_masked && state !== 'ended' && (
              <Badge kind="wait" icon="shield">
                {say('masked')}
              </Badge>
            )}
          </p>
        </div>
        {state !== 'ended' && <Quality call={id} />}
        {state !== 'ended' && <Levels />}
      </div>
      {state === 'ended' ? <p class="call-note">{say('over')}</p> : <Verbs id={id} talking={state === 'talking'} held={state === 'held'} onTransfer={onTransfer} keyed={keyed} keyedTransfer={keyedTransfer} />}
      {state !== 'ended' && <Company call={id} />}
      {customerLeft && (
        <p class="call-note" role="status">
          <Icon name="door" size={16} />
          {say('customer_left', { name: telephone(name) })}
        </p>
      )}
      {far && (
        <p class="call-note">
          <Icon name="pause" size={16} />
          {say('far_held')}
        </p>
      )}
      <Network call={id} talking={state === 'talking' && !far} />
      {state !== 'ended' && <Troubles />}
    </section>
  );
}

export interface DockProps {
  call: PageCall;
  /** Where its Interaction is shown. */
  href: string | null;
  onTransfer: (() => void) | undefined;
  /** T transfers this call, and not what the screen shows. */
  keyedTransfer: boolean;
}

/** A call that belongs to no Interaction on the screen: in reach wherever one is. */
export function Dock({ call, href, onTransfer, keyedTransfer }: DockProps) {
  if (call.supervision)
    return (
      <div class="dock">
        <Watching call={call} />
      </div>
    );
  const name = call.name ?? call.number ?? call.dialled ?? '';
  return (
    <div class="dock">
      <CallBar id={call.id} name={name} number={call.number} state={call.state} recorded={call.recorded} since={null} answered={call.answered_at_ms} onTransfer={onTransfer} keyed={!href} keyedTransfer={keyedTransfer} />
      {href && (
        <a class="button plain" href={href}>
          {say('go')}
        </a>
      )}
    </div>
  );
}

whenever(removed, ({ conference }) => toast(say('removed', { name: conference }), { kind: 'warn', more: say('removed_text') }));
// What failed is no news once another one is asked for, or has been done.
let takeBack = () => {};
whenever(transferBegun, () => takeBack());
whenever(transferDone, () => {
  takeBack();
  toast(say('transferred'), { kind: 'good' });
});
whenever(transferFailed, ({ reason }) => {
  takeBack();
  takeBack = toast(say('transfer_failed'), { kind: 'warn', more: endReason(reason) });
});
