/** What counts as an attempt: a session that pushed a message and has not acked it, when it ends or takes long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loginFrame, message, rig } from './connection-rig.js';

const at = rig();

const tried = async () => {
  const read = await at.stage.store.read('bob', 0, { messages: 9, bytes: 9_999 });
  return read.map(({ attempts, triedAt }) => [attempts, triedAt !== undefined]);
};

test('after 30 s, once, though the session goes on', async () => {
  const [alice, bob] = [await at.login('alice', 'send'), await at.login('bob')];
  await at.say(alice, message('m1'));
  await at.stage.clock.advance(29_000);
  assert.deepEqual(await tried(), [[0, false]]);
  await at.stage.clock.advance(3_000);
  assert.deepEqual(await tried(), [[1, true]]);
  await at.stage.clock.advance(20_000);
  bob.transport.cut();
  await at.stage.rest();
  assert.deepEqual(await tried(), [[1, true]]);
  const again = await at.stage.connect('bob');
  await at.say(again, loginFrame('bob'));
  const [welcome, push] = again.take();
  assert.equal(welcome?.type, 'welcome');
  assert.equal(push?.type === 'message' && push.attempt, 2);
});

test('what an operator has pushed again in the same session is no further attempt', async () => {
  const [alice, bob] = [await at.login('alice', 'send'), await at.login('bob')];
  await at.say(alice, message('m1'));
  const [first] = bob.take();
  await at.stage.clock.advance(31_000);
  bob.take();
  const root = await at.login('operator', 'operate');
  await at.say(root, { type: 'replay', id: 'q1', user: 'bob' });
  assert.deepEqual(bob.take(), [first]);
});
