import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

import { IconButton } from './button';
import { Icon, type IconName } from './icon';
import { say } from './words';

export type Meaning = 'plain' | 'good' | 'wait' | 'warn' | 'stop';

/** A state in a word, with an icon: never colour alone. */
export function Badge({ kind = 'plain', icon, children }: { kind?: Meaning; icon?: IconName; children: ComponentChildren }) {
  return (
    <span class={`badge ${kind}`}>
      {icon && <Icon name={icon} size={14} />}
      <span class="cut">{children}</span>
    </span>
  );
}

/** A button that copies a text; its icon says that it did. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const copied = useSignal(false);
  async function copy() {
    await navigator.clipboard.writeText(text);
    copied.value = true;
    setTimeout(() => (copied.value = false), 1500);
  }
  return <IconButton icon={copied.value ? 'check' : 'copy'} size="small" iconSize={15} label={copied.value ? say('copied') : label} onClick={copy} />;
}
