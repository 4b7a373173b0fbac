// A secret that is shown this one time: a password, a token, a link.

import { CopyButton, Dialog, Button } from '../ui';
import { say } from './words';

export interface OnceProps {
  title: string;
  text: string;
  values: readonly (readonly [label: string, value: string])[];
  onClose: () => void;
}

export function Once({ title, text, values, onClose }: OnceProps) {
  return (
    <Dialog title={title} onClose={onClose} actions={<Button kind="primary" onClick={onClose}>{say('done')}</Button>}>
      <p>{text}</p>
      {values.map(([label, value]) => (
        <CopyLine key={label} label={label} value={value} />
      ))}
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
