/** How a connection on the real server ends, and what it finishes before: its own end, that of the server, and failures. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StoreBroken, StoreUnavailable } from '../../src/store/store.js';
import { message, rig, stored, typesOf } from './connection-rig.js';

const at = rig();

describe('what a session is closed for', () => {
  test('a hundred and one things passed over (R2)', async () => {
    const alice = await at.login('alice');
    for (let count = 0; count < 100; count++) alice.transport.send('hello');
    await at.say(alice, { type: 'heartbeat' });
    assert.deepEqual(typesOf(alice), ['heartbeat']);
    await at.say(alice, { type: 'greeting' });
    assert.deepEqual(alice.take(), [{ type: 'bye', reason: 'too-many-passed-over' }]);
    assert.equal(alice.end?.code, 1008);
    assert.equal(at.stage.metrics.passedOver, 101);
  });

  test('another token, in each of its sessions, and in nobody else’s (R7)', async () => {
    const [chat, script, bob] = [await at.login('alice'), await at.login('alice', 'send'), await at.login('bob')];
    await at.stage.accounts.rotate(['alice']);
    await at.stage.rest();
    for (const hand of [chat, script]) {
      assert.deepEqual(hand.take(), [{ type: 'bye', reason: 'revoked' }]);
      assert.equal(hand.end?.code, 4502);
    }
    assert.equal(bob.end, undefined);
  });

  test('one connection more than there is room for', async () => {
    for (const name of ['1', '2', '3']) assert.equal((await at.stage.connect(name)).end, undefined);
    const fourth = await at.stage.connect('4');
    assert.deepEqual(fourth.take(), [{ type: 'bye', reason: 'too-many-connections' }]);
    assert.equal(fourth.end?.code, 4003);
  });
});

describe('while a session closes', () => {
  test('what was begun is finished and answered, then comes bye, and what follows has no effect (R11)', async () => {
    const alice = await at.login('alice', 'send');
    const release = at.stage.store.hold('append');
    await at.say(alice, message('m1'));
    await at.stage.accounts.rotate(['alice']);
    await at.say(alice, message('m2'));
    assert.deepEqual(alice.take(), []);
    release();
    await at.stage.rest();
    assert.deepEqual(alice.take(), [stored('m1'), { type: 'bye', reason: 'revoked' }]);
    assert.deepEqual(await at.stage.store.find('bob', 'alice', ['m2']), [{ id: 'm2', state: 'unknown' }]);
  });

  test('at the end of the server everyone is answered first, and told to come back one after the other', async () => {
    const [alice, bob, carol] = [await at.login('alice', 'send'), await at.login('bob'), await at.login('carol')];
    const release = at.stage.store.hold('append');
    await at.say(alice, message('m1', 'm1', 'dave'));
    const stopping = at.stage.stopServer();
    await at.stage.rest();
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
    await at.stage.startServer();
  });

  test('a connection that is gone counts until its work is done', async () => {
    const alice = await at.login('alice', 'send');
    const release = at.stage.store.hold('append');
    await at.say(alice, message('m1'));
    alice.transport.cut();
    await at.stage.rest();
    assert.equal(at.stage.metrics.connections, 1);
    release();
    await at.stage.rest();
    assert.equal(at.stage.metrics.connections, 0);
    assert.deepEqual(await at.stage.store.find('bob', 'alice', ['m1']), [{ id: 'm1', state: 'stored' }]);
  });
});

describe('when something fails', () => {
  test('a full disk is an answer, and the session goes on', async () => {
    const [alice, bob] = [await at.login('alice', 'send'), await at.login('bob')];
    const mend = at.stage.store.fail(new StoreUnavailable('no space'), 'append', 'settle');
    await at.say(alice, message('m1'));
    const [error] = alice.take();
    assert.deepEqual(error?.type === 'error' && [error.code, error.retry, error.id, error.to], [
      'unavailable',
      true,
      'm1',
      'bob',
    ]);
    mend();
    await at.say(alice, message('m1'));
    assert.deepEqual(alice.take(), [stored('m1')]);
    assert.deepEqual(typesOf(bob), ['message']);
  });

  test('an ack that a full disk refused counts as soon as there is space, also of several the last (R12)', async () => {
    const [alice, bob] = [await at.login('alice', 'send'), await at.login('bob')];
    for (const id of ['m1', 'm2', 'm3']) await at.say(alice, message(id));
    alice.take();
    assert.deepEqual(typesOf(bob), ['message', 'message', 'message']);
    const mend = at.stage.store.fail(new StoreUnavailable('no space'), 'settle');
    await at.say(bob, { type: 'ack', seq: 1 });
    await at.say(bob, { type: 'ack', seq: 2 });
    await at.stage.pass(5_000);
    assert.deepEqual([...alice.take(), ...bob.take()], []);
    mend();
    await at.stage.pass(1_000);
    assert.deepEqual(alice.take(), [{ type: 'delivered', to: 'bob', ids: ['m1', 'm2'] }]);
    assert.deepEqual(await at.stage.store.find('bob', 'alice', ['m3']), [{ id: 'm3', state: 'stored' }]);
  });

  for (const error of [new StoreBroken('EIO'), new Error('a bug')]) {
    test(`${error.name} while storing: that session ends without an answer, the others live (R14)`, async () => {
      const [alice, bob] = [await at.login('alice', 'send'), await at.login('bob')];
      at.stage.store.fail(error, 'append');
      await at.say(alice, message('m1'));
      assert.deepEqual(alice.take(), [{ type: 'bye', reason: 'server-error' }]);
      assert.equal(alice.end?.code, 1011);
      await at.say(bob, { type: 'heartbeat' });
      assert.deepEqual(bob.take(), [{ type: 'heartbeat' }]);
    });
  }

  test('a mailbox that cannot be read ends the session of its user, and nobody else’s', async () => {
    const [alice, bob] = [await at.login('alice', 'send'), await at.login('bob')];
    at.stage.store.fail(new Error('damaged'), 'read');
    await at.say(alice, message('m1'));
    assert.deepEqual(alice.take(), [stored('m1')]);
    assert.deepEqual(bob.take(), [{ type: 'bye', reason: 'server-error' }]);
    assert.equal(bob.end?.code, 1011);
  });

  test('an attempt that cannot be noted ends nothing', async () => {
    const [alice, bob] = [await at.login('alice', 'send'), await at.login('bob')];
    at.stage.store.fail(new Error('damaged'), 'notePushed');
    await at.say(alice, message('m1'));
    bob.transport.cut();
    await at.stage.rest();
    assert.equal(alice.end, undefined);
    assert.equal(at.stage.metrics.connections, 1);
  });
});
