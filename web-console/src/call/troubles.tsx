import { attach, blocked, fault, seat, unblock } from '../phone/phone';
import { Button, Icon, tell } from '../ui';
import { say } from './words';

/** What keeps the sound away, and what to do about it. */
export function Troubles() {
  if (seat.value === 'taken') return <Note text={say('taken')} verb={say('take_back')} run={() => tell(attach)} />;
  if (seat.value === 'lost') return <Note text={say('lost')} />;
  const why = fault.value;
  if (why !== null) return <Note text={why === 'refused' ? say('refused') : say(`microphone_${why}`)} verb={say('try')} run={() => tell(attach)} />;
  if (blocked.value) return <Note text={say('blocked')} verb={say('blocked_go')} run={unblock} />;
  return null;
}

function Note({ text, verb, run }: { text: string; verb?: string; run?: () => unknown }) {
  return (
    <p class="call-note warn" role="alert">
      <Icon name="alert" size={16} />
      <span class="grow">{text}</span>
      {verb && run && (
        <Button size="small" onClick={run}>
          {verb}
        </Button>
      )}
    </p>
  );
}
