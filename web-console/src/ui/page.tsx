import type { ComponentChildren } from 'preact';

/** A screen with a title, its actions at the right, and what scrolls below. */
export function Screen({ title, lead, actions, children, width = 'normal' }: { title: string; lead?: string; actions?: ComponentChildren; children: ComponentChildren; width?: 'narrow' | 'normal' | 'full' }) {
  return (
    <main class="screen scrolls" id="main" tabIndex={-1}>
      <div class={`screen-in ${width}`}>
        <header class="screen-head">
          <div class="grow">
            <h1>{title}</h1>
            {lead && <p class="soft">{lead}</p>}
          </div>
          {actions && <div class="row">{actions}</div>}
        </header>
        {children}
      </div>
    </main>
  );
}

/** A titled part of a screen or of the tool bar. */
export function Panel({ title, actions, children, class: more = '' }: { title?: string; actions?: ComponentChildren; children: ComponentChildren; class?: string }) {
  return (
    <section class={`panel ${more}`} aria-label={title}>
      {title && (
        <header class="panel-head">
          <h2 class="grow">{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}

/** Names and values, one a line. */
export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren] | null | false)[] }) {
  return (
    <dl class="facts">
      {facts.map(
        (fact) =>
          fact && (
            <div key={fact[0]}>
              <dt>{fact[0]}</dt>
              <dd>{fact[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
