// The trial page: a phone in a browser tab. It is given up for the console once that is there.

import * as api from './api.js';
import { Calls } from './calls.js';
import { listen } from './events.js';
import { levelOf, ring, wake } from './levels.js';
import { Seat } from './seat.js';
import { Stats } from './stats.js';
import * as view from './view.js';
import { currentLanguage, speak, word } from './words.js';

const LEVELS_EVERY_MS = 100;
const TICK_EVERY_MS = 250;
const STATS_EVERY_MS = 2_000;

const { at } = view;
const calls = new Calls();
let seat = null;
let microphone = null;
let closeEvents = () => {};
let state = 'none';
let reached = true;
let levels = {};
let stats = new Stats();

// ---- coming and going

async function begin() {
  at('sign-in').hidden = true;
  at('desk').hidden = false;
  at('sign-out').hidden = false;
  view.showFault(null);
  closeEvents();
  closeEvents = listen(api.token().token, take, reach);
  try {
    microphone ??= await openMicrophone();
    levels.you = levelOf(microphone.getAudioTracks()[0]);
    seat = new Seat({ microphone, onTrack: hear, onState: follow, onFault: refuse, mayTake: () => !['connecting', 'connected'].includes(calls.seat.state) });
    await seat.attach();
  } catch (problem) {
    refuse(problem, begin);
  }
}

async function openMicrophone() {
  if (!navigator.mediaDevices) throw new Error(word('insecure'));
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (error) {
    throw new Error(word(error.name === 'NotFoundError' ? 'microphone_missing' : 'microphone_denied'));
  }
}

async function leave() {
  await seat?.end();
  closeEvents();
  microphone?.getTracks().forEach((track) => track.stop());
  [seat, microphone, levels, stats] = [null, null, {}, new Stats()];
  api.forget();
  Object.assign(calls, new Calls());
  follow('none');
  showSignIn();
  draw();
}

function showSignIn() {
  at('desk').hidden = true;
  at('sign-out').hidden = true;
  at('sign-in').hidden = false;
  at('extension').focus();
  api.onlyDomain().then((domain) => {
    if (domain && !at('domain').value) at('domain').value = domain;
  });
}

function refuse(problem, again = null) {
  if (problem instanceof api.Problem && problem.status === 401 && api.token()) {
    api.forget();
    seat?.end();
    seat = null;
    closeEvents();
    showSignIn();
  }
  view.showFault(textOf(problem), again && { key: 'again', run: again });
}

function textOf(problem) {
  if (!(problem instanceof api.Problem)) return problem.message;
  if (problem.status === 0) return word('fault_network');
  const text = word(`fault_${problem.status}`) ?? word('fault_other', { status: problem.status });
  return problem.detail ? `${text} (${problem.message}. ${problem.detail})` : text;
}

// ---- what comes

function hear(track) {
  const element = at('far');
  element.srcObject = new MediaStream([track]);
  levels.far = levelOf(track);
  // A page that nobody has touched yet may not sound.
  element.play().then(() => (at('unblock').hidden = true), (error) => (at('unblock').hidden = error.name !== 'NotAllowedError'));
}

function follow(now) {
  state = now;
  if (now === 'connected') view.showFault(null);
  if (now === 'taken') view.showFault(word('seat_taken'), { key: 'take_back', run: () => seat.attach().catch(refuse) });
  drawState();
}

function reach(is) {
  reached = is;
  drawState();
}

function take(event) {
  for (const [key, values] of calls.take(event)) {
    const why = values.reason && (word(`end_${values.reason}`) ?? word('end_other'));
    view.log(word(key, { ...values, why }), calls.now());
  }
  draw();
}

// ---- what people do

async function act(call, verb, button, body) {
  button?.setAttribute('aria-busy', 'true');
  try {
    await (verb === 'hang_up' ? api.hangUp(call.id) : api.tell(call.id, verb, body));
    view.showFault(null);
  } catch (problem) {
    refuse(problem);
  } finally {
    button?.removeAttribute('aria-busy');
  }
}

async function dial() {
  const number = at('number').value.trim();
  if (!number) return at('number').focus();
  at('dial').setAttribute('aria-busy', 'true');
  try {
    await api.dial(number);
    view.showFault(null);
    at('number').value = '';
  } catch (problem) {
    refuse(problem);
  } finally {
    at('dial').removeAttribute('aria-busy');
  }
}

// In a call a key is heard by the other party; else it dials.
function key(digit) {
  if (calls.current?.answered_at_ms) return act(calls.current, 'dtmf', null, { digits: digit });
  at('number').value += digit;
}

function mute() {
  const track = microphone?.getAudioTracks()[0];
  if (!track) return;
  track.enabled = !track.enabled;
  drawMute();
}

function answer() {
  if (calls.ringing) act(calls.ringing, 'answer', at('answer'));
}

function end() {
  if (calls.ringing) return act(calls.ringing, 'reject', at('reject'), { reason: 'busy' });
  if (calls.current) act(calls.current, 'hang_up', null);
}

function hold() {
  const held = [...calls.calls.values()].find((call) => call.state === 'held');
  if (calls.current?.state === 'talking') act(calls.current, 'hold', null);
  else if (held) act(held, 'resume', null);
}

const KEYS = { a: answer, e: end, h: hold, m: mute };

function pressed(event) {
  const typing = event.target.closest('input, select, textarea');
  if (typing || event.ctrlKey || event.altKey || event.metaKey) return;
  const verb = KEYS[event.key.toLowerCase()];
  if (verb) verb();
  else if (/^[0-9*#]$/.test(event.key) && !at('desk').hidden) key(event.key);
}

// ---- what is seen

function drawState() {
  const name = api.token()?.display_name ?? api.token()?.extension ?? '';
  view.showState(reached || state === 'none' ? state : 'offline', name);
}

function drawMute() {
  const muted = microphone?.getAudioTracks()[0].enabled === false;
  at('mute').setAttribute('aria-pressed', String(muted));
}

function draw() {
  view.showCalls(calls, act);
  view.showOffer(calls.ringing ?? null);
  ring(Boolean(calls.ringing));
  const current = calls.current;
  view.showQuality(current, calls.quality.get(current?.id)?.sides ?? []);
  view.tick(calls.now());
}

function write() {
  speak(at('language').value);
  drawState();
  drawMute();
  draw();
}

function start() {
  for (const digit of '123456789*0#') {
    const button = document.createElement('button');
    Object.assign(button, { type: 'button', textContent: digit, onclick: () => key(digit) });
    at('keypad').append(button);
  }
  at('sign-in').addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      await api.signIn(at('extension').value.trim(), at('domain').value.trim(), at('password').value);
      at('password').value = '';
      await begin();
    } catch (problem) {
      refuse(problem);
    }
  });
  at('dial-form').addEventListener('submit', (event) => {
    event.preventDefault();
    dial();
  });
  const clicks = { 'sign-out': leave, mute, answer, reject: end, unblock: () => at('far').play().then(() => (at('unblock').hidden = true)) };
  for (const [id, verb] of Object.entries(clicks)) at(id).addEventListener('click', () => verb());
  at('language').value = currentLanguage();
  at('language').addEventListener('change', write);
  document.addEventListener('keydown', pressed);
  document.addEventListener('pointerdown', wake);
  setInterval(() => view.tick(calls.now()), TICK_EVERY_MS);
  setInterval(() => {
    at('meter-you').value = levels.you?.() ?? 0;
    at('meter-far').value = levels.far?.() ?? 0;
  }, LEVELS_EVERY_MS);
  setInterval(async () => seat?.connection && view.showHere(await stats.look(seat.connection)), STATS_EVERY_MS);
  write();
  // After a reload the tab is still registered: the Seat is taken again, and a call goes on.
  if (api.token()) begin();
  else showSignIn();
}

start();
