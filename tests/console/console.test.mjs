// What the console knows and decides without a page: words, states, the order of the list, messages on their way, lost connections.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const { build } = createRequire(new URL('../browser/driver/', import.meta.url))('esbuild');
const src = fileURLToPath(new URL('../../web-console/src/', import.meta.url));

// What modules touch when they are read: as much of a browser as that takes.
const kept = new Map();
Object.assign(globalThis, {
  localStorage: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) },
  document: { documentElement: { dataset: {} }, addEventListener() {}, visibilityState: 'visible' },
  location: { href: 'http://console.test/', hash: '' },
  window: { addEventListener() {} },
});
Object.defineProperty(globalThis, 'navigator', { value: { language: 'pt-BR' }, configurable: true });

// The page's clock stands still, and what it puts off is done when a test says so.
const later = [];
Object.assign(globalThis, { setInterval: () => 0, setTimeout: (run) => later.push(run), clearTimeout: (at) => (later[at - 1] = null) });
const passes = () => later.splice(0).forEach((run) => run?.());

/** Whatever is under way without a clock is done. */
const settled = () => new Promise(setImmediate);

const sockets = [];
globalThis.WebSocket = class extends EventTarget {
  constructor(url) {
    super();
    this.url = new URL(url);
    sockets.push(this);
  }
  close() {
    this.dispatchEvent(Object.assign(new Event('close'), { code: 1006 }));
  }
  hears(frame) {
    this.dispatchEvent(Object.assign(new Event('message'), { data: JSON.stringify(frame) }));
  }
};

const entry = ['words/language', 'interaction/state', 'live/desk', 'live/me', 'live/socket', 'message/threads', 'live/verdict', 'admin/dial_rules/fault', 'call_log/period', 'message/sending']
  .map((name, at) => `export * as m${at} from ${JSON.stringify(`${src}${name}.ts`)};`)
  .join('\n');
const bundle = await build({ stdin: { contents: entry, resolveDir: src, loader: 'ts' }, bundle: true, write: false, format: 'esm', jsx: 'automatic', jsxImportSource: 'preact', nodePaths: [`${src}../node_modules`] });
const { m0: words, m1: state, m2: desk, m3: people, m4: socket, m5: threads, m6: network, m7: fault, m8: period, m9: sending } = await import(`data:text/javascript,${encodeURIComponent(bundle.outputFiles[0].text)}`);

const interaction = (part = {}) => ({ id: 1, protocol: '20261121000001', medium: 'chat', channel: 'webchat', state: 'open', customer: 'waiting', call: null, contact: null, queue: null, inbox: null, title: 'Visitante', left_until_ms: null, started_at_ms: 1000, unread: 0, draft: null, ended_by: null, ...part });
const wholeDesk = (part = {}) => ({ server_time_ms: Date.now(), presence: { queues: [], wrap_up_until_ms: null, wrap_up_interaction: null }, interactions: [], offers: [], boards: [], agents: [], ...part });

test('spans, telephone numbers and forms by number are those of the language', () => {
  assert.equal(words.span(271_000), '04:31');
  assert.equal(words.span(3_871_000), '1:04:31');
  assert.equal(words.longSpan(271_000), '00:04:31');
  assert.equal(words.longSpan(45_000_000), '12:30:00');
  assert.equal(words.telephone('+5511987654321'), '+55 11 98765-4321');
  assert.equal(words.telephone('1132654321'), '(11) 3265-4321');
  assert.equal(words.telephone('1001'), '1001');
  const say = words.catalogue({ rows: { one: '{n} row', other: '{n} rows' } }, { rows: { one: '{n} linha', other: '{n} linhas' } });
  assert.equal(say('rows', { n: 1 }), '1 linha');
  assert.equal(say('rows', { n: 2000 }), '2.000 linhas');
  words.speak('en');
  assert.equal(say('rows', { n: 2000 }), '2,000 rows');
  words.speak('pt-BR');
  assert.equal(say('rows', { n: '<b>' }), '<b> linhas');
});

test('F111 to F115: each state of the customer has its ground, its icon and its word', () => {
  const look = (part) => state.lookOf(interaction(part), 10_000);
  assert.deepEqual(look({ customer: 'new' }), { ground: 'new', icon: 'bell', word: 'Nova' });
  assert.deepEqual(look({}), { ground: 'waiting', icon: 'reply', word: 'Aguardando resposta' });
  assert.deepEqual(look({ customer: 'answered' }), { ground: 'answered', icon: 'check', word: 'Respondida' });
  assert.deepEqual(look({ customer: 'ended', ended_by: 'customer' }), { ground: 'ended', icon: 'flag', word: 'Encerrada pelo cliente' });
  assert.deepEqual(look({ customer: 'ended', ended_by: 'agent' }), { ground: 'ended', icon: 'check', word: 'Encerrada pelo atendente' });
  assert.deepEqual(look({ customer: 'ended', ended_by: 'agent', medium: 'voice' }), { ground: 'ended', icon: 'hang_up', word: 'Encerrada pelo atendente' });
  assert.equal(look({ customer: 'ended', ended_by: 'system' }).icon, 'alert');
  assert.deepEqual(look({ customer: 'left', left_until_ms: 81_000 }), { ground: 'left', icon: 'door', word: 'Saiu da página, 71 s' });
  assert.equal(look({ customer: 'left', left_until_ms: 4_000 }).word, 'Saiu da página, 0 s');
  assert.equal(look({ state: 'offered' }).ground, 'queued');
  assert.equal(look({ medium: 'voice', call: { state: 'held' } }).ground, 'held');
  assert.equal(look({ medium: 'voice', customer: 'ended', call: { state: 'ended' } }).ground, 'ended');
});

test('F119 to F121: search forgives accents and capitals, filters narrow, order turns', () => {
  const all = [
    interaction({ id: 1, title: 'João', started_at_ms: 3000, queue: { id: 7, title: 'Vendas' } }),
    interaction({ id: 2, title: '+5511', contact: { name: 'Oficina São Jorge' }, started_at_ms: 1000, channel: 'voice' }),
    interaction({ id: 3, title: 'Ana', started_at_ms: 2000, protocol: '20261121000042' }),
  ];
  const ids = (part) => state.arranged(all, { text: '', queue: '', channel: '', newest: false, ...part }).map((one) => one.id);
  assert.deepEqual(ids({}), [2, 3, 1]);
  assert.deepEqual(ids({ newest: true }), [1, 3, 2]);
  assert.deepEqual(ids({ text: 'SAO jorge' }), [2]);
  assert.deepEqual(ids({ text: 'joao' }), [1]);
  assert.deepEqual(ids({ text: '000042' }), [3]);
  assert.deepEqual(ids({ text: 'vendas' }), [1]);
  assert.deepEqual(ids({ queue: '7' }), [1]);
  assert.deepEqual(ids({ channel: 'voice' }), [2]);
});

test('a message that is sent stands there at once, and once, however its answer and its events come', async () => {
  desk.take(wholeDesk({ interactions: [interaction()] }));
  const answers = [];
  globalThis.fetch = async (_, { body, headers }) => {
    await null;
    const asked = JSON.parse(body);
    answers.push(headers['Idempotency-Key'] === asked.client_id);
    const message = { id: 9, interaction_id: 1, direction: 'out', text: asked.text, state: 'queued', at_ms: Date.now(), client_id: asked.client_id, author: null, reply_to: null };
    desk.apply('message', { ...message, state: 'delivered' });
    return { ok: true, text: async () => JSON.stringify({ ...message, state: 'queued' }) };
  };
  const of = threads.thread(1);
  of.value = { ...of.value, loaded: true };
  sending.send(1, 'Bom dia', 'out');
  assert.deepEqual(of.value.items.map((one) => [one.text, one.state]), [['Bom dia', 'queued']]);
  assert.equal(desk.interactions.value.get(1).customer, 'answered');
  await settled();
  assert.equal(of.value.items.length, 1);
  assert.deepEqual([of.value.items[0].id, of.value.items[0].state], [9, 'delivered']);
  assert.deepEqual(answers, [true]);
});

test('a message that is refused says why, and goes again under the same name in another request', async () => {
  const asked = [];
  globalThis.fetch = async (_, { body, headers }) => {
    asked.push([JSON.parse(body).client_id, headers['Idempotency-Key']]);
    return { ok: false, status: 409, headers: { get: () => null }, json: async () => ({ title: 'No', detail: 'The window is over.' }) };
  };
  const of = threads.thread(2);
  of.value = { ...of.value, loaded: true };
  sending.send(2, 'Oi', 'out');
  await settled();
  assert.deepEqual(of.value.items.map((one) => [one.state, one.reason]), [['failed', 'The window is over.']]);
  sending.sendAgain(of.value.items[0]);
  await settled();
  assert.equal(of.value.items.length, 1);
  assert.equal(asked[0][0], asked[1][0]);
  assert.notEqual(asked[0][1], asked[1][1]);
  sending.discard(of.value.items[0]);
  assert.equal(of.value.items.length, 0);
});

test('what was written while the server was away goes by itself, in its order, when it is back', async () => {
  const taken = [];
  let away = true;
  globalThis.fetch = async (_, { body }) => {
    if (away) throw new TypeError('no network');
    const { text, client_id } = JSON.parse(body);
    taken.push(text);
    return { ok: true, text: async () => JSON.stringify({ id: 20 + taken.length, interaction_id: 3, direction: 'out', text, state: 'sent', at_ms: Date.now(), client_id, author: null, reply_to: null }) };
  };
  people.me.value = { id: 5, name: 'Ana' };
  const of = threads.thread(3);
  of.value = { ...of.value, loaded: true };
  sending.send(3, 'um', 'out');
  sending.send(3, 'dois', 'out');
  await settled();
  assert.deepEqual([taken, of.value.items.map((one) => one.state)], [[], ['queued', 'queued']]);
  assert.equal([...kept.keys()].filter((key) => key.startsWith('ramal.unsent.5.3.')).length, 2);
  away = false;
  passes();
  await settled();
  assert.deepEqual([taken, of.value.items.map((one) => one.state)], [['um', 'dois'], ['sent', 'sent']]);
  assert.equal([...kept.keys()].filter((key) => key.startsWith('ramal.unsent.')).length, 0);
  people.me.value = undefined;
});

test('an event without a draft takes none away, and what is closed leaves the list', () => {
  desk.take(wholeDesk({ interactions: [interaction({ draft: 'Já vej' })] }));
  const { draft, ...told } = interaction({ unread: 3 });
  assert.equal(draft, null);
  desk.apply('interaction', told);
  assert.equal(desk.interactions.value.get(1).draft, 'Já vej');
  assert.equal(desk.interactions.value.get(1).unread, 3);
  desk.apply('interaction', interaction({ state: 'closed' }));
  assert.equal(desk.interactions.value.size, 0);
  desk.apply('something a newer gateway says', {});
});

test('B08: what is lost on the way to us is not blamed on the network of who misses it', () => {
  const heard = (loss_percent, mos) => ({ loss_percent, jitter_ms: 2, mos });
  const judged = (page, far) => network.judge([page, far].map(([from, missed_percent]) => ({ from, missed_percent })));
  assert.deepEqual(judged([heard(0, 4.3), 33], [heard(33, 1.4), 0]), [{ from: 'good', to: 'unknown' }, { from: 'bad', to: 'unknown' }]);
  assert.deepEqual(judged([heard(0, 4.3), 12], [heard(1, 4), null]), [{ from: 'good', to: 'bad' }, { from: 'good', to: 'unknown' }]);
  assert.deepEqual([heard(4.9, 4), heard(5, 4), heard(10, 3.4)].map(network.verdictOf), ['good', 'bad', 'bad']);
  assert.equal(network.verdictOf({ loss_percent: 3, jitter_ms: 2, mos: null }), 'fair');
  assert.equal(network.verdictOf({ loss_percent: 0, jitter_ms: 90, mos: null }), 'bad');
  assert.equal(network.worst(['unknown', 'good', 'fair']), 'fair');
});

test('a fault of another rule of the dial plan is said beside no field of the one in the form', () => {
  const refused = (field) => ({ problem: { field, code: null, detail: 'a PIN has 3 to 12 digits' }, at: 1 });
  assert.equal(fault.faultOf(refused('rule[1].pin'), 'pin'), 'a PIN has 3 to 12 digits');
  for (const field of ['rule[0].pin', 'rule[11].pin', 'rule[1].dial', 'rule[1]', null]) assert.equal(fault.faultOf(refused(field), 'pin'), null);
  assert.equal(fault.faultOf(null, 'pin'), null);
});

test('B04: a lost connection goes on where it was, or begins with the whole desk', () => {
  later.length = 0;
  socket.listen(() => assert.fail('nobody was logged out'));
  const first = sockets.at(-1);
  assert.equal(first.url.pathname, '/api/v1/events');
  assert.equal(first.url.search, '');
  first.dispatchEvent(new Event('open'));
  first.hears({ type: 'hello', seq: 4, data: { epoch: 'a', resumed: false } });
  assert.equal(socket.reach.value, 'catching_up');
  first.hears({ type: 'snapshot', seq: 4, data: { desk: wholeDesk({ interactions: [interaction()] }) } });
  assert.equal(socket.reach.value, 'live');
  first.hears({ type: 'interaction.gone', seq: 9, data: { id: 1 } });
  assert.equal(desk.interactions.value.size, 0);
  first.close();
  assert.equal(socket.reach.value, 'catching_up');
  passes();
  const second = sockets.at(-1);
  assert.notEqual(second, first);
  assert.equal(second.url.search, '?epoch=a&after=9');
  second.dispatchEvent(new Event('open'));
  second.hears({ type: 'hello', seq: 9, data: { epoch: 'a', resumed: true } });
  assert.equal(socket.reach.value, 'live');
  first.hears({ type: 'interaction', seq: 10, data: interaction() });
  assert.equal(desk.interactions.value.size, 0, 'a socket that was given up is not heard');
  socket.hangUpOnEvents();
});

test('the server ends a log-in: the page is told, and does not come back by itself', () => {
  let told = 0;
  socket.listen(() => {
    told += 1;
    socket.hangUpOnEvents();
  });
  const before = sockets.length;
  sockets.at(-1).dispatchEvent(Object.assign(new Event('close'), { code: 4401 }));
  passes();
  assert.deepEqual([told, sockets.length], [1, before]);
  assert.equal(people.me.value, undefined);
});

test('a language that was chosen beside the password is the one from the first moment on', async () => {
  const me = { id: 1, permissions: [], csrf: '', server_time_ms: Date.now(), language: 'pt-BR' };
  globalThis.fetch = async (address, { body }) => {
    const changed = String(address).endsWith('/me') ? JSON.parse(body) : {};
    return { ok: true, text: async () => JSON.stringify({ ...me, ...changed }) };
  };
  words.choose('en');
  const shown = [];
  const over = words.language.subscribe((now) => shown.push(now));
  await people.logIn('ana@acme.test', 'a password');
  over();
  assert.deepEqual([...new Set(shown)], ['en']);
  assert.equal(document.documentElement.lang, 'en');
  await people.logOut();
  words.speak('pt-BR');
});

test('a period of days begins and ends at midnight, whatever a day is long', () => {
  const now = new Date(2026, 2, 1, 15, 30).getTime();
  const day = (month, date) => new Date(2026, month, date).getTime();
  assert.deepEqual(period.limitsOf('today', now), { from_ms: day(2, 1) });
  assert.deepEqual(period.limitsOf('yesterday', now), { from_ms: day(1, 28), to_ms: day(2, 1) });
  assert.deepEqual(period.limitsOf('last_7_days', now), { from_ms: day(1, 23) });
  assert.deepEqual(period.limitsOf('last_30_days', now), { from_ms: day(0, 31) });
  assert.deepEqual(period.limitsOf('', now), {});
});
