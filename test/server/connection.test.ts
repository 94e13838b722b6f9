/** One connection on the real server, through the wire in memory: what it holds back, slows down, refuses and finishes. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ServerFrame } from '../../src/protocol/catalogue.js';
import { StoreBroken, StoreUnavailable } from '../../src/store/store.js';
import { tokenOf } from '../harness/memory-accounts.js';
import { Stage } from '../harness/stage.js';
import type { Hand } from '../harness/stage-hand.js';

let stage: Stage;

beforeEach(async () => {
  stage = await Stage.open({ stores: 'memory', maxConnections: 3 });
});
afterEach(async () => {
  stage.setDisk('sound');
  await stage.end();
  assert.equal(stage.clock.timers, 0, 'no timer is left');
});

const loginFrame = (user: string, mode = 'chat') => ({ type: 'login', v: 1, user, token: tokenOf(user), mode });
const message = (id: string, body = id, to = 'bob') => ({ type: 'message', id, to, body });
const stored = (...ids: string[]): ServerFrame => ({ type: 'stored', ids });
const typesOf = (hand: Hand) => hand.take().map(({ type }) => type);

async function login(user: string, mode?: string): Promise<Hand> {
  const hand = await stage.connect(`${user} ${mode}`);
  await say(hand, loginFrame(user, mode));
  assert.deepEqual(typesOf(hand).slice(0, 1), ['welcome']);
  return hand;
}

async function say(hand: Hand, value: unknown): Promise<void> {
  hand.say(value);
  await stage.rest();
}

describe('frames behind a login', () => {
  test('wait for it, and are then taken in their order', async () => {
    const hand = await stage.connect('alice');
    const release = stage.store.hold('claim');
    await say(hand, [loginFrame('alice'), message('m1'), message('m2'), { type: 'heartbeat' }]);
    await say(hand, message('m3'));
    assert.deepEqual(hand.take(), []);
    release();
    await stage.rest();
    const [welcome, ...rest] = hand.take();
    assert.equal(welcome?.type, 'welcome');
    assert.deepEqual(rest, [{ type: 'heartbeat' }, stored('m1', 'm2', 'm3')]);
  });

  test('have no effect when it fails', async () => {
    const hand = await stage.connect('alice');
    await say(hand, [{ ...loginFrame('alice'), token: 'wrong' }, message('m1'), { type: 'ack' }, 7]);
    assert.deepEqual(typesOf(hand), ['error', 'bye']);
    assert.deepEqual(await stage.store.find('bob', 'alice', ['m1']), [{ id: 'm1', state: 'unknown' }]);
  });

  test('a second login among them breaks the protocol, after what came before it was finished', async () => {
    const hand = await stage.connect('alice');
    await say(hand, [loginFrame('alice'), message('m1'), loginFrame('alice'), message('m2')]);
    assert.deepEqual(typesOf(hand), ['welcome', 'stored', 'bye']);
    assert.equal(hand.end?.code, 4503);
    const found = await stage.store.find('bob', 'alice', ['m1', 'm2']);
    assert.deepEqual(
      found.map(({ state }) => state),
      ['stored', 'unknown'],
    );
  });
});

describe('a login that is overtaken', () => {
  test('by its deadline is not welcome, and is told only that it came too late (R1)', async () => {
    const hand = await stage.connect('alice');
    const release = stage.store.hold('claim');
    await say(hand, loginFrame('alice'));
    await stage.pass(11_000);
    release();
    await stage.rest();
    assert.deepEqual(hand.take(), [{ type: 'bye', reason: 'login-timeout' }]);
    assert.equal(hand.end?.code, 4000);
    assert.equal(stage.metrics.users, 0);
  });

  test('by the removal of its user gets nothing of the mailbox (R7)', async () => {
    const alice = await login('alice', 'send');
    await say(alice, message('m1'));
    const bob = await stage.connect('bob');
    const release = stage.store.hold('claim');
    await say(bob, loginFrame('bob'));
    await stage.accounts.remove(['bob']);
    release();
    await stage.rest();
    assert.deepEqual(bob.take(), [{ type: 'bye', reason: 'revoked' }]);
    assert.equal(bob.end?.code, 4502);
  });

  test('by the end of its own wire still ends the older session: the mailbox is not its own any more (R6)', async () => {
    const older = await login('bob');
    const newer = await stage.connect('newer');
    const release = stage.store.hold('claim');
    await say(newer, loginFrame('bob'));
    newer.wire.cut();
    await stage.rest();
    release();
    await stage.rest();
    assert.deepEqual(older.take(), [{ type: 'bye', reason: 'replaced' }]);
  });
});

test('an ack that a takeover overtakes on its way to the store is worth nothing (R6, R12)', async () => {
  const [alice, older] = [await login('alice', 'send'), await login('bob')];
  await say(alice, message('m1'));
  assert.deepEqual(typesOf(older), ['message']);
  const release = stage.store.hold('settle');
  await say(older, { type: 'ack', seq: 1 });
  const newer = await stage.connect('newer');
  await say(newer, loginFrame('bob'));
  release();
  await stage.rest();
  assert.deepEqual(typesOf(newer), ['welcome', 'message']);
  assert.deepEqual(await stage.store.find('bob', 'alice', ['m1']), [{ id: 'm1', state: 'stored' }]);
  await say(newer, { type: 'ack', seq: 1 });
  assert.deepEqual(await stage.store.find('bob', 'alice', ['m1']), [{ id: 'm1', state: 'delivered' }]);
});

describe('a flood is slowed down by not reading', () => {
  test('at 2,048 frames being worked on, until half of them are done', async () => {
    const alice = await login('alice', 'send');
    const release = stage.store.hold('append');
    for (let count = 0; count < 2_100; count++) alice.say(message(`m${count}`));
    await stage.rest();
    assert.equal(stage.store.held, 2_048);
    assert.ok(alice.wire.bufferedBytes > 0, 'the rest waits on the wire');
    release();
    await stage.rest();
    assert.equal(alice.wire.bufferedBytes, 0);
    const answered = alice.take().flatMap((frame) => (frame.type === 'stored' ? frame.ids : []));
    assert.deepEqual(
      answered,
      Array.from({ length: 2_100 }, (_, index) => `m${index}`),
    );
  });

  test('at 2 MiB being worked on', async () => {
    const alice = await login('alice', 'send');
    const release = stage.store.hold('append');
    for (let count = 0; count < 40; count++) alice.say(message(`m${count}`, 'x'.repeat(65_000)));
    await stage.rest();
    assert.equal(stage.store.held, 33);
    release();
    await stage.rest();
    assert.equal(alice.take().flatMap((frame) => (frame.type === 'stored' ? frame.ids : [])).length, 40);
  });

  test('and others are not slowed down', async () => {
    const alice = await login('alice', 'send');
    stage.store.hold('append');
    for (let count = 0; count < 2_100; count++) alice.say(message(`m${count}`));
    await stage.rest();
    const bob = await login('bob');
    await say(bob, { type: 'heartbeat' });
    assert.deepEqual(typesOf(bob), ['heartbeat']);
  });
});

describe('a peer that does not read', () => {
  /** Two thirds of the window of bob, and on the wire more than 1 MiB: each of these is six bytes in JSON. */
  async function fillWire(): Promise<Hand> {
    const bob = await login('bob');
    bob.wire.pause();
    const alice = await login('alice', 'send');
    for (let count = 0; count < 6; count++) await say(alice, message(`m${count}`, '\u0001'.repeat(40_000)));
    return bob;
  }

  test('is closed after 30 s, and what it was pushed stays undelivered', async () => {
    const bob = await fillWire();
    await stage.pass(30_000);
    assert.equal(stage.metrics.closes.get('slow-consumer'), undefined);
    await stage.pass(1_000);
    assert.equal(stage.metrics.closes.get('slow-consumer'), 1);
    bob.wire.resume();
    await stage.rest();
    assert.equal(bob.end?.code, 4002);
    assert.deepEqual(await stage.store.find('bob', 'alice', ['m0']), [{ id: 'm0', state: 'stored' }]);
  });

  test('is not read from meanwhile, and goes on where it was when it reads again', async () => {
    const bob = await fillWire();
    await stage.pass(2_000);
    await say(bob, { type: 'heartbeat' });
    assert.ok(bob.wire.bufferedBytes > 0);
    bob.wire.resume();
    await stage.rest();
    await stage.pass(1_000);
    assert.deepEqual(typesOf(bob).sort(), ['heartbeat', ...Array<string>(6).fill('message')]);
    await stage.pass(60_000);
    assert.equal(bob.end, undefined);
  });
});

describe('what a session is closed for', () => {
  test('a hundred and one things passed over (R2)', async () => {
    const alice = await login('alice');
    for (let count = 0; count < 100; count++) alice.wire.send('hello');
    await say(alice, { type: 'heartbeat' });
    assert.deepEqual(typesOf(alice), ['heartbeat']);
    await say(alice, { type: 'greeting' });
    assert.deepEqual(alice.take(), [{ type: 'bye', reason: 'too-many-passed-over' }]);
    assert.equal(alice.end?.code, 1008);
    assert.equal(stage.metrics.passedOver, 101);
  });

  test('another token, in each of its sessions, and in nobody else’s (R7)', async () => {
    const [chat, script, bob] = [await login('alice'), await login('alice', 'send'), await login('bob')];
    await stage.accounts.rotate(['alice']);
    await stage.rest();
    for (const hand of [chat, script]) {
      assert.deepEqual(hand.take(), [{ type: 'bye', reason: 'revoked' }]);
      assert.equal(hand.end?.code, 4502);
    }
    assert.equal(bob.end, undefined);
  });

  test('one connection more than there is room for', async () => {
    for (const name of ['1', '2', '3']) assert.equal((await stage.connect(name)).end, undefined);
    const fourth = await stage.connect('4');
    assert.deepEqual(fourth.take(), [{ type: 'bye', reason: 'too-many-connections' }]);
    assert.equal(fourth.end?.code, 4003);
  });
});

describe('while a session closes', () => {
  test('what was begun is finished and answered, then comes bye, and what follows has no effect (R11)', async () => {
    const alice = await login('alice', 'send');
    const release = stage.store.hold('append');
    await say(alice, message('m1'));
    await stage.accounts.rotate(['alice']);
    await say(alice, message('m2'));
    assert.deepEqual(alice.take(), []);
    release();
    await stage.rest();
    assert.deepEqual(alice.take(), [stored('m1'), { type: 'bye', reason: 'revoked' }]);
    assert.deepEqual(await stage.store.find('bob', 'alice', ['m2']), [{ id: 'm2', state: 'unknown' }]);
  });

  test('at the end of the server everyone is answered first, and told to come back one after the other', async () => {
    const [alice, bob, carol] = [await login('alice', 'send'), await login('bob'), await login('carol')];
    const release = stage.store.hold('append');
    await say(alice, message('m1', 'm1', 'dave'));
    const stopping = stage.stopServer();
    await stage.rest();
    assert.deepEqual(alice.take(), []);
    release();
    await stopping;
    const byes = [alice, bob, carol].map((hand) => hand.take());
    assert.deepEqual(byes[0]?.[0], stored('m1'));
    const waits = byes.map((frames) => {
      const last = frames.at(-1);
      return last?.type === 'bye' && last.reason === 'shutdown' ? last.retryAfterMs : undefined;
    });
    assert.deepEqual(waits, [0, 666, 1_333]);
    assert.equal(bob.end?.code, 1012);
    await stage.startServer();
  });

  test('a connection that is gone counts until its work is done', async () => {
    const alice = await login('alice', 'send');
    const release = stage.store.hold('append');
    await say(alice, message('m1'));
    alice.wire.cut();
    await stage.rest();
    assert.equal(stage.metrics.connections, 1);
    release();
    await stage.rest();
    assert.equal(stage.metrics.connections, 0);
    assert.deepEqual(await stage.store.find('bob', 'alice', ['m1']), [{ id: 'm1', state: 'stored' }]);
  });
});

test('an answer does not wait for a mailbox that is slow to read', async () => {
  const alice = await login('alice', 'send');
  await say(alice, message('m1'));
  const release = stage.store.hold('read');
  const bob = await stage.connect('bob');
  await say(bob, loginFrame('bob'));
  assert.deepEqual(typesOf(bob), ['welcome']);
  release();
  await stage.rest();
  assert.deepEqual(typesOf(bob), ['message']);
});

describe('when something fails', () => {
  test('a full disk is an answer, and the session goes on', async () => {
    const [alice, bob] = [await login('alice', 'send'), await login('bob')];
    const mend = stage.store.fail(new StoreUnavailable('no space'), 'append', 'settle');
    await say(alice, message('m1'));
    const [error] = alice.take();
    assert.deepEqual(error?.type === 'error' && [error.code, error.retry, error.id, error.to], [
      'unavailable',
      true,
      'm1',
      'bob',
    ]);
    mend();
    await say(alice, message('m1'));
    assert.deepEqual(alice.take(), [stored('m1')]);
    assert.deepEqual(typesOf(bob), ['message']);
  });

  test('an ack that a full disk refused counts as soon as there is space, also of several the last (R12)', async () => {
    const [alice, bob] = [await login('alice', 'send'), await login('bob')];
    for (const id of ['m1', 'm2', 'm3']) await say(alice, message(id));
    alice.take();
    assert.deepEqual(typesOf(bob), ['message', 'message', 'message']);
    const mend = stage.store.fail(new StoreUnavailable('no space'), 'settle');
    await say(bob, { type: 'ack', seq: 1 });
    await say(bob, { type: 'ack', seq: 2 });
    await stage.pass(5_000);
    assert.deepEqual([...alice.take(), ...bob.take()], []);
    mend();
    await stage.pass(1_000);
    assert.deepEqual(alice.take(), [{ type: 'delivered', to: 'bob', ids: ['m1', 'm2'] }]);
    assert.deepEqual(await stage.store.find('bob', 'alice', ['m3']), [{ id: 'm3', state: 'stored' }]);
  });

  for (const error of [new StoreBroken('EIO'), new Error('a bug')]) {
    test(`${error.name} while storing: that session ends without an answer, the others live (R14)`, async () => {
      const [alice, bob] = [await login('alice', 'send'), await login('bob')];
      stage.store.fail(error, 'append');
      await say(alice, message('m1'));
      assert.deepEqual(alice.take(), [{ type: 'bye', reason: 'server-error' }]);
      assert.equal(alice.end?.code, 1011);
      await say(bob, { type: 'heartbeat' });
      assert.deepEqual(bob.take(), [{ type: 'heartbeat' }]);
    });
  }

  test('a mailbox that cannot be read ends the session of its user, and nobody else’s', async () => {
    const [alice, bob] = [await login('alice', 'send'), await login('bob')];
    stage.store.fail(new Error('damaged'), 'read');
    await say(alice, message('m1'));
    assert.deepEqual(alice.take(), [stored('m1')]);
    assert.deepEqual(bob.take(), [{ type: 'bye', reason: 'server-error' }]);
    assert.equal(bob.end?.code, 1011);
  });

  test('an attempt that cannot be noted ends nothing', async () => {
    const [alice, bob] = [await login('alice', 'send'), await login('bob')];
    stage.store.fail(new Error('damaged'), 'notePushed');
    await say(alice, message('m1'));
    bob.wire.cut();
    await stage.rest();
    assert.equal(alice.end, undefined);
    assert.equal(stage.metrics.connections, 1);
  });
});
