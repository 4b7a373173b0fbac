import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';

import { useKeys } from '../keys/keys';
import { calls, isGuest } from '../live/calls';
import { hangUp, hold, maskKeys, mute, muted, press, resume } from '../phone/phone';
import { Dialog, Icon, Menu, type MenuItem, Pad, Popup, tell } from '../ui';
import { Add } from './add';
import { Clips } from './clips';
import { Recorder, recordDeed, recordingDeeds } from './recorder';
import { Tile } from './tile';
import { say } from './words';

export interface VerbsProps {
  id: string;
  talking: boolean;
  held: boolean;
  onTransfer?: (() => void) | undefined;
  /** Keys H and M are this bar's. */
  keyed: boolean;
  /** T is too. */
  keyedTransfer?: boolean;
}

/** What can be done about a call of one's own. */
export function Verbs({ id, talking, held, onTransfer, keyed, keyedTransfer = keyed }: VerbsProps) {
  const own = calls.value.get(id);
  const guest = own !== undefined && isGuest(own);
  // Whoever looks after the conference has muted one: to press "Unmute" here would not be heard.
  const silenced = own?.conference?.muted ?? false;
  const three = guest || (own?.others.some(({ role }) => role === 'third') ?? false);
  const toggleHold = () => {
    if (talking || held) return tell(() => (held ? resume(id) : hold(id)));
    return undefined;
  };
  useKeys(
    keyed
      ? [
          { key: 'M', label: say(muted.value ? 'unmute' : 'mute'), run: () => (silenced ? undefined : mute()) },
          { key: 'H', label: say(held ? 'resume' : 'hold'), run: toggleHold },
        ]
      : [],
  );
  const keys = (key: string) => (keyed ? { keys: key } : {});
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => () => handFocusOn(place.current), []);
  return (
    <div class="call-verbs" ref={place}>
      <Tile
        icon={silenced || muted.value ? 'mic_off' : 'device'}
        text={say(silenced ? 'muted' : muted.value ? 'unmute' : 'mute')}
        label={silenced ? say('muted_by') : undefined}
        on={silenced || muted.value}
        disabled={silenced}
        onClick={() => mute()}
        {...keys('M')}
      />
      <Tile icon={held ? 'play' : 'pause'} text={say(held ? 'resume' : 'hold')} on={held} disabled={!talking && !held} onClick={toggleHold} {...keys('H')} />
      <Keypad id={id} disabled={!talking} />
      <Add call={id} disabled={!talking && !held} />
      {onTransfer && !guest && <Tile icon="transfer" text={say('transfer')} disabled={three || (!talking && !held)} tip={three ? say('transfer_three') : undefined} onClick={onTransfer} {...(keyedTransfer ? { keys: 'T' } : {})} />}
      <Recorder call={id} />
      <More id={id} active={talking || held} />
      <Tile kind="danger" icon="hang_up" text={say(three ? 'leave' : 'hang_up_short')} label={say(three ? 'leave_call' : 'hang_up')} onClick={() => tell(() => hangUp(id))} />
    </div>
  );
}

/** Where one goes on after a call: its end, where that is still to be said, else what is on the screen. */
const NEXT = ['.talk-head .button.primary', '#main'];

/** Whoever works by the keyboard does not lose his place with the buttons of a call. */
function handFocusOn(place: HTMLElement | null) {
  if (!place?.contains(document.activeElement)) return;
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return;
    NEXT.map((one) => document.querySelector<HTMLElement>(one)).find(Boolean)?.focus();
  });
}

function Keypad({ id, disabled }: { id: string; disabled: boolean }) {
  const typed = useSignal('');
  const own = calls.value.get(id);
  const masked = own?.keys_masked ?? false;
  function send(digit: string) {
    typed.value += masked || own?.conference?.asks_pin ? '•' : digit;
    void tell(() => press(id, digit));
  }
  return (
    <Popup label={say('keypad')} buttonClass="button plain call-tile" disabled={disabled} button={<><Icon name="grid" size={16} /><span>{say('keypad')}</span></>}>
      {() => (
        <div class="call-pad">
          <output class="mono">{typed.value.slice(-20)}</output>
          <Pad onKey={send} />
          {masked && <p class="small soft">{say('masked_text')}</p>}
        </div>
      )}
    </Popup>
  );
}

function More({ id, active }: { id: string; active: boolean }) {
  const clips = useSignal(false);
  const own = calls.value.get(id);
  const masked = own?.keys_masked ?? false;
  const items: MenuItem[] = [
    ...recordingDeeds(id).map((deed): MenuItem => ({ label: say(`record_${deed}`), icon: deed === 'pause' ? 'pause_record' : 'record', run: () => recordDeed(id, deed) })),
    { label: say('mask'), icon: 'shield', chosen: masked, disabled: !active, run: () => tell(() => maskKeys(id, !masked)) },
    ...(own && isGuest(own) ? [] : [{ label: say('clips'), icon: 'sound', disabled: own?.state !== 'talking', run: () => (clips.value = true) } satisfies MenuItem]),
  ];
  return (
    <>
      <Menu label={say('more')} buttonClass="button plain call-tile" side="right" button={<><Icon name="dots" size={16} /><span>{say('more')}</span></>} items={items} />
      {clips.value && own && (
        <Dialog title={say('clips')} onClose={() => (clips.value = false)}>
          <Clips call={own} />
        </Dialog>
      )}
    </>
  );
}
