import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { devices, lookForDevices, openMicrophone } from '../phone/devices';
import { chime, levelOf, silenced } from '../phone/sound';
import { microphone, ringMuted, ringer, speaker, volume } from '../settings/settings';
import { Button, Icon, Panel, Select, Switch } from '../ui';
import { say } from './words';

/** Microphone, speakers, ringing and notifications. */
export function Devices() {
  useEffect(() => void lookForDevices(), []);
  const of = (kind: MediaDeviceKind) =>
    devices.value.filter((device) => device.kind === kind && device.deviceId && device.deviceId !== 'default').map((device) => ({ value: device.deviceId, label: device.label || device.deviceId.slice(0, 8) }));
  return (
    <>
      <Panel title={say('devices')}>
        {devices.value.every((device) => !device.label) && <p class="soft small">{say('devices_hint')}</p>}
        <Select label={say('microphone')} none={say('default_device')} value={microphone.value} onChange={(id) => (microphone.value = id)} choices={of('audioinput')} />
        <Meter />
        <Select label={say('speaker')} none={say('default_device')} value={speaker.value} onChange={(id) => (speaker.value = id)} choices={of('audiooutput')} />
        <Select label={say('ringer')} none={say('default_device')} value={ringer.value} onChange={(id) => (ringer.value = id)} choices={of('audiooutput')} />
        <label class="field">
          <span class="field-label">{say('volume')}</span>
          <input type="range" min="0" max="100" value={volume.value} onInput={(event) => (volume.value = event.currentTarget.value)} />
        </label>
        <Switch label={say('quiet')} checked={ringMuted.value === 'yes'} onChange={(on) => (ringMuted.value = on ? 'yes' : 'no')} />
        <div>
          <Button icon="sound" onClick={chime}>
            {say('hear')}
          </Button>
        </div>
        {silenced.value && <p class="soft small">{say('autoplay')}</p>}
      </Panel>
      <Notifications />
    </>
  );
}

const LOOK_EVERY_MS = 100;

function Meter() {
  const loud = useSignal<number | null>(null);
  useEffect(() => {
    let track: MediaStreamTrack | null = null;
    let timer = 0;
    let gone = false;
    openMicrophone().then(
      (opened) => {
        if (gone) return opened.stop();
        track = opened;
        const level = levelOf(opened);
        timer = setInterval(() => (loud.value = level()), LOOK_EVERY_MS);
      },
      () => {},
    );
    return () => {
      gone = true;
      clearInterval(timer);
      track?.stop();
    };
  }, [microphone.value]);
  if (loud.value === null) return null;
  return <meter class="meter" aria-label={say('your_voice')} min={0} max={1} value={loud.value} />;
}

function Notifications() {
  const allowed = useSignal(typeof Notification === 'undefined' ? 'denied' : Notification.permission);
  const texts = { granted: 'notifications_granted', denied: 'notifications_denied', default: 'notifications_ask' } as const;
  return (
    <Panel title={say('notifications')}>
      <div class="row">
        <Icon name="bell" />
        <p class="grow">{say(texts[allowed.value])}</p>
        {allowed.value === 'default' && (
          <Button
            onClick={async () => {
              allowed.value = await Notification.requestPermission();
            }}
          >
            {say('allow')}
          </Button>
        )}
      </div>
    </Panel>
  );
}
