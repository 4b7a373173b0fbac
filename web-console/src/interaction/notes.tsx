import { useSignal } from '@preact/signals';

import { post } from '../api/client';
import type { Note } from '../api/types';
import { Button, ErrorState, Skeleton, TextArea, tell, usePages } from '../ui';
import { moment } from '../words/language';
import { say } from './words';

const LONGEST = 4000;
const kept = (interaction: number) => `ramal.note.${interaction}`;

/** Notes of an Interaction; what is begun stays until it is saved (F066). */
export function Notes({ interaction }: { interaction: number }) {
  const notes = usePages<Note>(`/interactions/${interaction}/notes`);
  const text = useSignal(localStorage.getItem(kept(interaction)) ?? '');
  function write(value: string) {
    text.value = value;
    if (value) localStorage.setItem(kept(interaction), value);
    else localStorage.removeItem(kept(interaction));
  }
  async function save(event: Event) {
    event.preventDefault();
    if (!(await tell(() => post(`/interactions/${interaction}/notes`, { text: text.value.trim() })))) return;
    write('');
    await notes.reload();
  }
  return (
    <>
      <form class="stack" onSubmit={save}>
        <TextArea bare label={say('note_add')} placeholder={say('note_add')} rows={2} maxLength={LONGEST} value={text.value} onChange={write} />
        {text.value.trim() && (
          <div>
            <Button size="small" kind="primary" submit>
              {say('note_save')}
            </Button>
          </div>
        )}
      </form>
      {notes.problem && <ErrorState problem={notes.problem} onRetry={notes.reload} />}
      {notes.loading && notes.items.length === 0 && <Skeleton lines={2} />}
      <ul class="notes">
        {notes.items.toReversed().map((note) => (
          <li key={note.id}>
            <p class="note-text">{note.text}</p>
            <p class="small soft">
              {[note.author?.name, moment(note.at_ms)].filter(Boolean).join(' · ')}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}
