import { useSignal } from '@preact/signals';

import type { Interaction } from '../api/types';
import { change } from '../live/verbs';
import { Icon, IconButton, Select, TextField, tell } from '../ui';
import { say } from './words';

const LONGEST_TAG = 40;
const MOST_TAGS = 20;

/** Disposition and tags: what came of it (F176, F178). */
export function Outcome({ interaction }: { interaction: Interaction }) {
  const text = useSignal('');
  const set = (tags: string[]) => tell(() => change(interaction, { tags }));
  function add(event: Event) {
    event.preventDefault();
    // A comma stands between tags.
    const fresh = text.value.split(',').map((tag) => tag.trim()).filter((tag) => tag && !interaction.tags.includes(tag));
    text.value = '';
    if (fresh.length > 0) void set([...interaction.tags, ...fresh].slice(0, MOST_TAGS));
  }
  return (
    <>
      {interaction.dispositions.length > 0 && (
        <Select
          label={say('disposition')}
          {...(interaction.disposition ? {} : { none: say('disposition_none') })}
          value={String(interaction.disposition?.id ?? '')}
          onChange={(id) => id && void tell(() => change(interaction, { disposition_id: Number(id) }))}
          choices={interaction.dispositions.map(({ id, title }) => ({ value: String(id), label: title }))}
        />
      )}
      <ul class="tags" aria-label={say('tags')}>
        {interaction.tags.map((tag) => (
          <li key={tag} class="tag">
            <Icon name="tag" size={14} />
            <span class="cut">{tag}</span>
            <IconButton icon="close" size="small" iconSize={13} label={say('remove_tag', { tag })} onClick={() => set(interaction.tags.filter((one) => one !== tag))} />
          </li>
        ))}
      </ul>
      {interaction.tags.length < MOST_TAGS && (
        <form class="row" onSubmit={add}>
          <TextField bare class="grow" label={say('add_tag')} placeholder={say('add_tag')} maxLength={LONGEST_TAG} value={text.value} onChange={(value) => (text.value = value)} />
          <IconButton icon="plus" submit kind="plain" label={say('add_tag')} disabled={!text.value.trim()} />
        </form>
      )}
    </>
  );
}
