import './recording.css';

import type { Recording } from '../api/types';
import { ErrorState, Icon, Skeleton, useResource } from '../ui';
import { moment, span } from '../words/language';
import { say } from './words';

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 4];

/** The recordings of what `of` names, an Interaction or a call, to be heard at eight speeds. */
export function Recordings({ of }: { of: string }) {
  const all = useResource<Recording[]>(`${of}/recordings`);
  if (all.problem) return all.problem.status === 404 || all.problem.status === 403 ? null : <ErrorState problem={all.problem} onRetry={all.reload} />;
  if (!all.data) return <Skeleton lines={1} />;
  if (all.data.length === 0) return <p class="soft small">{say('no_recording')}</p>;
  return (
    <ul class="stack">
      {all.data.map((one) => (
        <li key={one.id} class="recording">
          <p class="small soft">
            {say('recording')} · {moment(one.started_at_ms)} · {span(one.seconds * 1000)}
          </p>
          {one.pauses.map(({ from_s, to_s }) => (
            <p key={from_s} class="small row">
              <Icon name="pause" size={14} />
              {say('record_pause', { from: span(from_s * 1000), to: span(to_s * 1000) })}
            </p>
          ))}
          <Player url={one.url} label={`${say('recording')} ${moment(one.started_at_ms)}`} />
        </li>
      ))}
    </ul>
  );
}

function Player({ url, label }: { url: string; label: string }) {
  return (
    <div class="row">
      <audio class="grow" controls preload="metadata" src={url} aria-label={label} />
      <select
        class="input speed"
        aria-label={say('speed')}
        onChange={(event) => {
          const audio = event.currentTarget.parentElement?.querySelector('audio');
          if (audio) audio.playbackRate = Number(event.currentTarget.value);
        }}
      >
        {SPEEDS.map((speed) => (
          <option key={speed} value={speed} selected={speed === 1}>
            {speed}×
          </option>
        ))}
      </select>
    </div>
  );
}
