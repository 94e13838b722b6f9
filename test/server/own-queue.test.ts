/** A user who asks for the own queue without end: the rates count it, others are served, and a stop waits for nobody. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { OWN } from '../../src/server/limits.js';
import { Stage } from '../harness/stage.js';
import { loginFrame, message, typesOf } from './connection-setup.js';

const rateLimits = { messagesPerSecond: 10, bytesPerSecond: 1_000_000, burstSeconds: 1 };
const own = (id: string) => ({ type: 'own', id, what: 'sent' });

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open({ stores: 'memory', rateLimits });
});
afterEach(async () => {
  await stage.end();
  assert.equal(stage.clock.timers, 0, 'no timer is left');
});

async function login(user: string) {
  const hand = await stage.connect(user);
  hand.say(loginFrame(user, 'send'));
  await stage.rest();
  assert.deepEqual(typesOf(hand), ['welcome']);
  return hand;
}

test('a request counts as a message for the rates', async () => {
  const alice = await login('alice');
  const count = rateLimits.messagesPerSecond * 2;
  for (let index = 0; index < count; index++) alice.say(own(`q${index}`));
  await stage.rest();
  assert.equal(alice.take().length, rateLimits.messagesPerSecond);
  await stage.clock.advance(2_000);
  await stage.rest();
  assert.equal(alice.take().length, count - rateLimits.messagesPerSecond);
});

test('requests of a user wait for each other, all sessions together, and nobody else does', async () => {
  const [first, second, bob] = [await login('alice'), await stage.connect('again'), await login('bob')];
  second.say(loginFrame('alice', 'send'));
  await stage.rest();
  assert.deepEqual(typesOf(second), ['welcome']);
  const release = stage.store.hold('sent');
  for (const hand of [first, second, bob]) hand.say(own('q1'));
  await stage.rest();
  assert.equal(stage.store.held, 2, 'one of alice, and one of bob');
  first.say(message('m1'));
  await stage.rest();
  assert.deepEqual(typesOf(first), ['stored'], 'what else the user does goes on');
  release();
  await stage.rest();
  assert.deepEqual([typesOf(first), typesOf(bob)], [['own'], ['own']]);
  await stage.clock.advance(OWN.maxRestMs);
  await stage.rest();
  assert.deepEqual(typesOf(second), ['own']);
});

test('what waits is refused when the server stops', async () => {
  const alice = await login('alice');
  const release = stage.store.hold('sent');
  for (const id of ['q1', 'q2']) alice.say(own(id));
  await stage.rest();
  const stopping = stage.stopServer();
  release();
  await stopping;
  const answers = alice.take().map((frame) => (frame.type === 'error' ? frame.code : frame.type));
  assert.deepEqual(answers.slice(0, 3), ['own', 'unavailable', 'bye']);
});
