import { useEffect } from 'preact/hooks';

import type { Offer, PageCall } from '../api/types';
import { accept, refuse, take as takeWaiting } from '../live/verbs';
import { useKeys } from '../keys/keys';
import { calls } from '../live/calls';
import { hear, interactions, offers } from '../live/desk';
import { answer, attach, reject } from '../phone/phone';
import { chime, ring } from '../phone/sound';
import { go } from '../route/route';
import { Button, CopyButton, Countdown, Icon, Timer, tell, toast } from '../ui';
import { telephone } from '../words/language';
import { say } from './words';

/** What is offered now, at the bottom right, above everything. It takes no focus from who is typing. */
export function Offers() {
  const all = [...offers.value.values()].sort((a, b) => a.until_ms - b.until_ms);
  const direct = [...calls.value.values()].filter((call) => call.state === 'ringing' && !all.some((offer) => offer.interaction.call?.id === call.id));
  useAlarm(all, direct);
  const [first] = all;
  const [ringing] = direct;
  useKeys([
    ...(first ? [{ key: 'A', label: say('accept'), run: () => take(first) }, { key: 'R', label: say('refuse'), run: () => tell(() => refuse(first.id)) }] : []),
    ...(!first && ringing ? [{ key: 'A', label: say('accept'), run: () => pickUp(ringing) }, { key: 'R', label: say('refuse'), run: () => tell(() => reject(ringing.id)) }] : []),
  ]);
  return (
    <section class="offers" aria-label={say('offers')} role="alert" aria-live="assertive">
      {all.map((offer) => (
        <Card key={offer.id} offer={offer} keyed={offer === first} />
      ))}
      {direct.map((call) => (
        <Direct key={call.id} call={call} keyed={!first && call === ringing} />
      ))}
    </section>
  );
}

async function take(offer: Offer) {
  // The microphone must be there before the customer is: the server connects as soon as it says yes.
  if (offer.interaction.medium === 'voice') await attach().catch(() => {});
  await tell(async () => {
    const interaction = await accept(offer.id);
    go('desk', interaction?.id ?? offer.interaction.id);
  });
}

/** Takes what waits, without an offer. */
async function pull(id: number) {
  const waits = interactions.peek().get(id);
  if (waits?.medium === 'voice') await attach().catch(() => {});
  await tell(async () => {
    await takeWaiting(id);
    go('desk', id);
  });
}

const pickUp = (call: PageCall) =>
  tell(async () => {
    await attach().catch(() => {});
    await answer(call.id);
  });

function Card({ offer, keyed }: { offer: Offer; keyed: boolean }) {
  const { interaction } = offer;
  const voice = interaction.medium === 'voice';
  const number = interaction.call?.with ?? null;
  const name = interaction.contact?.name ?? interaction.title;
  return (
    <article class={`offer ${interaction.medium}`} aria-label={say(voice ? 'call' : 'chat')} data-offer={offer.id}>
      <header>
        <Icon name={voice ? 'phone' : 'message'} size={20} />
        <h2 class="grow">{say(voice ? 'call' : 'chat')}</h2>
        <span class="small" title={say('time_left')}>
          <Countdown until={offer.until_ms} />
        </span>
      </header>
      <p class="offer-name cut">{telephone(name)}</p>
      {number && number !== name && <p class="soft">{telephone(number)}</p>}
      <p class="small">
        {say('queue')} <strong>{interaction.queue?.title}</strong> · {say('waiting')} <Timer since={interaction.waiting_since_ms ?? interaction.started_at_ms} />
      </p>
      <p class="row small soft">
        {say('protocol')} <span class="mono">{interaction.protocol}</span> <CopyButton text={interaction.protocol} label={say('protocol')} />
      </p>
      <Buttons keyed={keyed} voice={voice} accept={() => take(offer)} refuse={() => tell(() => refuse(offer.id))} />
    </article>
  );
}

function Direct({ call, keyed }: { call: PageCall; keyed: boolean }) {
  const number = call.number ?? '';
  return (
    <article class="offer voice" aria-label={say('direct')}>
      <header>
        <Icon name="phone" size={20} />
        <h2 class="grow">{say('direct')}</h2>
      </header>
      <p class="offer-name cut">{call.name ?? telephone(number)}</p>
      {call.name && <p class="soft">{telephone(number)}</p>}
      <Buttons keyed={keyed} voice accept={() => pickUp(call)} refuse={() => tell(() => reject(call.id))} />
    </article>
  );
}

function Buttons({ keyed, voice, accept: yes, refuse: no }: { keyed: boolean; voice: boolean; accept: () => unknown; refuse: () => unknown }) {
  return (
    <div class="offer-verbs">
      <Button kind="plain" icon={voice ? 'hang_up' : 'close'} onClick={no} {...(keyed ? { keys: 'R' } : {})}>
        {say('refuse')}
      </Button>
      <Button kind="good" icon={voice ? 'phone' : 'check'} onClick={yes} {...(keyed ? { keys: 'A' } : {})}>
        {say('accept')}
      </Button>
    </div>
  );
}

/** Sound, the tab's title, and a notification while the tab is hidden: each has its twin that is seen. */
function useAlarm(all: readonly Offer[], direct: readonly PageCall[]) {
  const voice = direct.length > 0 || all.some((offer) => offer.interaction.medium === 'voice');
  const chats = all.filter((offer) => offer.interaction.medium === 'chat').map((offer) => offer.id);
  const who = direct[0]?.name ?? direct[0]?.number ?? all[0]?.interaction.title ?? '';
  const count = all.length + direct.length;
  useEffect(() => {
    ring(voice);
    return () => ring(false);
  }, [voice]);
  useEffect(() => {
    if (chats.length > 0) chime();
  }, [chats.join()]);
  useEffect(() => flash(count, who), [count, who]);
}

const TITLE = 'Ramal';
const FLASH_EVERY_MS = 1_000;

function flash(count: number, who: string): (() => void) | void {
  if (count === 0) return;
  const text = say('banner', { name: who });
  let on = true;
  document.title = text;
  const timer = setInterval(() => {
    on = !on;
    document.title = on ? text : TITLE;
  }, FLASH_EVERY_MS);
  let note: Notification | null = null;
  if (document.hidden && typeof Notification !== 'undefined' && Notification.permission === 'granted') {
    note = new Notification(text, { tag: 'ramal-offer', icon: '/icon.svg' });
    note.onclick = () => window.focus();
  }
  return () => {
    clearInterval(timer);
    document.title = TITLE;
    note?.close();
  };
}

// Who misses an offer is told why it went.
hear('offer.over', ({ why, interaction }) => {
  if (why === 'timed_out') toast(say('gone_timed_out'), { kind: 'warn', action: interaction === undefined ? null : { label: say('take'), run: () => pull(interaction) } });
  if (why === 'gone') toast(say('gone'));
});
