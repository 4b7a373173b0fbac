// No plugin for a channel is on this node: where it was looked for, and what to do.

import { Empty } from '../ui';
import type { Plugins } from './shapes';
import { say } from './words';

/** `null` while that is not known. */
export const lacksChannel = (plugins: Plugins | null): plugins is Plugins => plugins !== null && !plugins.items.some(({ world }) => world === 'channel');

export function NoChannel({ plugins: { running, folders } }: { plugins: Plugins }) {
  return (
    <Empty icon="plug" title={say('no_channel')}>
      <p>{say(!running ? 'no_channel_stopped' : folders ? 'no_channel_text' : 'no_channel_shared')}</p>
      {folders && (
        <ul class="plain-list" aria-label={say('no_channel_folders')}>
          {folders.map((folder) => (
            <li key={folder}>
              <code class="mono">{folder}</code>
            </li>
          ))}
        </ul>
      )}
    </Empty>
  );
}
