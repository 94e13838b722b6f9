/** One connection on the real server, through the wire in memory: what it holds back, slows down, and takes in which order. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RawConnection } from '../harness/stage-raw-connection.js';
import { loginFrame, message, rig, stored, typesOf } from './connection-rig.js';

const at = rig();

describe('frames behind a login', () => {
  test('wait for it, and are then taken in their order', async () => {
    const hand = await at.stage.connect('alice');
    const release = at.stage.store.hold('claim');
    await at.say(hand, [loginFrame('alice'), message('m1'), message('m2'), { type: 'heartbeat' }]);
    await at.say(hand, message('m3'));
    assert.deepEqual(hand.take(), []);
    release();
    await at.stage.rest();
    const [welcome, ...rest] = hand.take();
    assert.equal(welcome?.type, 'welcome');
    assert.deepEqual(rest, [{ type: 'heartbeat' }, stored('m1', 'm2', 'm3')]);
  });

  test('have no effect when it fails', async () => {
    const hand = await at.stage.connect('alice');
    await at.say(hand, [{ ...loginFrame('alice'), token: 'wrong' }, message('m1'), { type: 'ack' }, 7]);
    assert.deepEqual(typesOf(hand), ['error', 'bye']);
    assert.deepEqual(await at.stage.store.find('bob', 'alice', ['m1']), [{ id: 'm1', state: 'unknown' }]);
  });

  test('a second login among them breaks the protocol, after what came before it was finished', async () => {
    const hand = await at.stage.connect('alice');
    await at.say(hand, [loginFrame('alice'), message('m1'), loginFrame('alice'), message('m2')]);
    assert.deepEqual(typesOf(hand), ['welcome', 'stored', 'bye']);
    assert.equal(hand.end?.code, 4503);
    const found = await at.stage.store.find('bob', 'alice', ['m1', 'm2']);
    assert.deepEqual(
      found.map(({ state }) => state),
      ['stored', 'unknown'],
    );
  });
});

describe('a login that is overtaken', () => {
  test('by its deadline is not welcome, and is told only that it came too late (R1)', async () => {
    const hand = await at.stage.connect('alice');
    const release = at.stage.store.hold('claim');
    await at.say(hand, loginFrame('alice'));
    await at.stage.pass(11_000);
    release();
    await at.stage.rest();
    assert.deepEqual(hand.take(), [{ type: 'bye', reason: 'login-timeout' }]);
    assert.equal(hand.end?.code, 4000);
    assert.equal(at.stage.metrics.users, 0);
  });

  test('by the removal of its user gets nothing of the mailbox (R7)', async () => {
    const alice = await at.login('alice', 'send');
    await at.say(alice, message('m1'));
    const bob = await at.stage.connect('bob');
    const release = at.stage.store.hold('claim');
    await at.say(bob, loginFrame('bob'));
    await at.stage.accounts.remove(['bob']);
    release();
    await at.stage.rest();
    assert.deepEqual(bob.take(), [{ type: 'bye', reason: 'revoked' }]);
    assert.equal(bob.end?.code, 4502);
  });

  test('by the end of its own wire still ends the older session: the mailbox is not its own any more (R6)', async () => {
    const older = await at.login('bob');
    const newer = await at.stage.connect('newer');
    const release = at.stage.store.hold('claim');
    await at.say(newer, loginFrame('bob'));
    newer.transport.cut();
    await at.stage.rest();
    release();
    await at.stage.rest();
    assert.deepEqual(older.take(), [{ type: 'bye', reason: 'replaced' }]);
  });
});

test('an ack that a takeover overtakes on its way to the store is worth nothing (R6, R12)', async () => {
  const [alice, older] = [await at.login('alice', 'send'), await at.login('bob')];
  await at.say(alice, message('m1'));
  assert.deepEqual(typesOf(older), ['message']);
  const release = at.stage.store.hold('settle');
  await at.say(older, { type: 'ack', seq: 1 });
  const newer = await at.stage.connect('newer');
  await at.say(newer, loginFrame('bob'));
  release();
  await at.stage.rest();
  assert.deepEqual(typesOf(newer), ['welcome', 'message']);
  assert.deepEqual(await at.stage.store.find('bob', 'alice', ['m1']), [{ id: 'm1', state: 'stored' }]);
  await at.say(newer, { type: 'ack', seq: 1 });
  assert.deepEqual(await at.stage.store.find('bob', 'alice', ['m1']), [{ id: 'm1', state: 'delivered' }]);
});

describe('a flood is slowed down by not reading', () => {
  test('at 2,048 frames being worked on, until half of them are done', async () => {
    const alice = await at.login('alice', 'send');
    const release = at.stage.store.hold('append');
    for (let count = 0; count < 2_100; count++) alice.say(message(`m${count}`));
    await at.stage.rest();
    assert.equal(at.stage.store.held, 2_048);
    assert.ok(alice.transport.bufferedBytes > 0, 'the rest waits on the wire');
    release();
    await at.stage.rest();
    assert.equal(alice.transport.bufferedBytes, 0);
    const answered = alice.take().flatMap((frame) => (frame.type === 'stored' ? frame.ids : []));
    assert.deepEqual(
      answered,
      Array.from({ length: 2_100 }, (_, index) => `m${index}`),
    );
  });

  test('at 2 MiB being worked on', async () => {
    const alice = await at.login('alice', 'send');
    const release = at.stage.store.hold('append');
    for (let count = 0; count < 40; count++) alice.say(message(`m${count}`, 'x'.repeat(65_000)));
    await at.stage.rest();
    assert.equal(at.stage.store.held, 33);
    release();
    await at.stage.rest();
    assert.equal(alice.take().flatMap((frame) => (frame.type === 'stored' ? frame.ids : [])).length, 40);
  });

  test('and others are not slowed down', async () => {
    const alice = await at.login('alice', 'send');
    at.stage.store.hold('append');
    for (let count = 0; count < 2_100; count++) alice.say(message(`m${count}`));
    await at.stage.rest();
    const bob = await at.login('bob');
    await at.say(bob, { type: 'heartbeat' });
    assert.deepEqual(typesOf(bob), ['heartbeat']);
  });
});

describe('a peer that does not read', () => {
  /** Two thirds of the window of bob, and on the wire more than 1 MiB: each of these is six bytes in JSON. */
  async function fillWire(): Promise<RawConnection> {
    const bob = await at.login('bob');
    bob.transport.pause();
    const alice = await at.login('alice', 'send');
    for (let count = 0; count < 6; count++) await at.say(alice, message(`m${count}`, '\u0001'.repeat(40_000)));
    return bob;
  }

  test('is closed after 30 s, and what it was pushed stays undelivered', async () => {
    const bob = await fillWire();
    await at.stage.pass(30_000);
    assert.equal(at.stage.metrics.closes.get('slow-consumer'), undefined);
    await at.stage.pass(1_000);
    assert.equal(at.stage.metrics.closes.get('slow-consumer'), 1);
    bob.transport.resume();
    await at.stage.rest();
    assert.equal(bob.end?.code, 4002);
    assert.deepEqual(await at.stage.store.find('bob', 'alice', ['m0']), [{ id: 'm0', state: 'stored' }]);
  });

  test('is not read from meanwhile, and goes on where it was when it reads again', async () => {
    const bob = await fillWire();
    await at.stage.pass(2_000);
    await at.say(bob, { type: 'heartbeat' });
    assert.ok(bob.transport.bufferedBytes > 0);
    bob.transport.resume();
    await at.stage.rest();
    await at.stage.pass(1_000);
    assert.deepEqual(typesOf(bob).sort(), ['heartbeat', ...Array<string>(6).fill('message')]);
    await at.stage.pass(60_000);
    assert.equal(bob.end, undefined);
  });
});

test('an answer does not wait for a mailbox that is slow to read', async () => {
  const alice = await at.login('alice', 'send');
  await at.say(alice, message('m1'));
  const release = at.stage.store.hold('read');
  const bob = await at.stage.connect('bob');
  await at.say(bob, loginFrame('bob'));
  assert.deepEqual(typesOf(bob), ['welcome']);
  release();
  await at.stage.rest();
  assert.deepEqual(typesOf(bob), ['message']);
});
