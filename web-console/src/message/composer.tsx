import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

import { post } from '../api/client';
import type { Interaction } from '../api/types';
import { Button, Icon, IconButton } from '../ui';
import { draftOf, keepDraft, writesIn } from './drafts';
import { send } from './sending';
import { say } from './words';

const LONGEST = 4096;
const TYPING_EVERY_MS = 4_000;
// F093: what begins with it is for colleagues.
const COMMENT = '!';

/** Where one writes. `@` and `#` at the beginning open the transfer to an agent and to a queue. */
export function Composer({ interaction, onTransfer }: { interaction: Interaction; onTransfer: (to: 'user' | 'queue') => void }) {
  const text = useSignal('');
  const box = useRef<HTMLTextAreaElement>(null);
  const told = useRef(0);
  const comment = text.value.startsWith(COMMENT);
  useEffect(() => {
    text.value = draftOf(interaction.id);
    box.current?.focus();
    return box.current ? writesIn(interaction.id, box.current) : undefined;
  }, [interaction.id]);
  useLayoutEffect(() => grow(box.current), [text.value]);

  function write(next: string) {
    if (text.value === '' && (next === '@' || next === '#')) return onTransfer(next === '@' ? 'user' : 'queue');
    text.value = next;
    keepDraft(interaction.id, next);
    if (!next.startsWith(COMMENT) && next && Date.now() - told.current > TYPING_EVERY_MS) {
      told.current = Date.now();
      void post(`/interactions/${interaction.id}/typing`).catch(() => {});
    }
  }

  function submit() {
    const body = comment ? text.value.slice(COMMENT.length).trim() : text.value.trim();
    if (!body) return;
    write('');
    box.current?.focus();
    send(interaction.id, body, comment ? 'comment' : 'out');
  }

  return (
    <form
      class={`composer ${comment ? 'comment' : ''}`}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {comment && (
        <p class="composer-kind small" role="status">
          <Icon name="lock" size={14} />
          {say('comment')}. {say('comment_hint')}
        </p>
      )}
      <textarea
        ref={box}
        rows={1}
        maxLength={LONGEST}
        aria-label={say('text')}
        placeholder={comment ? say('placeholder_comment') : say('placeholder')}
        value={text.value}
        onInput={(event) => {
          write(event.currentTarget.value);
          // A transfer was opened instead: the letter does not stay.
          event.currentTarget.value = text.value;
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          submit();
        }}
      />
      <div class="composer-foot">
        <IconButton
          icon="comment"
          tipAt="above"
          label={comment ? say('comment_off') : say('comment_on')}
          pressed={comment}
          onClick={() => {
            write(comment ? text.value.replace(/^!\s*/, '') : `${COMMENT} ${text.value}`);
            box.current?.focus();
          }}
        />
        <span class="grow" />
        <Button kind="primary" icon="send" submit disabled={!text.value.replace(COMMENT, '').trim()}>
          {say('send')}
        </Button>
      </div>
    </form>
  );
}

const TALLEST_PX = 200;

function grow(box: HTMLTextAreaElement | null) {
  if (!box) return;
  box.style.height = 'auto';
  box.style.height = `${Math.min(box.scrollHeight, TALLEST_PX)}px`;
}
