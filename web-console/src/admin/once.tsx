// A secret that is shown this one time: a password, a token, a link.

import type { ComponentChildren } from 'preact';

import { CopyButton, Dialog, Button } from '../ui';
import { say } from './words';

export interface OnceProps {
  title: string;
  text: string;
  values: readonly (readonly [label: string, value: string])[];
  onClose: () => void;
  /** What is shown once as well. */
  more?: ComponentChildren;
}

export function Once({ title, text, values, onClose, more }: OnceProps) {
  return (
    <Dialog title={title} onClose={onClose} actions={<Button kind="primary" onClick={onClose}>{say('done')}</Button>}>
      <p>{text}</p>
      {values.map(([label, value]) => (
        <CopyLine key={label} label={label} value={value} />
      ))}
      {more}
      <p class="soft small">{say('once')}</p>
    </Dialog>
  );
}

/** A value to be copied as it is. */
export function CopyLine({ label, value }: { label: string; value: string }) {
  return (
    <div class="field">
      <span class="field-label">{label}</span>
      <div class="copy-line">
        <code class="mono grow">{value}</code>
        <CopyButton text={value} label={say('copy_what', { what: label })} />
      </div>
    </div>
  );
}
