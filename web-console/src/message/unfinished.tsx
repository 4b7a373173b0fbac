import { useLayoutEffect, useRef } from 'preact/hooks';

import { unfinished, writeOn } from './drafts';
import { say } from './words';

/** The message that was being written when the log-in ended: the keys go on into it. */
export function UnfinishedMessage() {
  const box = useRef<HTMLTextAreaElement>(null);
  const now = unfinished.value;
  useLayoutEffect(() => {
    const caret = unfinished.peek()?.caret ?? 0;
    box.current?.focus();
    box.current?.setSelectionRange(caret, caret);
  }, [now?.key]);
  if (!now) return null;
  return (
    <label class="field">
      <span class="field-label">{say('unfinished')}</span>
      <textarea ref={box} class="input" rows={3} value={now.text} onInput={(event) => writeOn(event.currentTarget.value)} />
      <span class="field-hint">{say('unfinished_hint')}</span>
    </label>
  );
}
