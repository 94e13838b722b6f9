/** A delivery attempt is counted when a session with unacked pushes ends, or when an ack takes long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loginFrame, message, setUpRig } from './connection-setup.js';

const rig = setUpRig();

const tried = async () => {
  const read = await rig.stage.store.read('bob', 0, { messages: 9, bytes: 9_999 });
  return read.map(({ attempts, triedAt }) => [attempts, triedAt !== undefined]);
};

test('a push without an ack counts as an attempt after noteAfterMs, once per session', async () => {
  const [alice, bob] = [await rig.login('alice', 'send'), await rig.login('bob')];
  await rig.send(alice, message('m1'));
  await rig.stage.clock.advance(29_000);
  assert.deepEqual(await tried(), [[0, false]]);
  await rig.stage.clock.advance(3_000);
  assert.deepEqual(await tried(), [[1, true]]);
  assert.equal(rig.stage.metrics.attempts, 1);
  await rig.stage.clock.advance(20_000);
  bob.transport.cut();
  await rig.stage.rest();
  assert.deepEqual(await tried(), [[1, true]]);
  const again = await rig.stage.connect('bob');
  await rig.send(again, loginFrame('bob'));
  const [welcome, push] = again.take();
  assert.equal(welcome?.type, 'welcome');
  assert.equal(push?.type === 'message' && push.attempt, 2);
});

test('a push into a session that was quiet for long counts as an attempt as early', async () => {
  await rig.login('bob');
  await rig.stage.pass(40_000);
  const alice = await rig.login('alice', 'send');
  await rig.send(alice, message('m1'));
  await rig.stage.pass(32_000);
  assert.deepEqual(await tried(), [[1, true]]);
});

test('a redelivery in the same session does not count as another attempt', async () => {
  const [alice, bob] = [await rig.login('alice', 'send'), await rig.login('bob')];
  await rig.send(alice, message('m1'));
  const [first] = bob.take();
  await rig.stage.clock.advance(31_000);
  bob.take();
  const root = await rig.login('operator', 'operate');
  await rig.send(root, { type: 'replay', id: 'q1', user: 'bob' });
  assert.deepEqual(bob.take(), [first]);
});
