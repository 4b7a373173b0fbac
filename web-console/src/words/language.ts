// Which language the console speaks. A catalogue is written by hand in each; no sentence is put together from pieces.

import { signal } from '@preact/signals';

export type Language = 'pt-BR' | 'en';

/** A text, or its forms by number (`{n}` decides). `{name}` is a place for a value. */
export type Text = string | { readonly one: string; readonly other: string };
export type Values = Readonly<Record<string, string | number>>;

const KEPT = 'ramal.language';

const known = (text: string | null): Language | null => (text === 'pt-BR' || text === 'en' ? text : null);

/** What this person chose last on this machine, else what the browser asks for. A log-in sets it to the user's own. */
export const language = signal<Language>(known(localStorage.getItem(KEPT)) ?? (navigator.language.startsWith('pt') ? 'pt-BR' : 'en'));

/** What the person before the screen has chosen by hand since the page was loaded. */
export const chosen = signal<Language | null>(null);

/** Chosen by hand. */
export function choose(wanted: Language) {
  chosen.value = wanted;
  speak(wanted);
}

export function speak(wanted: Language) {
  language.value = wanted;
  localStorage.setItem(KEPT, wanted);
  document.documentElement.lang = wanted;
}

/** A function that gives the text of a key in the language of the moment; components that call it are drawn anew when that changes. */
export function catalogue<K extends string>(en: Readonly<Record<K, Text>>, pt: Readonly<Record<NoInfer<K>, Text>>) {
  return (key: K, values: Values = {}): string => {
    const now = language.value;
    const text = (now === 'en' ? en : pt)[key];
    return filled(typeof text === 'string' ? text : text[form(now, Number(values['n'] ?? 0))], values);
  };
}

function form(now: Language, n: number): 'one' | 'other' {
  // CLDR counts Portuguese 0 as one; people write "0 livres".
  return n !== 0 && new Intl.PluralRules(now).select(n) === 'one' ? 'one' : 'other';
}

function filled(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    return typeof value === 'number' ? number(value) : (value ?? '');
  });
}

// ---- numbers, times and telephone numbers, as the language writes them

export const number = (value: number, digits = 0) =>
  new Intl.NumberFormat(language.value, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

const format = (ms: number, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language.value, options).format(ms);

/** `14:05` */
export const clock = (ms: number) => format(ms, { hour: '2-digit', minute: '2-digit' });

/** `14:05:31` */
export const exactClock = (ms: number) => format(ms, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** `21/11/2026 14:05` */
export const moment = (ms: number) => format(ms, { dateStyle: 'short', timeStyle: 'short' });

/** `sábado, 21 de novembro` */
export const day = (ms: number) => format(ms, { weekday: 'long', day: 'numeric', month: 'long' });

export const sameDay = (a: number, b: number) => new Date(a).toDateString() === new Date(b).toDateString();

/** `14:05` of today, else `21/11`. */
export const briefly = (ms: number, now: number) => (sameDay(ms, now) ? clock(ms) : format(ms, { day: '2-digit', month: '2-digit' }));

/** `04:31`, and `1:04:31` from an hour on. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

/** `00:04:31`, always with hours. */
export const longSpan = (ms: number) => {
  const text = span(ms);
  return text.length <= 5 ? `00:${text}` : text.padStart(8, '0');
};

/** Brazilian numbers in their groups; all others as they came. */
export function telephone(text: string): string {
  const brazilian = /^\+?(55)?(\d{2})(9?\d{4})(\d{4})$/.exec(text);
  if (!brazilian || text.length < 10) return text;
  const [, country, area, first, last] = brazilian;
  return country ? `+55 ${area} ${first}-${last}` : `(${area}) ${first}-${last}`;
}

/** Without accents and capitals, to compare by. */
export const plain = (text: string) =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase();
