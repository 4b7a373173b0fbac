import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

import { Icon, type IconName } from './icon';

export interface ButtonProps {
  /** `primary` at most once a panel; `danger` for what cannot be undone; `quiet` without a border. */
  kind?: 'primary' | 'plain' | 'quiet' | 'danger' | 'good';
  icon?: IconName;
  size?: 'small' | 'normal';
  /** Of one that stays pressed. */
  pressed?: boolean | undefined;
  /** A promise shows the button as busy until it is kept. */
  onClick?: (event: MouseEvent) => unknown;
  disabled?: boolean;
  busy?: boolean;
  submit?: boolean;
  /** Why, or what more: shown on hover and focus. */
  tip?: string | undefined;
  /** The key that does the same, as people read it. */
  keys?: string;
  /** Its name, where what stands on it is short for something. */
  label?: string | undefined;
  class?: string;
  id?: string;
  children?: ComponentChildren;
}

/** A button with a verb on it. */
export function Button({ kind = 'plain', size = 'normal', icon, children, keys, class: more = '', ...rest }: ButtonProps) {
  return (
    <Pressable {...rest} class={`button ${kind} ${size} ${more}`} keys={keys}>
      {icon && <Icon name={icon} size={16} />}
      {children !== undefined && <span>{children}</span>}
      {keys && <kbd aria-hidden="true">{keys}</kbd>}
    </Pressable>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, 'children' | 'icon' | 'tip'> {
  icon: IconName;
  /** What it does: its name for all, and its tip. */
  label: string;
  pressed?: boolean;
  iconSize?: number;
  tipAt?: 'above' | 'below' | 'left' | 'right';
}

/** A button that is only an icon; its label is shown on hover and focus. */
export function IconButton({ icon, label, pressed, iconSize = 18, kind = 'quiet', class: more = '', size = 'normal', tipAt, ...rest }: IconButtonProps) {
  return (
    <Pressable {...rest} class={`button only-icon ${kind} ${size} ${more}`} label={label} tip={label} pressed={pressed} tipAt={tipAt}>
      <Icon name={icon} size={iconSize} />
    </Pressable>
  );
}

interface PressableProps extends Omit<ButtonProps, 'kind' | 'icon' | 'size' | 'keys'> {
  pressed?: boolean | undefined;
  tipAt?: IconButtonProps['tipAt'] | undefined;
  keys?: string | undefined;
}

// aria-disabled and not disabled: who may not press it can still reach it and read why.
function Pressable({ onClick, disabled = false, busy = false, submit = false, tip, tipAt = 'below', label, pressed, keys, class: kind, id, children }: PressableProps) {
  const running = useSignal(false);
  const busyNow = busy || running.value;
  async function press(event: MouseEvent) {
    if (disabled || busyNow) return event.preventDefault();
    const outcome = onClick?.(event);
    if (!(outcome instanceof Promise)) return;
    running.value = true;
    try {
      await outcome;
    } finally {
      running.value = false;
    }
  }
  return (
    <button
      id={id}
      type={submit ? 'submit' : 'button'}
      class={kind}
      aria-label={label}
      aria-pressed={pressed}
      aria-disabled={disabled || undefined}
      aria-busy={busyNow || undefined}
      aria-keyshortcuts={keys}
      data-tip={tip}
      data-tip-at={tip ? tipAt : undefined}
      onClick={press}
    >
      {children}
    </button>
  );
}
