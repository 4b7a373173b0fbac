// What callers of a queue hear while they wait: the built-in music, an uploaded sound, or a file that lies on the server.

import { useSignal } from '@preact/signals';

import type { SoundClip } from '../../api/types';
import { href } from '../../route/route';
import { Select, TextField, useResource } from '../../ui';
import type { List } from '../shapes';
import { Listen } from '../sounds/sounds';
import { say } from './words';

const FILE = 'file';
const clipOf = (music: string) => Number(/^clip:(\d+)$/.exec(music)?.[1] ?? 0);

export function Music({ value, onChange, error }: { value: string; onChange: (music: string) => void; error: string | null }) {
  const clips = useResource<List<SoundClip>>('/sound-clips', 'sound_clips');
  const clip = clipOf(value);
  const file = useSignal(value !== '' && clip === 0);
  const known = clips.data?.items ?? [];
  const choices = known.map(({ id, title }) => ({ value: `clip:${id}`, label: title }));
  // One that is not on the list is still what is set.
  if (clip && clips.data && !known.some(({ id }) => id === clip)) choices.unshift({ value, label: value });
  return (
    <div class="stack">
      <Select
        label={say('music')}
        none={say('music_builtin')}
        value={file.value ? FILE : value}
        onChange={(chosen) => {
          file.value = chosen === FILE;
          onChange(chosen === FILE ? '' : chosen);
        }}
        choices={[...choices, { value: FILE, label: say('music_file') }]}
        error={file.value ? null : error}
      />
      {file.value && <TextField label={say('music_file_name')} hint={say('music_hint')} value={value} onChange={onChange} mono error={error} />}
      {clip > 0 && <Listen key={clip} id={clip} />}
      <p class="small">
        <a href={href('admin', 'sounds')}>{say('music_upload')}</a>
      </p>
    </div>
  );
}
