import { useSignal } from '@preact/signals';
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { Icon, type IconName } from './icon';

export interface PopupProps {
  /** The name of the button, where its content does not say it. */
  label?: string;
  button: ComponentChildren;
  buttonClass?: string;
  side?: 'left' | 'right';
  up?: boolean;
  disabled?: boolean;
  tip?: string | undefined;
  role?: 'menu' | 'dialog';
  width?: 'narrow' | 'normal' | 'wide';
  id?: string;
  children: (close: () => void) => ComponentChildren;
}

/** A button and what it opens beside itself. Esc, a click elsewhere and leaving it with the focus close it. */
export function Popup({ label, button, buttonClass = 'button quiet', side = 'left', up, disabled, tip, role = 'dialog', width = 'normal', id, children }: PopupProps) {
  const open = useSignal(false);
  const whole = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const close = () => {
    if (!open.value) return;
    open.value = false;
    if (whole.current?.contains(document.activeElement)) opener.current?.focus();
  };
  useCloseOutside(whole, open.value, close);
  useEffect(() => {
    if (open.value) whole.current?.querySelector<HTMLElement>('.popup [autofocus], .popup button, .popup input, .popup a')?.focus();
  }, [open.value]);
  return (
    <div
      class="popup-place"
      ref={whole}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open.value) return;
        event.stopPropagation();
        close();
      }}
    >
      <button
        ref={opener}
        id={id}
        type="button"
        class={buttonClass}
        aria-label={label}
        aria-haspopup={role}
        aria-expanded={open.value}
        aria-disabled={disabled || undefined}
        data-tip={open.value ? undefined : tip}
        data-tip-at={tip ? 'below' : undefined}
        onClick={() => !disabled && (open.value = !open.value)}
      >
        {button}
      </button>
      {open.value && (
        <div class={`popup ${side} ${width} ${up ? 'up' : ''} scrolls`} role={role} aria-label={label}>
          {children(close)}
        </div>
      )}
    </div>
  );
}

function useCloseOutside(whole: RefObject<HTMLElement | null>, open: boolean, close: () => void) {
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (event.target instanceof Node && !whole.current?.contains(event.target)) close();
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
    };
  }, [open]);
}

export interface MenuItem {
  label: string;
  icon?: IconName;
  kind?: 'danger';
  hint?: string;
  chosen?: boolean;
  disabled?: boolean;
  run: () => unknown;
}

/** A menu of verbs; arrows, Home and End move in it. `null` is a line between. */
export function Menu({ items, ...popup }: Omit<PopupProps, 'children' | 'role'> & { items: readonly (MenuItem | null)[] }) {
  return (
    <Popup {...popup} role="menu">
      {(close) => <MenuItems items={items} close={close} />}
    </Popup>
  );
}

export function MenuItems({ items, close }: { items: readonly (MenuItem | null)[]; close: () => void }) {
  return (
    <div class="menu" onKeyDown={move}>
      {items.map((item, at) =>
        item === null ? (
          <hr key={at} />
        ) : (
          <button
            key={at}
            type="button"
            class={`menu-item ${item.kind ?? ''}`}
            role={item.chosen === undefined ? 'menuitem' : 'menuitemradio'}
            aria-checked={item.chosen}
            aria-disabled={item.disabled || undefined}
            onClick={() => {
              if (item.disabled) return;
              close();
              void item.run();
            }}
          >
            {item.icon && <Icon name={item.icon} size={16} />}
            <span class="grow cut">{item.label}</span>
            {item.hint && <span class="soft small">{item.hint}</span>}
            {item.chosen && <Icon name="check" size={16} />}
          </button>
        ),
      )}
    </div>
  );
}

function move(event: KeyboardEvent & { currentTarget: HTMLElement }) {
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>('button')];
  const now = all.findIndex((one) => one === document.activeElement);
  const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: all.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  all[(next + all.length) % all.length]?.focus();
}
