// Where in the console one is: the part of the address after `#/`, and what a list there is filtered by, after a `?`.

import { signal } from '@preact/signals';

const parts = () => location.hash.replace(/^#\/?/, '').split('?') as [place: string, filters?: string];

const parse = () => parts()[0].split('/').filter(Boolean).map(plain);

// Whoever writes an address by hand may write a lone `%`.
function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

type Filters = Readonly<Record<string, string>>;

const parseFilters = (): Filters => Object.fromEntries(new URLSearchParams(parts()[1]));

/** `#/desk/12` is `['desk', '12']`. */
export const route = signal<readonly string[]>(parse());

/** `#/calls?outcome=busy` is `{ outcome: 'busy' }`. */
export const filters = signal<Filters>(parseFilters());

function arrive() {
  [route.value, filters.value] = [parse(), parseFilters()];
}

window.addEventListener('hashchange', arrive);

export const href = (...to: readonly (string | number)[]) => `#/${to.map((part) => encodeURIComponent(part)).join('/')}`;

/** Another place of the same list: its filters go along, so that the way back leads to the same rows. */
export function hrefWithin(...to: readonly (string | number)[]) {
  const kept = new URLSearchParams({ ...filters.value }).toString();
  return href(...to) + (kept && `?${kept}`);
}

export const go = (...to: readonly (string | number)[]) => goTo(href(...to));

export const goWithin = (...to: readonly (string | number)[]) => goTo(hrefWithin(...to));

function goTo(wanted: string) {
  if (location.hash === wanted) return;
  location.hash = wanted;
  // The browser tells of it later: until then nothing is drawn of a place that one has left.
  arrive();
}

/** Filters anew what is shown: no step for the browser's way back. An empty value is no filter. */
export function refine(change: Filters) {
  const all = Object.entries({ ...filters.peek(), ...change }).filter(([, value]) => value);
  const query = new URLSearchParams(all).toString();
  history.replaceState(history.state, '', href(...route.peek()) + (query && `?${query}`));
  filters.value = Object.fromEntries(all);
}
