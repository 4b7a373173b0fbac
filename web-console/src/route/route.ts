// Where in the console one is: the part of the address after `#/`.

import { signal } from '@preact/signals';

const parse = () =>
  location.hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter(Boolean)
    .map((part) => decodeURIComponent(part));

/** `#/desk/12` is `['desk', '12']`. */
export const route = signal<readonly string[]>(parse());

window.addEventListener('hashchange', () => {
  route.value = parse();
});

export const href = (...parts: readonly (string | number)[]) => `#/${parts.map((part) => encodeURIComponent(part)).join('/')}`;

export function go(...parts: readonly (string | number)[]) {
  const wanted = href(...parts);
  if (location.hash !== wanted) location.hash = wanted;
}
