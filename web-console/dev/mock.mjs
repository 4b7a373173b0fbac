// Answers as the gateway does, from dev/world.mjs: `npm run mock`, then http://127.0.0.1:8099 (any e-mail and password).
// POST /mock/call, /mock/chat, /mock/says {text}, /mock/drop make things happen.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

import * as world from './world.mjs';
import { accept } from './websocket.mjs';

const DIST = new URL('../dist/', import.meta.url).pathname;
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const POLICY = "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; frame-ancestors 'none'";

const listeners = new Set();
let seq = 0;
let offers = [];
let signedIn = process.argv.includes('--in');

const publish = (type, data) => {
  seq += 1;
  for (const one of listeners) one.send({ type, seq, at_ms: world.now(), data });
};

const desk = () => ({ server_time_ms: world.now(), presence: world.presence, interactions: world.open, offers, boards: world.boards, agents: world.agents });
const page = (items) => ({ items, next: null });
const find = (id) => [...world.open, ...world.closed].find((one) => one.id === Number(id));

function refused(status, title) {
  return Object.assign(new Error(title), { status });
}

function change(id, part) {
  const one = find(id);
  if (!one) throw refused(404, 'No such interaction');
  Object.assign(one, part);
  publish('interaction', one);
  return one;
}

function stand(pick, part) {
  for (const queue of world.presence.queues.filter(pick)) Object.assign(queue, part, { since_ms: world.now() });
  publish('presence', world.presence);
  return world.presence;
}

const inScope = (scope) => (queue) => queue.state !== 'offline' && (scope === 'all' || scope.medium === queue.medium || scope.queue === queue.queue_id);

const ROUTES = [
  ['GET', /^\/me$/, () => (signedIn ? { ...world.me, server_time_ms: world.now() } : Promise.reject(refused(401, 'Nobody is logged in')))],
  ['POST', /^\/login$/, ({ body }) => ((signedIn = body.password !== 'wrong') ? world.me : Promise.reject(refused(401, 'Wrong')))],
  ['POST', /^\/logout$/, () => (world.open.some((one) => one.agent) ? Promise.reject(refused(409, 'Interactions are open')) : void (signedIn = false))],
  ['PATCH', /^\/me$/, ({ body }) => Object.assign(world.me, body)],
  ['GET', /^\/links\/(.+)$/, () => ({ email: 'ana@acme.example', name: 'Ana', purpose: 'setup' })],
  ['POST', /^\/presence\/login$/, ({ body }) => stand((queue) => body.queues.includes(queue.queue_id), { state: 'online', reason: null })],
  ['POST', /^\/presence\/logout$/, ({ body }) => stand((queue) => !body?.queues || body.queues.includes(queue.queue_id), { state: 'offline', reason: null })],
  ['POST', /^\/presence\/pause$/, ({ body }) => stand(inScope(body.scope), { state: 'paused', reason: { id: body.reason_id, title: body.reason_id === 1 ? 'Almoço' : 'Descanso' } })],
  ['POST', /^\/presence\/ready$/, ({ body }) => stand(inScope(body.scope), { state: 'online', reason: null })],
  ['POST', /^\/presence\/wrap-up\/end$/, () => Object.assign(world.presence, { wrap_up_until_ms: null })],
  ['POST', /^\/offers\/(\d+)\/accept$/, ({ at }) => accepted(Number(at[1]))],
  ['POST', /^\/offers\/(\d+)\/refuse$/, ({ at }) => over(Number(at[1]), 'refused')],
  ['GET', /^\/interactions$/, () => page(world.closed)],
  ['GET', /^\/interactions\/(\d+)$/, ({ at }) => find(at[1]) ?? Promise.reject(refused(404, 'No such interaction'))],
  ['PATCH', /^\/interactions\/(\d+)$/, ({ at, body }) => change(at[1], { ...body, ...(body.contact_id ? { contact: world.contacts.find((one) => one.id === body.contact_id) } : {}) })],
  ['GET', /^\/interactions\/(\d+)\/messages$/, ({ at }) => page(world.messages.get(Number(at[1])) ?? [])],
  ['POST', /^\/interactions\/(\d+)\/messages$/, ({ at, body }) => write(Number(at[1]), body)],
  ['POST', /^\/interactions\/(\d+)\/(open|read)$/, ({ at }) => change(at[1], { unread: 0, ...(find(at[1])?.customer === 'new' ? { customer: 'waiting' } : {}) })],
  ['POST', /^\/interactions\/(\d+)\/take$/, ({ at }) => change(at[1], { agent: { id: 1, name: world.me.name }, state: 'open' })],
  ['POST', /^\/interactions\/(\d+)\/(end|transfer|release)$/, ({ at }) => leave(Number(at[1]), at[2])],
  ['GET', /^\/interactions\/(\d+)\/recordings$/, () => [{ id: 1, seconds: 62, started_at_ms: world.now() - 5_400_000, url: '/icon.svg' }]],
  ['GET', /^\/interactions\/(\d+)\/events$/, () => page(['arrived', 'offered', 'assigned', 'ended', 'closed'].map((kind, id) => ({ id, kind, at_ms: world.now() - (9 - id) * 60_000, user: { id: 1, name: world.me.name }, detail: null })))],
  ['GET', /^\/interactions\/(\d+)\/notes$/, () => page([{ id: 1, text: 'Prefere ser chamado à tarde.', at_ms: world.now() - 600_000, author: { id: 1, name: 'Bruno Lima' } }])],
  ['GET', /^\/contacts$/, ({ query }) => page(world.contacts.filter((one) => one.name.toLowerCase().includes((query.get('q') ?? '').toLowerCase())))],
  ['GET', /^\/contacts\/(\d+)\/interactions$/, () => page(world.closed)],
  ['GET', /^\/contacts\/(\d+)$/, ({ at }) => world.contacts.find((one) => one.id === Number(at[1]))],
  ['POST', /^\/whip$/, () => Promise.reject(refused(503, 'There is no media here'))],
];

function accepted(id) {
  const offer = offers.find((one) => one.id === id);
  if (!offer) throw refused(409, 'This offer is over');
  const one = offer.interaction;
  Object.assign(one, { state: 'open', agent: { id: 1, name: world.me.name }, assigned_at_ms: world.now() });
  if (one.call) Object.assign(one, { answered_at_ms: world.now(), customer: 'answered', call: { ...one.call, state: 'talking', since_ms: world.now() } });
  world.open.push(one);
  over(id, 'accepted');
  publish('interaction', one);
  if (one.call) publish('call', { type: 'quality', call: one.call.id, sides: [{ side: 'page', loss_percent: 0.2, jitter_ms: 4, round_trip_ms: 21, mos: 4.3, silent_ms: 0 }, { side: 'far', loss_percent: 2.4, jitter_ms: 28, round_trip_ms: 180, mos: 3.4, silent_ms: 0 }] });
  return one;
}

function over(id, why) {
  offers = offers.filter((one) => one.id !== id);
  publish('offer.over', { id, why });
}

function write(id, body) {
  const message = world.said(id, body.comment ? 'comment' : 'out', body.text, 0, { client_id: body.client_id, state: body.comment ? 'none' : 'sent' });
  world.messages.set(id, [...(world.messages.get(id) ?? []), message]);
  publish('message', message);
  if (!body.comment) change(id, { customer: 'answered', last: { text: body.text, at_ms: message.at_ms, direction: 'out' } });
  return message;
}

function leave(id, verb) {
  const at = world.open.findIndex((one) => one.id === id);
  const [one] = world.open.splice(at, 1);
  if (verb === 'end') {
    Object.assign(one, { state: 'closed', closed_at_ms: world.now() });
    world.closed.unshift(one);
    world.presence.wrap_up_until_ms = world.now() + 20_000;
    publish('presence', world.presence);
  }
  publish('interaction.gone', { id });
}

const HAPPENINGS = {
  call: () => offer(world.callNow()),
  chat: () => offer(world.interaction({ customer: 'new', agent: null, state: 'offered', title: 'Visitante 30', unread: 1, started_at_ms: world.now() - 4_000 })),
  says: ({ text, id = 2 }) => {
    const message = world.said(id, 'in', text ?? 'Oi?', 0);
    world.messages.get(id)?.push(message);
    publish('message', message);
    change(id, { customer: 'waiting', last: { text: message.text, at_ms: message.at_ms, direction: 'in' } });
  },
  drop: () => listeners.forEach((one) => one.close()),
};

function offer(interaction) {
  const made = { id: interaction.id + 1000, interaction, until_ms: world.now() + 20_000 };
  offers.push(made);
  publish('offer', made);
  setTimeout(() => offers.some((one) => one.id === made.id) && over(made.id, 'timed_out'), 20_000);
}

async function answer(request, response) {
  const url = new URL(request.url, 'http://mock');
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const body = (request.headers['content-type'] ?? '').includes('json') && text ? JSON.parse(text) : undefined;
  if (url.pathname.startsWith('/mock/')) return reply(response, 200, HAPPENINGS[url.pathname.slice(6)]?.(body ?? {}) ?? {});
  if (!url.pathname.startsWith('/api/v1')) return file(url.pathname, response);
  const path = url.pathname.slice('/api/v1'.length);
  for (const [method, pattern, run] of ROUTES) {
    const at = method === request.method && pattern.exec(path);
    if (at) return reply(response, 200, await run({ at, body, query: url.searchParams }));
  }
  return request.method === 'GET' ? reply(response, 200, page([])) : reply(response, 204);
}

function reply(response, status, data) {
  response.writeHead(data === undefined ? 204 : status, { 'Content-Type': 'application/json' });
  response.end(data === undefined ? undefined : JSON.stringify(data));
}

async function file(path, response) {
  const name = join(DIST, normalize(path === '/' ? '/index.html' : path));
  const content = await readFile(name).catch(() => null);
  response.writeHead(content ? 200 : 404, { 'Content-Type': TYPES[extname(name)] ?? 'text/plain', 'Content-Security-Policy': POLICY });
  response.end(content ?? 'not found');
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    response.writeHead(error.status ?? 500, { 'Content-Type': 'application/problem+json' });
    response.end(JSON.stringify({ title: error.message, status: error.status ?? 500 }));
  });
});

server.on('upgrade', (request, socket) => {
  const peer = accept(request, socket);
  listeners.add(peer);
  peer.onClose = () => listeners.delete(peer);
  peer.send({ type: 'hello', seq, data: { epoch: 'mock', resumed: false } });
  peer.send({ type: 'snapshot', seq, data: { desk: desk() } });
});

setInterval(() => publish('tick', { server_time_ms: world.now() }), 15_000);
server.listen(Number(process.env.PORT ?? 8099), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
