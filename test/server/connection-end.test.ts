/** How a connection of the real server is closed, what it finishes first, and how errors of the store are handled. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SESSION } from '../../src/server/limits.js';
import { StoreBroken, StoreUnavailable } from '../../src/store/store.js';
import { loginFrame, message, setUpRig, stored, typesOf } from './connection-setup.js';

const rig = setUpRig();

describe('reasons to close a session', () => {
  test('a session is closed after too many messages that were passed over in a minute (R2)', async () => {
    const alice = await rig.login('alice');
    const { maxPassedOverPerMinute } = SESSION;
    for (let count = 0; count < maxPassedOverPerMinute; count++) alice.transport.send('hello');
    await rig.send(alice, { type: 'heartbeat' });
    assert.deepEqual(typesOf(alice), ['heartbeat']);
    await rig.send(alice, { type: 'greeting' });
    assert.deepEqual(alice.take(), [{ type: 'bye', reason: 'too-many-passed-over' }]);
    assert.equal(alice.end?.code, 1008);
    assert.equal(rig.stage.metrics.passedOver, maxPassedOverPerMinute + 1);
  });

  test('a new token closes every session of its user, and no other (R7)', async () => {
    const [chat, script, bob] = [await rig.login('alice'), await rig.login('alice', 'send'), await rig.login('bob')];
    await rig.stage.accounts.rotate(['alice'], 0);
    await rig.stage.rest();
    for (const hand of [chat, script]) {
      assert.deepEqual(hand.take(), [{ type: 'bye', reason: 'revoked' }]);
      assert.equal(hand.end?.code, 4502);
    }
    assert.equal(bob.end, undefined);
  });

  /** Whether the server has let this login in. */
  async function tryLogin(name: string, user: string, mode?: string) {
    const hand = await rig.stage.connect(name);
    await rig.send(hand, loginFrame(user, mode));
    return { types: typesOf(hand), code: hand.end?.code, hand };
  }

  test('a login above maxConnections is closed; connections without a login take no place', async () => {
    for (const name of ['1', '2', '3', '4']) await rig.stage.connect(name);
    const sessions = [await rig.login('alice'), await rig.login('bob'), await rig.login('carol', 'send')];
    const fourth = await tryLogin('fourth', 'dave');
    assert.deepEqual([fourth.types, fourth.code], [['bye'], 4003]);
    assert.equal(rig.stage.net.cable.isRecognised, false, 'until it is closed, it counts as a stranger');
    await rig.stage.pass(1_000);
    assert.equal(rig.stage.metrics.sessions, 3);
    sessions[2]?.transport.cut();
    assert.deepEqual((await tryLogin('fifth', 'dave')).types, ['welcome']);
    assert.equal(rig.stage.net.cable.isRecognised, true);
  });

  test('above maxConnections there is room for an operator, and for a device that comes back (R6)', async () => {
    for (const user of ['alice', 'bob', 'carol']) await rig.login(user);
    assert.deepEqual((await tryLogin('second', 'bob')).types, ['welcome']);
    assert.deepEqual((await tryLogin('operator', 'operator', 'operate')).types, ['welcome']);
    assert.deepEqual((await tryLogin('user as operator', 'bob', 'operate')).code, 4003);
  });

  test('a login above maxSessionsPerUser is closed, also while the sessions before it are still closing', async () => {
    for (const name of ['1', '2']) assert.deepEqual((await tryLogin(name, 'alice', 'send')).types, ['welcome']);
    const third = await tryLogin('3', 'alice', 'send');
    assert.deepEqual([third.types, third.code], [['bye'], 4004]);
    assert.deepEqual((await tryLogin('other', 'bob')).types, ['welcome']);
  });
});

describe('a session that is closing', () => {
  test('a closing session answers its pending frames, sends bye, and ignores later frames (R11)', async () => {
    const alice = await rig.login('alice', 'send');
    const release = rig.stage.store.hold('append');
    await rig.send(alice, message('m1'));
    await rig.stage.accounts.rotate(['alice'], 0);
    await rig.send(alice, message('m2'));
    assert.deepEqual(alice.take(), []);
    release();
    await rig.stage.rest();
    assert.deepEqual(alice.take(), [stored('m1'), { type: 'bye', reason: 'revoked' }]);
    assert.deepEqual(await rig.stage.store.find('bob', 'alice', ['m2']), [{ id: 'm2', state: 'unknown' }]);
  });

  test('a stopping server answers pending frames first, and spreads the reconnects of its clients', async () => {
    const [alice, bob, carol] = [await rig.login('alice', 'send'), await rig.login('bob'), await rig.login('carol')];
    const release = rig.stage.store.hold('append');
    await rig.send(alice, message('m1', 'm1', 'dave'));
    const stopping = rig.stage.stopServer();
    await rig.stage.rest();
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
    await rig.stage.startServer();
  });

  test('a closed connection counts as open until its pending frames are done', async () => {
    const alice = await rig.login('alice', 'send');
    const release = rig.stage.store.hold('append');
    await rig.send(alice, message('m1'));
    alice.transport.cut();
    await rig.stage.rest();
    assert.equal(rig.stage.metrics.connections, 1);
    release();
    await rig.stage.rest();
    assert.equal(rig.stage.metrics.connections, 0);
    assert.deepEqual(await rig.stage.store.find('bob', 'alice', ['m1']), [{ id: 'm1', state: 'stored' }]);
  });
});

describe('errors of the store', () => {
  test('a full disk is answered with unavailable, and the session stays open', async () => {
    const [alice, bob] = [await rig.login('alice', 'send'), await rig.login('bob')];
    const mend = rig.stage.store.fail(new StoreUnavailable('no space'), 'append', 'settle');
    await rig.send(alice, message('m1'));
    const [error] = alice.take();
    assert.deepEqual(error?.type === 'error' && [error.code, error.retry, error.id, error.to], [
      'unavailable',
      true,
      'm1',
      'bob',
    ]);
    mend();
    await rig.send(alice, message('m1'));
    assert.deepEqual(alice.take(), [stored('m1')]);
    assert.deepEqual(typesOf(bob), ['message']);
  });

  test('an ack that a full disk refused counts as soon as there is space; of several, the last one (R12)', async () => {
    const [alice, bob] = [await rig.login('alice', 'send'), await rig.login('bob')];
    for (const id of ['m1', 'm2', 'm3']) await rig.send(alice, message(id));
    alice.take();
    assert.deepEqual(typesOf(bob), ['message', 'message', 'message']);
    const mend = rig.stage.store.fail(new StoreUnavailable('no space'), 'settle');
    await rig.send(bob, { type: 'ack', seq: 1 });
    await rig.send(bob, { type: 'ack', seq: 2 });
    await rig.stage.pass(5_000);
    assert.deepEqual([...alice.take(), ...bob.take()], []);
    mend();
    await rig.stage.pass(1_000);
    assert.deepEqual(alice.take(), [{ type: 'delivered', to: 'bob', ids: ['m1', 'm2'] }]);
    assert.deepEqual(await rig.stage.store.find('bob', 'alice', ['m3']), [{ id: 'm3', state: 'stored' }]);
  });

  for (const error of [new StoreBroken('EIO'), new Error('a bug')]) {
    test(`${error.name} while storing closes that session without an answer, and no other (R14)`, async () => {
      const [alice, bob] = [await rig.login('alice', 'send'), await rig.login('bob')];
      rig.stage.store.fail(error, 'append');
      await rig.send(alice, message('m1'));
      assert.deepEqual(alice.take(), [{ type: 'bye', reason: 'server-error' }]);
      assert.equal(alice.end?.code, 1011);
      await rig.send(bob, { type: 'heartbeat' });
      assert.deepEqual(bob.take(), [{ type: 'heartbeat' }]);
    });
  }

  test('a mailbox that cannot be read closes the session of its user, and no other', async () => {
    const [alice, bob] = [await rig.login('alice', 'send'), await rig.login('bob')];
    rig.stage.store.fail(new Error('damaged'), 'read');
    await rig.send(alice, message('m1'));
    assert.deepEqual(alice.take(), [stored('m1')]);
    assert.deepEqual(bob.take(), [{ type: 'bye', reason: 'server-error' }]);
    assert.equal(bob.end?.code, 1011);
  });

  test('a mailbox that cannot be read now is read a second later, and closes no session', async () => {
    const [alice, bob] = [await rig.login('alice', 'send'), await rig.login('bob')];
    const mend = rig.stage.store.fail(new StoreUnavailable('the database is away'), 'read');
    await rig.send(alice, message('m1'));
    assert.deepEqual(bob.take(), []);
    mend();
    await rig.stage.pass(1_000);
    assert.deepEqual(typesOf(bob), ['message']);
    assert.equal(bob.end, undefined);
  });

  test('a client that goes while its login waits is gone for the store, too', async () => {
    const { store } = rig.stage;
    const release = store.hold('claim');
    const asked: boolean[] = [];
    const events: string[] = [];
    const { claim, noteSession } = store;
    store.noteSession = (user, fence, event, at, agent) => {
      events.push(event);
      return noteSession.call(store, user, fence, event, at, agent);
    };
    store.claim = (user, claimant) => {
      asked.push(claimant?.isGone?.() ?? true);
      return claim(user, claimant).finally(() => asked.push(claimant?.isGone?.() ?? false));
    };
    const alice = await rig.stage.connect('alice');
    await rig.send(alice, loginFrame('alice'));
    alice.transport.cut();
    await rig.stage.rest();
    release();
    await rig.stage.rest();
    assert.deepEqual(asked, [false, true]);
    assert.deepEqual(events, ['ended'], 'if it was claimed all the same, its device is not shown as online for ever');
    Object.assign(store, { claim, noteSession });
  });

  test('an attempt that cannot be noted closes no session', async () => {
    const [alice, bob] = [await rig.login('alice', 'send'), await rig.login('bob')];
    rig.stage.store.fail(new Error('damaged'), 'notePushed');
    await rig.send(alice, message('m1'));
    bob.transport.cut();
    await rig.stage.rest();
    assert.equal(alice.end, undefined);
    assert.equal(rig.stage.metrics.connections, 1);
  });
});

describe('when a user was last here', () => {
  test('a chat session is noted when it begins and when it ends, also without messages; other sessions are not', async () => {
    const { stage } = rig;
    const seenAt = async (user: string) => (await stage.store.inspect(user)).seenAt;
    const script = await rig.login('carol', 'send');
    script.transport.cut();
    const alice = await rig.login('alice');
    const began = await seenAt('alice');
    assert.equal(began, stage.clock.now());
    await stage.pass(5_000);
    assert.equal(await seenAt('alice'), began, 'not while it lasts');
    alice.transport.cut();
    await stage.rest();
    assert.equal(await seenAt('alice'), stage.clock.now());
    assert.ok(stage.clock.now() > began);
    assert.equal(await seenAt('carol'), 0);
  });

  test('a login that cannot be noted is a login (full disk)', async () => {
    rig.stage.store.fail(new StoreUnavailable('no space'), 'noteSession');
    const bob = await rig.login('bob');
    bob.transport.cut();
    await rig.stage.rest();
    assert.match(rig.logged.join(''), /session not noted/);
  });
});
