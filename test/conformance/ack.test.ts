/**
 * `ack`, over the wire.
 *
 * R12: Only the target's ack sets status 1. Without it the message is pushed again at the target's next login.
 */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { LoggedInPeer } from './peer.js';
import { suite } from './suite.js';
import { freshId } from './target.js';

const { login, loginDrained } = suite();

let alice: LoggedInPeer;
let bob: LoggedInPeer;

/** Sends this many to bob and sees them pushed; returns their ids, and the seq of the last. */
async function push(count: number): Promise<{ ids: string[]; last: number }> {
  const ids = Array.from({ length: count }, () => freshId());
  let last = 0;
  for (const id of ids) {
    alice.say({ type: 'message', id, to: 'bob', body: '' });
    await alice.hears({ type: 'stored', ids: [id] });
    last = (await bob.hearPush()).seq;
  }
  return { ids, last };
}

beforeEach(async () => {
  await (await loginDrained('carol')).leave();
  bob = await loginDrained('bob');
  alice = await login('alice', 'send');
});

describe('only the ack of the target delivers (R12)', () => {
  test('without one it is pushed again at the next login, and the attempts are counted', async () => {
    const { ids, last } = await push(1);
    await bob.leave();
    for (const attempt of [2, 3]) {
      const again = await login('bob');
      assert.deepEqual([again.welcome.delivered, again.welcome.pending], [last - 1, 1]);
      const pushed = await again.hearPush();
      assert.deepEqual([pushed.seq, pushed.id, pushed.attempt], [last, ids[0], attempt]);
      await again.leave();
    }
  });

  test('with one it never comes again', async () => {
    const { ids, last } = await push(1);
    bob.say({ type: 'ack', seq: last });
    await alice.hears({ type: 'delivered', to: 'bob', ids });
    await bob.leave();
    const again = await login('bob');
    assert.deepEqual([again.welcome.delivered, again.welcome.pending], [last, 0]);
    await again.hearsNothing();
  });

  test('one ack covers everything up to its seq, and each sender hears of it in order', async () => {
    const { ids, last } = await push(3);
    bob.say({ type: 'ack', seq: last });
    await alice.hears({ type: 'delivered', to: 'bob', ids });
  });

  test('a part can be acked', async () => {
    const { ids, last } = await push(3);
    bob.say({ type: 'ack', seq: last - 1 });
    await alice.hears({ type: 'delivered', to: 'bob', ids: ids.slice(0, 2) });
    await bob.leave();
    const again = await login('bob');
    assert.equal((await again.hearPush()).id, ids[2]);
  });

  test('an ack that comes again, or late, changes nothing and is not answered', async () => {
    const { ids, last } = await push(2);
    bob.say({ type: 'ack', seq: last });
    await alice.hears({ type: 'delivered', to: 'bob', ids });
    bob.say({ type: 'ack', seq: last }, { type: 'ack', seq: last - 1 });
    await bob.hearsNothing();
    await alice.hearsNothing();
    await bob.leave();
    assert.equal((await login('bob')).welcome.delivered, last);
  });
});

describe('an ack that is refused', () => {
  test('of what was never pushed', async () => {
    const { last } = await push(1);
    bob.say({ type: 'ack', seq: last + 1 });
    await bob.hears({ type: 'error', code: 'invalid', retry: false, field: 'seq' });
    await alice.hearsNothing();
    await bob.leave();
    assert.equal((await login('bob')).welcome.delivered, last - 1);
  });

  test('of what was pushed to somebody else', async () => {
    const { last } = await push(1);
    const carol = await login('carol');
    carol.say({ type: 'ack', seq: carol.welcome.delivered + last });
    await carol.hears({ type: 'error', code: 'invalid', retry: false, field: 'seq' });
    await alice.hearsNothing();
  });

  for (const seq of [0, -1, 1.5, '1', null, undefined, 2 ** 53]) {
    test(`with the seq ${seq}`, async () => {
      bob.say({ type: 'ack', seq });
      await bob.hears({ type: 'error', code: 'invalid', retry: false, field: 'seq' });
    });
  }

  test('of a session that has no mailbox: it breaks the protocol', async () => {
    alice.say({ type: 'ack', seq: 1 });
    await alice.isClosed(4503, 'protocol-violation');
  });
});

test('what the older session had not acked goes to the newer one (R6, R12)', async () => {
  const { ids, last } = await push(1);
  const newer = await login('bob');
  await bob.isClosed(4501, 'replaced');
  const pushed = await newer.hearPush();
  assert.deepEqual([pushed.seq, pushed.id], [last, ids[0]]);
  newer.say({ type: 'ack', seq: last });
  await alice.hears({ type: 'delivered', to: 'bob', ids });
});
