// What the trial page knows without a document: both languages whole, and the truth that events build.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';

const page = new URL('../../../web-console/trial/', import.meta.url);
globalThis.localStorage = { getItem: () => 'en', setItem: () => {} };

const { tables } = await import(new URL('words.js', page));
const { Calls, oneWay, verbsOf, whoOf } = await import(new URL('calls.js', page));

const call = (changes) => ({
  id: 'a', direction: 'incoming', state: 'ringing', far_held: false, number: '101', name: null, dialled: '100',
  started_at_ms: 1000, answered_at_ms: null, recorded: false, ...changes,
});

test('both languages have the same words with the same places', () => {
  const places = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  assert.deepEqual(Object.keys(tables.en), Object.keys(tables['pt-BR']));
  for (const key of Object.keys(tables.en)) assert.deepEqual(places(tables.en[key]), places(tables['pt-BR'][key]), key);
});

test('every word that the page names is there', () => {
  const sources = readdirSync(page).filter((name) => /\.(html|js)$/.test(name)).map((name) => readFileSync(new URL(name, page), 'utf8'));
  const named = sources.flatMap((text) => [...text.matchAll(/data-word(?:-\w+)?="(\w+)"|\bword\('(\w+)'/g)].map((found) => found[1] ?? found[2]));
  assert.ok(named.length > 40);
  for (const key of named) assert.ok(key in tables.en, key);
});

test('a call is built by its events and gone with its end', () => {
  const calls = new Calls();
  calls.take({ type: 'snapshot', seat: { state: 'connected' }, calls: [], now_ms: Date.now() });
  assert.deepEqual(calls.take({ type: 'call', call: call() }), [['log_incoming', { who: '101' }]]);
  assert.equal(calls.ringing.id, 'a');
  assert.deepEqual(calls.take({ type: 'call', call: call({ state: 'talking', answered_at_ms: 2000 }) }), [['log_answered', { who: '101' }]]);
  assert.equal(calls.current.id, 'a');
  assert.deepEqual(calls.take({ type: 'ended', call: 'a', number: '101', reason: 'busy' }), [['log_ended', { who: '101', reason: 'busy' }]]);
  assert.equal(calls.current, null);
});

test('a snapshot replaces all that was known', () => {
  const calls = new Calls();
  calls.take({ type: 'call', call: call({ id: 'old' }) });
  calls.take({ type: 'snapshot', seat: { state: 'lost' }, calls: [call({ id: 'new', state: 'held' })], now_ms: Date.now() });
  assert.deepEqual([...calls.calls.keys()], ['new']);
  assert.equal(calls.seat.state, 'lost');
});

test('events of a newer gateway do no harm', () => {
  assert.deepEqual(new Calls().take({ type: 'weather' }), []);
  assert.deepEqual(verbsOf(call({ state: 'levitating' })), ['hang_up']);
});

test('the gateway keeps the time', () => {
  const calls = new Calls();
  calls.take({ type: 'snapshot', seat: { state: 'none' }, calls: [], now_ms: Date.now() + 60_000 });
  assert.ok(Math.abs(calls.now() - Date.now() - 60_000) < 1000);
});

test('the side that nothing comes from is named, unless it is on hold', () => {
  const talking = call({ state: 'talking' });
  const sides = [{ side: 'page', silent_ms: 20 }, { side: 'far', silent_ms: 6000 }];
  assert.equal(oneWay(talking, sides), 'far');
  assert.equal(oneWay(talking, [{ side: 'page', silent_ms: null }]), 'page');
  assert.equal(oneWay({ ...talking, far_held: true }, sides), null);
  assert.equal(oneWay(call({ state: 'held' }), sides), null);
  assert.equal(whoOf(call({ name: 'Maria' })), 'Maria');
});
