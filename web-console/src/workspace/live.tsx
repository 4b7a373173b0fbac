import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import type { Interaction } from '../api/types';
import { CallBar, barOf } from '../call/bar';
import { ContactHistory } from '../contact/history';
import { End } from '../interaction/end';
import { Header } from '../interaction/header';
import { nameOf } from '../interaction/state';
import { Transfer } from '../interaction/transfer';
import { useKeys } from '../keys/keys';
import { hear, interactions, known } from '../live/desk';
import { may, me } from '../live/me';
import { gaveAway, open, release, take } from '../live/verbs';
import { Composer } from '../message/composer';
import { Conversation } from '../message/conversation';
import { say as message } from '../message/words';
import { attach } from '../phone/phone';
import { go, route } from '../route/route';
import { Button, Icon, Panel, Skeleton, tell, toast } from '../ui';
import { Past } from './past';
import { Tools } from './tools';
import { say } from './words';

type Asked = 'none' | 'end' | 'transfer_user' | 'transfer_queue';

/** An Interaction that is not over: a conversation, or a call. */
export function Live({ id }: { id: number }) {
  const interaction = interactions.value.get(id);
  useLeaving(id, interaction !== undefined && isMine(interaction));
  if (!interaction && !known.value) return <Skeleton lines={8} />;
  // It is over, or somebody else's by now: it is shown as the history has it.
  if (!interaction) return <Past id={id} />;
  return <Shown interaction={interaction} />;
}

const isMine = ({ agent, state }: Interaction) => agent?.id === me.value?.id && state === 'open';

/** What goes out of one's hands, by oneself or by others, makes room for the desk: it is not one's own to see any more. */
function useLeaving(id: number, mine: boolean) {
  const was = useRef(false);
  useEffect(() => {
    // One who serves its queue too sees it wait there.
    if (was.current && !mine && gaveAway(id)) go('desk');
    was.current = mine;
  }, [id, mine]);
  useEffect(
    () =>
      hear('interaction.gone', ({ id: gone }) => {
        if (gone !== id || !was.current) return;
        go('desk');
        if (!gaveAway(id)) toast(say('gone'), { kind: 'warn', more: say('gone_text') });
      }),
    [id],
  );
}

function Shown({ interaction }: { interaction: Interaction }) {
  const asked = useSignal<Asked>('none');
  const mine = isMine(interaction);
  const close = () => (asked.value = 'none');
  useEffect(() => {
    if (mine && document.visibilityState === 'visible' && (interaction.customer === 'new' || interaction.unread > 0)) void tell(() => open(interaction));
  }, [interaction.id, mine, interaction.customer === 'new', interaction.unread]);
  const toTransfer = () => (asked.value = 'transfer_user');
  const toEnd = () => (asked.value = 'end');
  useKeys(
    mine
      ? [
          { key: 'T', label: say('key_transfer'), run: toTransfer },
          { key: 'E', label: say('key_end'), run: toEnd },
          { key: 'N', label: say('key_note'), run: focusNote },
        ]
      : [],
  );
  const live = mine && interaction.customer !== 'ended';
  return (
    <>
      <main class="talk-place" id="main" tabIndex={-1} aria-label={nameOf(interaction)}>
        <Header interaction={interaction} onTransfer={mine && interaction.medium === 'chat' && !ended(interaction) ? toTransfer : undefined} onEnd={mine ? toEnd : undefined} />
        {interaction.medium === 'voice' ? <Voice interaction={interaction} mine={mine} onTransfer={toTransfer} /> : <Conversation interaction={interaction} name={nameOf(interaction)} />}
        {interaction.medium === 'chat' && live && <Composer interaction={interaction} onTransfer={(to) => (asked.value = to === 'user' ? 'transfer_user' : 'transfer_queue')} />}
        {interaction.medium === 'chat' && mine && !live && <Review onEnd={toEnd} />}
        {!mine && interaction.medium === 'chat' && <Unassigned interaction={interaction} />}
      </main>
      <Tools
        interaction={interaction}
        verbs={
          mine && interaction.medium === 'chat' && !ended(interaction) ? (
            <Button size="small" icon="queue" onClick={() => giveBack(interaction.id)}>
              {say('release')}
            </Button>
          ) : null
        }
      />
      {asked.value === 'end' && <End interaction={interaction} onClose={close} onDone={() => leave(interaction.id)} />}
      {(asked.value === 'transfer_user' || asked.value === 'transfer_queue') && <Transfer interaction={interaction} call={interaction.call?.id ?? null} first={asked.value === 'transfer_user' ? 'user' : 'queue'} onClose={close} />}
    </>
  );
}

const ended = (interaction: Interaction) => interaction.customer === 'ended' || interaction.call?.state === 'ended';

async function giveBack(id: number) {
  if (!(await tell(() => release(id)))) return;
  toast(say('released'));
  leave(id);
}

/** Back to the desk; whoever has gone elsewhere before the answer came stays there. */
function leave(id: number) {
  if (route.peek()[0] === 'desk' && route.peek()[1] === String(id)) go('desk');
}

function focusNote() {
  document.querySelector<HTMLTextAreaElement>('#tool-notes textarea')?.focus();
}

function Voice({ interaction, mine, onTransfer }: { interaction: Interaction; mine: boolean; onTransfer: () => void }) {
  const bar = barOf(interaction);
  return (
    <div class="voice scrolls">
      {mine && bar && <CallBar {...bar} onTransfer={onTransfer} keyed />}
      {!mine && (
        <div class="talk-note">
          <Icon name="clock" />
          <p class="grow">{interaction.agent && interaction.state !== 'open' ? say('voice_alone', { name: interaction.agent.name }) : say('voice_waiting')}</p>
          {interaction.state === 'waiting' && may('attend') && (
            <Button kind="good" icon="phone" onClick={() => tell(() => takeCall(interaction.id))}>
              {say('take')}
            </Button>
          )}
        </div>
      )}
      {interaction.contact && (
        <Panel title={say('earlier')} class="plain">
          <ContactHistory contact={interaction.contact.id} besides={interaction.id} />
        </Panel>
      )}
    </div>
  );
}

// The microphone must be there before the customer is.
async function takeCall(id: number) {
  await attach().catch(() => {});
  await take(id);
}

function Review({ onEnd }: { onEnd: () => void }) {
  return (
    <div class="talk-note">
      <Icon name="flag" />
      <p class="grow">{message('customer_ended')}</p>
      <Button kind="primary" onClick={onEnd}>
        {say('key_end')}
      </Button>
    </div>
  );
}

function Unassigned({ interaction }: { interaction: Interaction }) {
  const free = interaction.state === 'waiting';
  if (!free) return null;
  return (
    <div class="talk-note">
      <p class="grow">{say('taken')}</p>
      <Button kind="good" icon="check" onClick={() => tell(() => take(interaction.id))}>
        {say('take')}
      </Button>
    </div>
  );
}
