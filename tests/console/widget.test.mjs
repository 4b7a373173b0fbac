// What the widget knows of a conversation, without a page: frames come in, frames to say come out.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const { build } = createRequire(new URL('../browser/driver/', import.meta.url))('esbuild');
const entry = fileURLToPath(new URL('../../web-console/widget/src/conversation.ts', import.meta.url));
const bundle = await build({ entryPoints: [entry], bundle: true, write: false, format: 'esm' });
const { Conversation, nothingKept } = await import(`data:text/javascript,${encodeURIComponent(bundle.outputFiles[0].text)}`);

const fresh = () => new Conversation(nothingKept());
const closed = { type: 'state', open: false, messages: [], first: true, more: false };
const opened = (messages = []) => ({ type: 'state', open: true, messages, first: true, more: false });
const message = (id, from, changes = {}) => ({ type: 'message', id, from, name: from === 'agent' ? 'Ana' : null, text: id, at: 1, state: 'sent', ...changes });

function open(conversation = fresh()) {
  conversation.start({}, 'https://shop.example/', 'en');
  conversation.hear(closed, 0);
  conversation.hear({ type: 'started' }, 0);
  return conversation;
}

test('what is said before the line stands is said once it does', () => {
  const conversation = fresh();
  const [start] = conversation.start({ name: 'Ana' }, 'https://shop.example/', 'en');
  assert.deepEqual(conversation.say('m1', 'Hi', 0), []);
  assert.deepEqual(conversation.hear({ type: 'welcome', visitor: 'v' }, 0), [{ type: 'hello' }]);
  assert.deepEqual(conversation.hear(closed, 0), [start]);
  assert.deepEqual(conversation.hear({ type: 'started' }, 0), [{ type: 'say', id: 'm1', text: 'Hi' }]);
  conversation.hear(message('m1', 'visitor'), 1);
  assert.deepEqual(conversation.kept.pending, []);
  assert.equal(conversation.kept.messages.length, 1);
});

test('a line that broke repeats what was not confirmed, with the same id, and nothing else', () => {
  const conversation = open();
  conversation.say('m1', 'one', 0);
  conversation.say('m2', 'two', 0);
  conversation.hear(message('m1', 'visitor'), 1);
  conversation.lineIsLost();
  assert.deepEqual(conversation.hear(opened([message('m1', 'visitor')]), 2), [{ type: 'say', id: 'm2', text: 'two' }]);
  assert.deepEqual(conversation.kept.messages.map(({ id }) => id), ['m1']);
});

test('much written without a line goes out in portions', () => {
  const conversation = open();
  conversation.lineIsLost();
  conversation.kept.phase = 'open';
  for (let at = 0; at < 25; at += 1) conversation.kept.pending.push({ id: `m${at}`, text: 'x', said_at_ms: null });
  assert.equal(conversation.hear(opened(), 0).length, 10);
  assert.deepEqual(conversation.hear(message('m0', 'visitor'), 1).map(({ id }) => id), ['m10']);
});

test('a message that comes again is replaced, never shown twice', () => {
  const conversation = open();
  conversation.hear(message('a1', 'agent'), 0);
  conversation.hear(message('a1', 'agent', { text: 'better' }), 1);
  assert.deepEqual(conversation.kept.messages.map(({ text }) => text), ['better']);
});

test('a long conversation comes in several frames and stands only when it is whole', () => {
  const conversation = open();
  conversation.hear(message('old', 'agent'), 0);
  conversation.hear({ ...opened([message('a', 'agent')]), more: true }, 1);
  assert.deepEqual(conversation.kept.messages.map(({ id }) => id), ['old']);
  conversation.hear({ ...opened([message('b', 'agent')]), first: false }, 1);
  assert.deepEqual(conversation.kept.messages.map(({ id }) => id), ['a', 'b']);
});

test('messages of agents are told once as delivered and once as read', () => {
  const conversation = open();
  conversation.hear(message('a1', 'agent'), 0);
  assert.equal(conversation.unread, 1);
  assert.deepEqual(conversation.see('delivered'), [{ type: 'seen', ids: ['a1'], state: 'delivered' }]);
  assert.deepEqual(conversation.see('delivered'), []);
  assert.deepEqual(conversation.see('read'), [{ type: 'seen', ids: ['a1'], state: 'read' }]);
  assert.deepEqual(conversation.see('delivered'), []);
  assert.equal(conversation.unread, 0);
});

test('a form that the node refuses names its field and may be sent again', () => {
  const conversation = fresh();
  conversation.start({}, 'https://shop.example/', 'en');
  conversation.hear(closed, 0);
  conversation.hear({ type: 'fault', code: 'form', field: 'email', id: null }, 0);
  assert.deepEqual(conversation.form_fault, { field: 'email' });
  assert.equal(conversation.kept.phase, 'none');
  assert.equal(conversation.start({ email: 'a@b.example' }, 'https://shop.example/', 'en').length, 1);
});

test('who comes back too late finds the conversation ended and can begin another', () => {
  const conversation = open();
  conversation.hear(message('a1', 'agent'), 0);
  conversation.lineIsLost();
  assert.deepEqual(conversation.hear(closed, 100_000), []);
  assert.equal(conversation.kept.phase, 'ended');
  conversation.anew();
  assert.deepEqual(conversation.kept.messages, []);
  assert.equal(conversation.kept.phase, 'none');
});

test('a message without its echo makes the line count as dead', () => {
  const conversation = open();
  conversation.say('m1', 'Hi', 0);
  assert.equal(conversation.lineIsDead(9_000), false);
  assert.equal(conversation.lineIsDead(11_000), true);
});

test('typing is told now and then, not with each key', () => {
  const conversation = open();
  const told = [4_000, 4_500, 6_000, 7_500].map((at) => conversation.type(at).length);
  assert.deepEqual(told, [1, 0, 0, 1]);
});

test('frames of a newer node do no harm', () => {
  assert.deepEqual(open().hear({ type: 'weather' }, 0), []);
});
