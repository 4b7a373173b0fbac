import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface TabsProps<K extends string> {
  label: string;
  tabs: readonly { key: K; title: string; count?: number | undefined }[];
  chosen: K;
  onChoose: (key: K) => void;
  /** What the chosen tab shows. */
  children: ComponentChildren;
  class?: string;
}

/** Tabs; arrows move between them. */
export function Tabs<K extends string>({ label, tabs, chosen, onChoose, children, class: more = '' }: TabsProps<K>) {
  const id = useId();
  function move(event: KeyboardEvent & { currentTarget: HTMLElement }) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.findIndex((tab) => tab.key === chosen) + step + tabs.length) % tabs.length];
    if (!next) return;
    onChoose(next.key);
    event.currentTarget.querySelector<HTMLElement>(`[data-tab="${next.key}"]`)?.focus();
  }
  return (
    <div class={`tabs ${more}`}>
      <div class="tab-list" role="tablist" aria-label={label} onKeyDown={move}>
        {tabs.map((tab) => (
          <button
            key={tab.key}
            type="button"
            role="tab"
            id={`${id}-${tab.key}`}
            data-tab={tab.key}
            aria-selected={tab.key === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={tab.key === chosen ? 0 : -1}
            onClick={() => onChoose(tab.key)}
          >
            {tab.title}
            {tab.count !== undefined && <span class="count">{tab.count}</span>}
          </button>
        ))}
      </div>
      <div class="tab-panel" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`}>
        {children}
      </div>
    </div>
  );
}
