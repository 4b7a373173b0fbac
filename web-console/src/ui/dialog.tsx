import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

import { Button, IconButton } from './button';
import { say } from './words';

export interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** Buttons, the verb last. */
  actions?: ComponentChildren;
  /** Makes the whole a form: Enter in a field submits. */
  onSubmit?: () => unknown;
  size?: 'small' | 'normal' | 'large';
}

const FIELDS = ['input', 'select', 'textarea'].map((field) => `.dialog-body ${field}:not(:disabled)`).join();

/** A modal dialog of the browser: it keeps the focus, Esc closes it, and the focus goes back where it was. */
export function Dialog({ title, onClose, children, actions, onSubmit, size = 'normal' }: DialogProps) {
  const id = useId();
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    dialog?.showModal();
    // Where something is to be filled in, one begins there, and not at the button that closes it.
    if (onSubmit && !dialog?.querySelector('[autofocus]')) dialog?.querySelector<HTMLElement>(FIELDS)?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const body = (
    <>
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        <IconButton icon="close" label={say('close')} onClick={onClose} />
      </div>
      <div class="dialog-body scrolls">{children}</div>
      {actions && <div class="dialog-foot">{actions}</div>}
    </>
  );
  return (
    <dialog
      ref={element}
      class={`dialog ${size}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => event.target === element.current && onClose()}
    >
      {onSubmit ? (
        <form
          class="dialog-in"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void onSubmit();
          }}
        >
          {body}
        </form>
      ) : (
        <div class="dialog-in">{body}</div>
      )}
    </dialog>
  );
}

interface Question {
  title: string;
  text?: string;
  /** The verb on the button that does it. */
  verb: string;
  kind?: 'primary' | 'danger';
  cancel?: string;
}

const asked = signal<(Question & { answer: (yes: boolean) => void }) | null>(null);

/** Asks once before what cannot be undone. */
export function confirm(question: Question): Promise<boolean> {
  asked.value?.answer(false);
  return new Promise((resolve) => {
    asked.value = {
      ...question,
      answer: (yes) => {
        asked.value = null;
        resolve(yes);
      },
    };
  });
}

/** Where `confirm` asks; once in the page. */
export function Confirmations() {
  const now = asked.value;
  if (!now) return null;
  return (
    <Dialog
      key={now.title}
      title={now.title}
      size="small"
      onClose={() => now.answer(false)}
      onSubmit={() => now.answer(true)}
      actions={
        <>
          <Button onClick={() => now.answer(false)}>{now.cancel ?? say('cancel')}</Button>
          <Button kind={now.kind ?? 'primary'} submit>
            {now.verb}
          </Button>
        </>
      }
    >
      {now.text && <p>{now.text}</p>}
    </Dialog>
  );
}
