import { calls } from '../live/calls';
import { record } from '../phone/phone';
import { Button, tell } from '../ui';
import { say } from './words';

/** Pauses and resumes the recording of a call, and begins one where no rule does. */
export function Recorder({ call }: { call: string }) {
  const own = calls.value.get(call);
  if (!own || (own.state !== 'talking' && own.state !== 'held')) return null;
  const ask = (to: Parameters<typeof record>[1]) => tell(() => record(call, to));
  switch (own.recording) {
    case 'off':
      return (
        <Button icon="record" onClick={() => ask('start')}>
          {say('record')}
        </Button>
      );
    case 'paused':
      return (
        <Button icon="record" class="on" onClick={() => ask('resume')}>
          {say('record_resume')}
        </Button>
      );
    case 'on':
    case 'on_demand':
      return (
        <>
          <Button icon="pause" onClick={() => ask('pause')}>
            {say('record_pause')}
          </Button>
          {own.recording === 'on_demand' && <Button onClick={() => ask('stop')}>{say('record_stop')}</Button>}
        </>
      );
  }
}
