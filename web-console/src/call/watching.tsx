import type { PageCall, Supervision } from '../api/types';
import { hangUp, mute, muted, supervise } from '../phone/phone';
import { Button, Icon, confirm, tell } from '../ui';
import { telephone } from '../words/language';
import { Company } from './company';
import { Levels } from './level';
import { Tile } from './tile';
import { Troubles } from './troubles';
import { say } from './words';

const WAYS: readonly Supervision[] = ['listen', 'whisper', 'barge'];

/** The call of somebody else that one supervises: how one is in it, taking it over, and leaving. */
export function Watching({ call }: { call: PageCall }) {
  const agent = call.others.find(({ role }) => role === 'party');
  const name = agent?.name ?? telephone(agent?.number ?? '');
  const customer = call.name ?? telephone(call.number ?? '');
  async function takeOver() {
    if (await confirm({ title: say('take_over_sure', { name }), text: say('take_over_text'), verb: say('take_over') })) await tell(() => supervise(call.id, 'take_over'));
  }
  return (
    <section class="call watching" aria-label={say('watching', { name, customer })} data-supervision={call.supervision}>
      <div class="call-who">
        <Icon name="headset" size={20} />
        <div class="grow">
          <p class="cut">
            <strong>{say('watching', { name, customer })}</strong>
          </p>
          <p class="small soft" role="status">
            {call.supervision && say(`way_${call.supervision}`)}
          </p>
        </div>
        <Levels />
      </div>
      <div class="call-verbs">
        <div class="ways" role="group" aria-label={say('ways')}>
          {WAYS.map((way) => (
            <Button key={way} class={call.supervision === way ? 'on' : ''} pressed={call.supervision === way} onClick={() => tell(() => supervise(call.id, way))}>
              {say(way)}
            </Button>
          ))}
        </div>
        {call.supervision !== 'listen' && <Tile icon={muted.value ? 'mic_off' : 'device'} text={say(muted.value ? 'unmute' : 'mute')} on={muted.value} onClick={() => mute()} />}
        <Tile icon="transfer" text={say('take_over')} onClick={takeOver} />
        <Tile kind="danger" icon="door" text={say('leave')} label={say('leave_watched')} onClick={() => tell(() => hangUp(call.id))} />
      </div>
      <Company call={call.id} />
      <Troubles />
    </section>
  );
}
