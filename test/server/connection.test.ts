/** One connection of the real server, with a transport in memory: order of frames, races at login, backpressure. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WIRE } from '../../src/protocol/limits.js';
import { SESSION } from '../../src/server/limits.js';
import type { RawConnection } from '../harness/stage-raw-connection.js';
import { loginFrame, message, setUpRig, stored, typesOf } from './connection-setup.js';

const rig = setUpRig();

describe('frames sent right after a login', () => {
  test('frames after a login wait for it, and are then handled in order', async () => {
    const hand = await rig.stage.connect('alice');
    const release = rig.stage.store.hold('claim');
    await rig.send(hand, [loginFrame('alice'), message('m1'), message('m2'), { type: 'heartbeat' }]);
    await rig.send(hand, message('m3'));
    assert.deepEqual(hand.take(), []);
    release();
    await rig.stage.rest();
    const [welcome, ...rest] = hand.take();
    assert.equal(welcome?.type, 'welcome');
    assert.deepEqual(rest, [{ type: 'heartbeat' }, stored('m1', 'm2', 'm3')]);
  });

  test('frames after a login that fails have no effect', async () => {
    const hand = await rig.stage.connect('alice');
    await rig.send(hand, [{ ...loginFrame('alice'), token: 'wrong' }, message('m1'), { type: 'ack' }, 7]);
    assert.deepEqual(typesOf(hand), ['error', 'bye']);
    assert.deepEqual(await rig.stage.store.find('bob', 'alice', ['m1']), [{ id: 'm1', state: 'unknown' }]);
  });

  test('a second login breaks the protocol, after the frames before it were handled', async () => {
    const hand = await rig.stage.connect('alice');
    await rig.send(hand, [loginFrame('alice'), message('m1'), loginFrame('alice'), message('m2')]);
    assert.deepEqual(typesOf(hand), ['welcome', 'stored', 'bye']);
    assert.equal(hand.end?.code, 4503);
    const found = await rig.stage.store.find('bob', 'alice', ['m1', 'm2']);
    assert.deepEqual(
      found.map(({ state }) => state),
      ['stored', 'unknown'],
    );
  });
});

describe('a login that is overtaken while the mailbox is claimed', () => {
  test('a login that takes too long is closed with login-timeout only (R1)', async () => {
    const hand = await rig.stage.connect('alice');
    const release = rig.stage.store.hold('claim');
    await rig.send(hand, loginFrame('alice'));
    await rig.stage.pass(11_000);
    release();
    await rig.stage.rest();
    assert.deepEqual(hand.take(), [{ type: 'bye', reason: 'login-timeout' }]);
    assert.equal(hand.end?.code, 4000);
    assert.equal(rig.stage.metrics.users, 0);
  });

  test('a login whose user is removed meanwhile gets nothing of the mailbox (R7)', async () => {
    const alice = await rig.login('alice', 'send');
    await rig.send(alice, message('m1'));
    const bob = await rig.stage.connect('bob');
    const release = rig.stage.store.hold('claim');
    await rig.send(bob, loginFrame('bob'));
    await rig.stage.accounts.remove(['bob']);
    release();
    await rig.stage.rest();
    assert.deepEqual(bob.take(), [{ type: 'bye', reason: 'revoked' }]);
    assert.equal(bob.end?.code, 4502);
  });

  test('a login whose connection is cut meanwhile still ends the older session, because the mailbox is claimed (R6)', async () => {
    const older = await rig.login('bob');
    const newer = await rig.stage.connect('newer');
    const release = rig.stage.store.hold('claim');
    await rig.send(newer, loginFrame('bob'));
    newer.transport.cut();
    await rig.stage.rest();
    release();
    await rig.stage.rest();
    assert.deepEqual(older.take(), [{ type: 'bye', reason: 'replaced' }]);
  });
});

test('an ack has no effect if a takeover is faster (R6, R12)', async () => {
  const [alice, older] = [await rig.login('alice', 'send'), await rig.login('bob')];
  await rig.send(alice, message('m1'));
  assert.deepEqual(typesOf(older), ['message']);
  const release = rig.stage.store.hold('settle');
  await rig.send(older, { type: 'ack', seq: 1 });
  const newer = await rig.stage.connect('newer');
  await rig.send(newer, loginFrame('bob'));
  release();
  await rig.stage.rest();
  assert.deepEqual(typesOf(newer), ['welcome', 'message']);
  assert.deepEqual(await rig.stage.store.find('bob', 'alice', ['m1']), [{ id: 'm1', state: 'stored' }]);
  await rig.send(newer, { type: 'ack', seq: 1 });
  assert.deepEqual(await rig.stage.store.find('bob', 'alice', ['m1']), [{ id: 'm1', state: 'delivered' }]);
});

test('the messages of a package are one append for each target, in order; another frame comes after those before it', async () => {
  const alice = await rig.login('alice', 'send');
  const release = rig.stage.store.hold('append', 'find');
  const targets = ['bob', 'alice'];
  const messages = Array.from({ length: 100 }, (_, index) => message(`m${index}`, 'x', targets[index % 2]));
  await rig.send(alice, [...messages, { type: 'status', to: 'bob', ids: ['m0'] }, message('later')]);
  assert.equal(rig.stage.store.held, 4, 'two appends, the status, and one more append');
  release();
  await rig.stage.rest();
  const idsOf = (to: string): string[] => messages.filter((sent) => sent.to === to).map(({ id }) => id);
  const answered = alice.take();
  for (const to of targets) {
    const ids = answered.flatMap((frame) => (frame.type === 'stored' ? frame.ids : []));
    const those = new Set(idsOf(to));
    assert.deepEqual([...new Set(ids.filter((id) => those.has(id)))], idsOf(to));
  }
  assert.ok(answered.some((frame) => frame.type === 'stored' && frame.to === 'bob' && frame.ids[0] === 'm0'));
});

describe('backpressure against a flood', () => {
  test('a connection is not read at maxPendingFrames, until half of them are done', async () => {
    const alice = await rig.login('alice', 'send');
    const release = rig.stage.store.hold('append');
    const count = SESSION.maxPendingFrames + 50;
    for (let index = 0; index < count; index++) alice.say(message(`m${index}`));
    await rig.stage.rest();
    assert.equal(rig.stage.store.heldMessages, SESSION.maxPendingFrames);
    assert.ok(alice.transport.bufferedBytes > 0, 'the rest waits in the transport');
    release();
    await rig.stage.rest();
    assert.equal(alice.transport.bufferedBytes, 0);
    const answered = alice.take().flatMap((frame) => (frame.type === 'stored' ? frame.ids : []));
    assert.deepEqual(
      answered,
      Array.from({ length: count }, (_, index) => `m${index}`),
    );
  });

  test('a connection is not read at maxPendingBytes', async () => {
    const alice = await rig.login('alice', 'send');
    const release = rig.stage.store.hold('append');
    const body = 'x'.repeat(65_000);
    for (let count = 0; count < 40; count++) alice.say(message(`m${count}`, body));
    await rig.stage.rest();
    const bytes = JSON.stringify(message('m10', body)).length;
    assert.equal(rig.stage.store.heldMessages, Math.ceil(SESSION.maxPendingBytes / bytes));
    release();
    await rig.stage.rest();
    assert.equal(alice.take().flatMap((frame) => (frame.type === 'stored' ? frame.ids : [])).length, 40);
  });

  test('a flood on one connection does not slow down others', async () => {
    const alice = await rig.login('alice', 'send');
    rig.stage.store.hold('append');
    for (let count = 0; count <= SESSION.maxPendingFrames; count++) alice.say(message(`m${count}`));
    await rig.stage.rest();
    const bob = await rig.login('bob');
    await rig.send(bob, { type: 'heartbeat' });
    assert.deepEqual(typesOf(bob), ['heartbeat']);
  });
});

describe('a peer that does not read', () => {
  /** Pushes two thirds of bob's window, which is more than maxBufferedBytes: each character of the bodies is six bytes of JSON. */
  async function fillBuffer(quietMs = 0): Promise<RawConnection> {
    const bob = await rig.login('bob');
    await rig.stage.pass(quietMs);
    bob.transport.pause();
    const alice = await rig.login('alice', 'send');
    for (let count = 0; count < 6; count++) await rig.send(alice, message(`m${count}`, '\u0001'.repeat(40_000)));
    return bob;
  }

  test('a peer that does not read is closed after slowConsumerMs, and its messages stay undelivered', async () => {
    const bob = await fillBuffer();
    await rig.stage.pass(SESSION.slowConsumerMs);
    assert.equal(rig.stage.metrics.closes.get('slow-consumer'), undefined);
    await rig.stage.pass(1_000);
    assert.equal(rig.stage.metrics.closes.get('slow-consumer'), 1);
    bob.transport.resume();
    await rig.stage.rest();
    assert.equal(bob.end?.code, 4002);
    assert.deepEqual(await rig.stage.store.find('bob', 'alice', ['m0']), [{ id: 'm0', state: 'stored' }]);
  });

  test('a session that was quiet for long is closed as early', async () => {
    const bob = await fillBuffer(40_000);
    await rig.stage.pass(SESSION.slowConsumerMs + 1_000);
    assert.equal(rig.stage.metrics.closes.get('slow-consumer'), 1);
    bob.transport.cut();
  });

  test('a peer that does not read is not read from, until it reads again', async () => {
    const bob = await fillBuffer();
    await rig.stage.pass(2_000);
    await rig.send(bob, { type: 'heartbeat' });
    assert.ok(bob.transport.bufferedBytes > 0);
    bob.transport.resume();
    await rig.stage.rest();
    await rig.stage.pass(1_000);
    assert.deepEqual(typesOf(bob).sort(), ['heartbeat', ...Array<string>(6).fill('message')]);
    await rig.stage.pass(60_000);
    assert.equal(bob.end, undefined);
  });
});

test('a quiet session is idle 90 s after its last heartbeat, not earlier and not later (R13)', async () => {
  const bob = await rig.login('bob');
  const closed = () => rig.stage.metrics.closes.get('idle');
  await rig.stage.pass(60_000);
  await rig.send(bob, { type: 'heartbeat' });
  await rig.stage.pass(WIRE.idleMs - 1_000);
  assert.equal(closed(), undefined);
  await rig.stage.pass(1_000);
  assert.equal(closed(), 1);
});

describe('the log entry of a login', () => {
  const loggedIn = () => rig.logged.filter((line) => line.includes('"logged in"'));

  test('the log entry of a login has the agent of the client, with control characters escaped', async () => {
    const hand = await rig.stage.connect('alice');
    await rig.send(hand, { ...loginFrame('alice'), agent: 'im/0.1.0 \u001b[2J\u202e' });
    assert.equal(loggedIn().length, 1);
    assert.match(loggedIn()[0] ?? '', /"user":"alice".*"agent":"im\/0\.1\.0 \\u001b\[2J\\u202e"/);
  });

  test('the log entry of a login without an agent has no such field', async () => {
    await rig.login('alice');
    assert.equal(loggedIn().length, 1);
    assert.doesNotMatch(loggedIn()[0] ?? '', /agent/);
  });
});

test('a reply does not wait for a slow read of the mailbox', async () => {
  const alice = await rig.login('alice', 'send');
  await rig.send(alice, message('m1'));
  const release = rig.stage.store.hold('read');
  const bob = await rig.stage.connect('bob');
  await rig.send(bob, loginFrame('bob'));
  assert.deepEqual(typesOf(bob), ['welcome']);
  release();
  await rig.stage.rest();
  assert.deepEqual(typesOf(bob), ['message']);
});
