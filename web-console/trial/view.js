// Puts what is known on the page. Decides nothing.

import { oneWay, verbsOf, whoOf } from './calls.js';
import { clock, number, span, word } from './words.js';

export const at = (id) => document.getElementById(id);

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** One line at the top: what this page is to the gateway. */
export function showState(state, who) {
  const line = at('state');
  line.dataset.state = state;
  line.textContent = word(`seat_${state}`, { who });
}

/** What went wrong, until the next thing goes well; `again` is offered as a button. */
export function showFault(text, again = null) {
  const place = at('fault');
  place.hidden = !text;
  place.replaceChildren(text ?? '');
  if (again) place.append(' ', element('button', { type: 'button', textContent: word(again.key), onclick: again.run }));
}

export function log(text, ms) {
  const line = element('li', {}, element('time', { textContent: clock(ms) }), text);
  at('log').prepend(line);
  while (at('log').children.length > 50) at('log').lastChild.remove();
}

/** All calls; `act(call, verb, button, body)` does what a button says. Cards stay in place, so that focus does. */
export function showCalls(calls, act) {
  const list = at('calls');
  const shown = [...calls.calls.values()].filter((call) => call.state !== 'ringing');
  at('no-calls').hidden = shown.length > 0;
  for (const card of [...list.children]) if (!shown.some((call) => call.id === card.dataset.call)) card.remove();
  for (const call of shown) {
    const card = list.querySelector(`[data-call="${CSS.escape(call.id)}"]`) ?? list.appendChild(newCard(call));
    // Words may have changed with the language, partners with the other calls: few enough to write anew.
    const version = JSON.stringify([call, document.documentElement.lang, shown.map((other) => other.id)]);
    if (card.dataset.version !== version) fillCard(card, call, shown, act);
    card.dataset.version = version;
  }
}

const newCard = (call) => {
  const card = element('li', { className: 'call' });
  card.dataset.call = call.id;
  return card;
};

function fillCard(card, call, shown, act) {
  const focused = card.contains(document.activeElement) ? document.activeElement.dataset.verb : null;
  card.dataset.state = call.state;
  const how = [word(`state_${call.state}`), call.far_held && word('far_held'), call.recorded && word('recorded')];
  const timer = element('time');
  timer.dataset.since = call.answered_at_ms ?? call.started_at_ms;
  const direction = word(call.direction === 'incoming' ? 'from' : 'to', { who: whoOf(call) });
  const row = element('div', { className: 'row' });
  const verbs = verbsOf(call);
  for (const verb of verbs.filter((v) => v !== 'transfer')) row.append(button(verb, call, act));
  const further = verbs.includes('transfer') ? [transfer(call, shown, act)] : [];
  card.replaceChildren(
    element('div', { className: 'head' }, element('p', { className: 'who', textContent: direction }), element('span', { className: 'how', textContent: how.filter(Boolean).join(' · ') }), timer),
    row,
    ...further,
  );
  if (focused) card.querySelector(`[data-verb="${focused}"]`)?.focus();
}

const LOOKS = { hang_up: 'end' };

function button(verb, call, act, body, text = word(verb)) {
  const made = element('button', { type: 'button', className: LOOKS[verb] ?? '', textContent: text });
  made.dataset.verb = verb;
  made.onclick = () => act(call, verb, made, body?.());
  return made;
}

// To a number, or to the other party of another call of this page.
function transfer(call, shown, act) {
  const field = element('input', { maxLength: 64, inputMode: 'tel', size: 10, ariaLabel: word('transfer_to'), placeholder: word('number') });
  field.dataset.verb = 'transfer_to';
  const form = element('form', { className: 'row' }, field, button('transfer', call, act, () => ({ to: field.value.trim() })));
  form.onsubmit = (event) => {
    event.preventDefault();
    form.querySelector('button').click();
  };
  for (const other of shown) {
    if (other.id !== call.id && ['talking', 'held'].includes(other.state)) {
      form.append(button('transfer', call, act, () => ({ call: other.id }), word('join', { who: whoOf(other) })));
    }
  }
  return form;
}

/** The card of an incoming call; it never takes the focus of someone who types. */
export function showOffer(call) {
  const card = at('offer');
  const appears = call && card.dataset.call !== call.id;
  card.hidden = !call;
  card.dataset.call = call?.id ?? '';
  document.title = call ? `☎ ${whoOf(call)}` : 'Ramal';
  if (!call) return;
  at('offer-who').textContent = whoOf(call) === call.number ? call.number : `${whoOf(call)} · ${call.number}`;
  at('offer-time').dataset.since = call.started_at_ms;
  if (appears) at('spoken').textContent = `${word('offer_title')}: ${whoOf(call)}`;
}

/** Timers tick from the gateway's clock. */
export function tick(now_ms) {
  for (const time of document.querySelectorAll('time[data-since]')) {
    const text = span(now_ms - Number(time.dataset.since));
    if (time.textContent !== text) time.textContent = text;
  }
}

const ROWS = [
  ['codec', (side) => side.codec],
  ['loss', (side) => percent(side.loss_percent)],
  ['remote_loss', (side) => percent(side.remote_loss_percent)],
  ['jitter', (side) => millis(side.jitter_ms)],
  ['round_trip', (side) => millis(side.round_trip_ms)],
  ['mos', (side) => (side.mos === null ? null : number(side.mos, 1))],
  ['heard', (side) => lastHeard(side.silent_ms)],
];

const percent = (value) => (value === null || value === undefined ? null : `${number(value, 1)} %`);
const millis = (value) => (value === null || value === undefined ? null : `${number(value)} ms`);
const kbps = (value) => (value === null ? null : `${number(value)} kbit/s`);

function lastHeard(ms) {
  if (ms === null) return word('never');
  return ms < 1000 ? word('now') : word('ago', { n: number(ms / 1000) });
}

/** What the gateway measures, a column a side, and a warning that names the side nothing comes from. */
export function showQuality(call, sides) {
  const of = (name) => sides.find((side) => side.side === name);
  const cell = (side, value) => element('td', { textContent: (side && value(side)) ?? '–' });
  at('quality').replaceChildren(
    ...ROWS.map(([key, value]) => element('tr', {}, element('th', { scope: 'row', textContent: word(key) }), cell(of('page'), value), cell(of('far'), value))),
  );
  const silent = oneWay(call, sides);
  const warning = at('warning');
  if (warning.hidden === Boolean(silent)) warning.hidden = !silent;
  const text = silent ? word(`one_way_${silent}`) : '';
  if (warning.textContent !== text) warning.textContent = text;
}

/** What the browser measures. */
export function showHere(figures) {
  const rows = [
    ['path', figures.path],
    ['codec', figures.codec],
    ['bitrate', kbps(figures.receivesKbps)],
    ['sends', kbps(figures.sendsKbps)],
    ['jitter', millis(figures.jitterMs)],
    ['round_trip', millis(figures.roundTripMs)],
    ['concealed', percent(figures.concealedPercent)],
  ];
  at('here').replaceChildren(
    ...rows.map(([key, value]) => element('tr', {}, element('th', { scope: 'row', textContent: word(key) }), element('td', { textContent: value ?? '–' }))),
  );
}
