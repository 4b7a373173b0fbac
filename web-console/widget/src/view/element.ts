// Elements from data, with no HTML in strings: what people wrote can never become markup.

type Value = string | number | boolean | null | undefined | ((event: never) => void);

/** Makes an element; `onclick` and its like are listeners, everything else is an attribute. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Record<string, Value> = {}, ...children: (Node | string | null)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function set(element: Element, name: string, value: Value): void {
  if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
  else if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : String(value));
}

const SVG = 'http://www.w3.org/2000/svg';

const shapes = {
  bubble: 'M4 5.5A2.5 2.5 0 0 1 6.5 3h11A2.5 2.5 0 0 1 20 5.5v8a2.5 2.5 0 0 1-2.5 2.5H11l-4.6 4.2c-.5.5-1.4.1-1.4-.6V16a2.5 2.5 0 0 1-1-2z',
  down: 'm6 9 6 6 6-6',
  send: 'M4 12 3 4l18 8-18 8 1-8zm0 0h9',
  leave: 'M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M10 8l-4 4 4 4M6 12h9',
  clock: 'M12 7v5l3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z',
  check: 'm5 12 5 5 9-10',
  checks: 'm2 12 5 5 9-10M12 16l1 1 9-10',
  alert: 'M12 8v5m0 3v.5M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z',
};

/** A picture; `title` for those who cannot see it, none where the words beside it say the same. */
export function icon(name: keyof typeof shapes, title?: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  set(svg, 'viewBox', '0 0 24 24');
  set(svg, title ? 'role' : 'aria-hidden', title ? 'img' : 'true');
  if (title) set(svg, 'aria-label', title);
  const path = document.createElementNS(SVG, 'path');
  set(path, 'd', shapes[name]);
  svg.append(path);
  return svg;
}
