/**
 * `ack`, over a real connection.
 *
 * R12: Only the target's ack sets status 1. Without it the message is pushed again at the target's next login.
 */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { LoggedInPeer } from '../peer.js';
import { suite } from '../suite.js';
import { freshId } from '../target.js';

const { login, loginDrained } = suite();

let alice: LoggedInPeer;
let bob: LoggedInPeer;

/** Sends this many messages to bob and receives the pushes; returns their ids, and the seq of the last one. */
async function push(count: number): Promise<{ ids: string[]; last: number }> {
  const ids = Array.from({ length: count }, () => freshId());
  let last = 0;
  for (const id of ids) {
    alice.send({ type: 'message', id, to: 'bob', body: '' });
    await alice.expect({ type: 'stored', ids: [id] });
    last = (await bob.receivePush()).seq;
  }
  return { ids, last };
}

beforeEach(async () => {
  await (await loginDrained('carol')).leave();
  bob = await loginDrained('bob');
  alice = await login('alice', 'send');
});

describe('only the ack of the target delivers (R12)', () => {
  test('a message without an ack is pushed again at the next login, and the attempts are counted', async () => {
    const { ids, last } = await push(1);
    await bob.leave();
    for (const attempt of [2, 3]) {
      const again = await login('bob');
      assert.deepEqual([again.welcome.delivered, again.welcome.pending], [last - 1, 1]);
      const pushed = await again.receivePush();
      assert.deepEqual([pushed.seq, pushed.id, pushed.attempt], [last, ids[0], attempt]);
      await again.leave();
    }
  });

  test('a message with an ack is not pushed again', async () => {
    const { ids, last } = await push(1);
    bob.send({ type: 'ack', seq: last });
    await alice.expect({ type: 'delivered', to: 'bob', ids });
    await bob.leave();
    const again = await login('bob');
    assert.deepEqual([again.welcome.delivered, again.welcome.pending], [last, 0]);
    await again.expectNothing();
  });

  test('an ack covers everything up to its seq, and the sender gets delivered in order', async () => {
    const { ids, last } = await push(3);
    bob.send({ type: 'ack', seq: last });
    await alice.expect({ type: 'delivered', to: 'bob', ids });
  });

  test('an ack can cover a part of the pushes', async () => {
    const { ids, last } = await push(3);
    bob.send({ type: 'ack', seq: last - 1 });
    await alice.expect({ type: 'delivered', to: 'bob', ids: ids.slice(0, 2) });
    await bob.leave();
    const again = await login('bob');
    assert.equal((await again.receivePush()).id, ids[2]);
  });

  test('a repeated or late ack changes nothing and is not answered', async () => {
    const { ids, last } = await push(2);
    bob.send({ type: 'ack', seq: last });
    await alice.expect({ type: 'delivered', to: 'bob', ids });
    bob.send({ type: 'ack', seq: last }, { type: 'ack', seq: last - 1 });
    await bob.expectNothing();
    await alice.expectNothing();
    await bob.leave();
    assert.equal((await login('bob')).welcome.delivered, last);
  });
});

describe('an ack that is refused', () => {
  test('an ack of a seq that was not pushed is invalid', async () => {
    const { last } = await push(1);
    bob.send({ type: 'ack', seq: last + 1 });
    await bob.expect({ type: 'error', code: 'invalid', retry: false, field: 'seq' });
    await alice.expectNothing();
    await bob.leave();
    assert.equal((await login('bob')).welcome.delivered, last - 1);
  });

  test('an ack of a seq that was pushed to another user is invalid', async () => {
    const { last } = await push(1);
    const carol = await login('carol');
    carol.send({ type: 'ack', seq: carol.welcome.delivered + last });
    await carol.expect({ type: 'error', code: 'invalid', retry: false, field: 'seq' });
    await alice.expectNothing();
  });

  for (const seq of [0, -1, 1.5, '1', null, undefined, 2 ** 53]) {
    test(`an ack with the seq ${seq} is invalid`, async () => {
      bob.send({ type: 'ack', seq });
      await bob.expect({ type: 'error', code: 'invalid', retry: false, field: 'seq' });
    });
  }

  test('an ack in mode send breaks the protocol', async () => {
    alice.send({ type: 'ack', seq: 1 });
    await alice.expectClose(4503, 'protocol-violation');
  });
});

test('messages that the older session has not acked are pushed to the newer one (R6, R12)', async () => {
  const { ids, last } = await push(1);
  const newer = await login('bob');
  await bob.expectClose(4501, 'replaced');
  const pushed = await newer.receivePush();
  assert.deepEqual([pushed.seq, pushed.id], [last, ids[0]]);
  newer.send({ type: 'ack', seq: last });
  await alice.expect({ type: 'delivered', to: 'bob', ids });
});
