import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import { noteChange } from '../api/changes';
import type { Page, PageCall, SoundClip } from '../api/types';
import { keepClip, mute, muted, playClip, spoken, stopClip } from '../phone/phone';
import { type VoiceClip, LONGEST_MS, keepVoice } from '../phone/voice_clip';
import { isGuest } from '../live/calls';
import { Button, ErrorState, FormProblem, Icon, IconButton, Skeleton, TextField, Timer, tell, useAction, useResource } from '../ui';
import { plain, span } from '../words/language';
import { say } from './words';

// More than these are found by their names.
const SEARCHED_FROM = 8;
const KINDS = { wav: 'audio/wav', mp3: 'audio/mpeg', ogg: 'audio/ogg', opus: 'audio/ogg' } as const;

/** Sounds to be played into a call, and new ones made in it (F172 to F175). */
export function Clips({ call }: { call: PageCall }) {
  const all = useResource<Page<SoundClip>>('/sound-clips', 'sound_clips');
  const text = useSignal('');
  const items = all.data?.items.filter(({ archived }) => !archived) ?? [];
  const shown = items.filter(({ title }) => plain(title).includes(plain(text.value)));
  const able = call.state === 'talking' && !isGuest(call);
  return (
    <div class="stack clips">
      {all.problem && <ErrorState problem={all.problem} onRetry={all.reload} />}
      {!all.data && !all.problem && <Skeleton lines={2} />}
      {items.length > SEARCHED_FROM && <TextField bare type="search" label={say('clip_find')} placeholder={say('clip_find')} value={text.value} onChange={(value) => (text.value = value)} />}
      {all.data && items.length === 0 && <p class="soft small">{say('no_clips')}</p>}
      <ul aria-label={say('clips')}>
        {shown.map((clip) => (
          <Clip key={clip.id} clip={clip} call={call.id} playing={call.clip === clip.id} able={able} />
        ))}
      </ul>
      <NewClip call={call.id} able={able} />
    </div>
  );
}

function Clip({ clip: { id, title, seconds }, call, playing, able }: { clip: SoundClip; call: string; playing: boolean; able: boolean }) {
  const play = (hears: 'customer' | 'both', then: 'talk' | 'hang_up' = 'talk') => () => tell(() => playClip(call, id, hears, then));
  return (
    <li class={`clip ${playing ? 'playing' : ''}`} data-clip={title}>
      <span class="clip-title">
        <span class="cut">{title}</span>
        {playing ? <span role="status">{say('clip_playing')}</span> : <span class="soft">{span(seconds * 1000)}</span>}
      </span>
      {playing ? (
        <Button size="small" icon="pause" onClick={() => tell(() => stopClip(call))}>
          {say('clip_stop')}
        </Button>
      ) : (
        <span class="row">
          <IconButton kind="plain" size="small" iconSize={16} icon="play" tipAt="left" label={say('clip_play', { title })} disabled={!able} onClick={play('customer')} />
          <IconButton kind="plain" size="small" iconSize={16} icon="users" tipAt="left" label={say('clip_both', { title })} disabled={!able} onClick={play('both')} />
          <IconButton kind="plain" size="small" iconSize={16} icon="hang_up" tipAt="left" label={say('clip_hang_up', { title })} disabled={!able} onClick={play('customer', 'hang_up')} />
        </span>
      )}
    </li>
  );
}

type Making = { step: 'none' } | { step: 'recording'; voice: VoiceClip; since: number; wasMuted: boolean } | { step: 'naming'; sound: Blob };

/** Records a clip at the microphone, or takes a file. The customer does not hear how it is made. */
function NewClip({ call, able }: { call: string; able: boolean }) {
  const making = useSignal<Making>({ step: 'none' });
  const title = useSignal('');
  const file = useRef<HTMLInputElement>(null);
  const now = making.value;
  const keep = useAction(async () => {
    if (making.value.step !== 'naming') return;
    await keepClip(call, title.value.trim(), making.value.sound);
    noteChange('sound_clips');
    [making.value, title.value] = [{ step: 'none' }, ''];
  });
  function begin() {
    const track = spoken();
    if (!track) return;
    making.value = { step: 'recording', voice: keepVoice(track), since: Date.now(), wasMuted: muted.value };
    mute(true);
  }
  async function finish(recording: Extract<Making, { step: 'recording' }>) {
    mute(recording.wasMuted);
    let sound = null as Blob | null;
    await tell(async () => (sound = await recording.voice.finish()));
    // What cannot be read is gone: one may begin again.
    if (making.value === recording) making.value = sound ? { step: 'naming', sound } : { step: 'none' };
  }
  // Whoever closes the panel meanwhile is heard again.
  useEffect(
    () => () => {
      if (making.value.step !== 'recording') return;
      making.value.voice.cancel();
      mute(making.value.wasMuted);
    },
    [],
  );
  useEffect(() => {
    if (now.step !== 'recording') return;
    const timer = setTimeout(() => void finish(now), LONGEST_MS);
    return () => clearTimeout(timer);
  }, [now]);
  function discard() {
    keep.clear();
    [making.value, title.value] = [{ step: 'none' }, ''];
  }
  function take(chosen: File | undefined) {
    if (!chosen) return;
    const ending = chosen.name.split('.').pop()?.toLowerCase() ?? '';
    const type = KINDS[ending as keyof typeof KINDS] ?? chosen.type;
    keep.clear();
    making.value = { step: 'naming', sound: new Blob([chosen], { type }) };
    title.value = chosen.name.replace(/\.[^.]+$/, '').slice(0, 100);
  }
  const picker = (
    <input
      ref={file}
      type="file"
      hidden
      accept=".wav,.mp3,.ogg,.opus,audio/wav,audio/mpeg,audio/ogg"
      aria-label={say('clip_insert')}
      onChange={(event) => {
        take(event.currentTarget.files?.[0]);
        // The same file, mended meanwhile, is a choice too.
        event.currentTarget.value = '';
      }}
    />
  );
  switch (now.step) {
    case 'none':
      return (
        <div class="row wraps">
          <Button size="small" icon="record" disabled={!able} onClick={begin}>
            {say('clip_record')}
          </Button>
          <Button size="small" icon="plus" disabled={!able} onClick={() => file.current?.click()}>
            {say('clip_insert')}
          </Button>
          {picker}
        </div>
      );
    case 'recording':
      return (
        <div class="stack" role="status">
          <p class="small">
            <Icon name="record" size={14} class="stop" /> {say('clip_recording')} <Timer since={now.since} />
          </p>
          <div class="row">
            <Button size="small" kind="primary" icon="check" onClick={() => finish(now)}>
              {say('clip_finish')}
            </Button>
          </div>
        </div>
      );
    case 'naming':
      return (
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void keep.run();
          }}
        >
          <TextField label={say('clip_title')} autofocus required maxLength={100} value={title.value} onChange={(value) => (title.value = value)} error={keep.at('title')} />
          <FormProblem problem={keep.problem} />
          <div class="row">
            <Button size="small" kind="primary" submit busy={keep.pending} disabled={!title.value.trim()}>
              {say('clip_keep')}
            </Button>
            <Button size="small" onClick={discard}>
              {say('clip_discard')}
            </Button>
            {keep.problem && (
              <Button size="small" icon="plus" onClick={() => file.current?.click()}>
                {say('clip_again')}
              </Button>
            )}
            {picker}
          </div>
        </form>
      );
  }
}
