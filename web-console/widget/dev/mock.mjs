// A stand-in of the node for the widget: node widget/dev/mock.mjs [PORT]. An agent called Ana answers by itself; what is
// written may ask for more: `/end`, `/cut` (the line breaks), `/two` (two messages), `/slow` (no echo), `/long` (refused).
// /hooks/plain has no form; /hooks/none does not exist.

import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accept } from './socket.mjs';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const kinds = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
const POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const form = [
  { name: 'name', label: null, kind: 'text', required: true },
  { name: 'email', label: null, kind: 'email', required: true },
  { name: 'q1', label: 'Número do pedido', kind: 'text', required: false },
];
const look = { title: 'Fale com a Loja Exemplo', greeting: 'Olá! Como podemos ajudar?', colour: '#7a3e12', position: 'right', form, text_characters: 10_000 };
const looks = { trial: look, plain: { ...look, form: [], position: 'left', colour: '#ffd23f', title: 'Chat' } };

/** By visitor. */
const threads = new Map();

export function start(port = 0) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://mock');
    const [, hook, key] = pathname.match(/^\/(hooks)\/(\w+)\/config$/) ?? [];
    if (hook) return json(response, looks[key]);
    const name = pathname === '/widget/trial' ? 'widget/trial.html' : pathname.slice(1);
    const bytes = name.includes('..') ? null : await readFile(dist + name).catch(() => null);
    if (!bytes) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': kinds[extname(name)] ?? 'application/octet-stream', 'content-security-policy': POLICY }).end(bytes);
  });
  server.on('upgrade', (request, socket) => {
    const { searchParams } = new URL(request.url, 'http://mock');
    const visitor = searchParams.get('visitor') ?? randomUUID();
    const thread = threads.get(visitor) ?? { open: false, messages: [], lines: new Set() };
    threads.set(visitor, thread);
    const line = accept(request, socket, { hear: (frame) => hear(thread, line, frame), gone: () => thread.lines.delete(line) });
    thread.lines.add(line);
    line.say({ type: 'welcome', visitor });
  });
  return new Promise((done) => server.listen(port, '127.0.0.1', () => done(server)));
}

function json(response, body) {
  const headers = { 'content-type': 'application/json', 'access-control-allow-origin': '*' };
  response.writeHead(body ? 200 : 404, headers).end(JSON.stringify(body ?? {}));
}

function hear(thread, line, frame) {
  switch (frame.type) {
    case 'hello':
      return line.say({ type: 'state', open: thread.open, messages: thread.open ? thread.messages : [], more: false });
    case 'start': {
      if ('email' in frame.form && frame.form.email.endsWith('.invalid')) return line.say({ type: 'fault', code: 'form', field: 'email', id: null });
      if (!thread.open) Object.assign(thread, { open: true, messages: [] });
      tell(thread, { type: 'started' });
      return setTimeout(() => put(thread, { from: 'system', text: 'Ana entrou na conversa.' }), 200);
    }
    case 'say':
      return thread.open ? written(thread, line, frame) : line.say({ type: 'fault', code: 'not_started', field: null, id: frame.id });
    case 'seen':
      for (const one of thread.messages) if (frame.ids.includes(one.id)) one.state = frame.state;
      return undefined;
    case 'end':
      return ended(thread, 'visitor');
    case 'ping':
      return line.say({ type: 'pong' });
    default:
      return undefined;
  }
}

function written(thread, line, { id, text }) {
  if (text === '/slow') return undefined;
  if (text === '/long') return line.say({ type: 'fault', code: 'too_long', field: null, id });
  if (!thread.messages.some((known) => known.id === id)) put(thread, { from: 'visitor', id, text });
  if (text === '/cut') return line.cut();
  if (text === '/end') return ended(thread, 'agent');
  setTimeout(() => {
    tell(thread, { type: 'status', id, state: 'read' });
    tell(thread, { type: 'typing', active: true });
  }, 300);
  const answers = text === '/two' ? ['Um.', 'Dois.'] : [`Entendi: “${text}”. Veja https://loja.example/precos.`];
  return setTimeout(() => answers.forEach((answer) => put(thread, { from: 'agent', name: 'Ana', text: answer })), 900);
}

function put(thread, message) {
  const whole = { id: randomUUID(), name: null, format: 'plain', at: Date.now(), state: 'sent', ...message };
  thread.messages.push(whole);
  tell(thread, { type: 'message', ...whole });
}

function ended(thread, by) {
  thread.open = false;
  tell(thread, { type: 'ended', by });
}

const tell = (thread, frame) => thread.lines.forEach((line) => line.say(frame));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await start(Number(process.argv[2] ?? 8090));
  console.log(`http://127.0.0.1:${server.address().port}/widget/trial?inbox=trial`);
}
