import { calls } from '../live/calls';
import { record } from '../phone/phone';
import { tell } from '../ui';
import { Tile } from './tile';
import { say } from './words';

type Deed = Parameters<typeof record>[1];

/** What can be done about the recording of a call: pause and resume it, begin one where no rule does, and end that. */
export function recordingDeeds(call: string): readonly Deed[] {
  const own = calls.value.get(call);
  if (!own || (own.state !== 'talking' && own.state !== 'held')) return [];
  switch (own.recording) {
    case 'off':
      return ['start'];
    case 'on':
      return ['pause'];
    case 'on_demand':
      return ['pause', 'stop'];
    case 'paused':
      return ['resume'];
  }
}

export const recordDeed = (call: string, deed: Deed) => tell(() => record(call, deed));

/** The first of them, as a tile. */
export function Recorder({ call }: { call: string }) {
  const [deed] = recordingDeeds(call);
  if (!deed) return null;
  return (
    <Tile
      icon={deed === 'pause' ? 'pause_record' : 'record'}
      text={say(deed === 'start' ? 'record' : 'recording')}
      label={say(`record_${deed}`)}
      on={deed === 'resume'}
      minor
      onClick={() => recordDeed(call, deed)}
    />
  );
}
