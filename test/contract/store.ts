/** The contract of the Store port: every implementation passes this suite unchanged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MailboxLimits } from '../../src/file-store/mailbox/mailbox.js';
import { MAILBOX } from '../../src/store/limits.js';
import {
  type Audit,
  type ListedMailbox,
  type SenderSession,
  StaleClaim,
  type Store,
  TooManyDevices,
} from '../../src/store/store.js';
import { append, EVERYTHING, message, type SentMessage } from '../harness/append.js';
import { describeBatches } from './batches.js';
import { describeSent } from './sent.js';
import { describeUnsend } from './unsend.js';

/** A store under test. */
export interface StoreUnderTest {
  readonly store: Store;
  /** The store for the next step: the same one, or its content opened again. */
  again(): Promise<Store>;
  /** Closes and removes everything. */
  done(): Promise<void>;
}

/** Opens a new, empty store with these limits. */
export type OpenStore = (limits: Partial<MailboxLimits>) => Promise<StoreUnderTest>;

export function describeStore(name: string, open: OpenStore): void {
  describeBatches(name, open);
  describeSent(name, open);
  describeUnsend(name, open);
  let appended = 0;
  const rule = (
    title: string,
    run: (step: () => Promise<Store>, store: Store) => Promise<void>,
    limits: Partial<MailboxLimits> = {},
  ) =>
    test(`${name}: ${title}`, async () => {
      const { store, again, done } = await open(limits);
      try {
        await run(again, store);
      } finally {
        await done();
      }
    });

  rule('messages get the seqs 1, 2, 3 … and are read in that order (R16)', async (step, store) => {
    const appended = await Promise.all(['a', 'b', 'c'].map((id) => append(store, message(id))));
    assert.deepEqual(appended, [
      { outcome: 'stored', seq: 1 },
      { outcome: 'stored', seq: 2 },
      { outcome: 'stored', seq: 3 },
    ]);
    const read = await (await step()).read('bob', 0, EVERYTHING);
    assert.deepEqual(
      read,
      ['a', 'b', 'c'].map((id, index) => {
        const { to: _, ...kept } = message(id);
        return { ...kept, seq: index + 1, bytes: Buffer.byteLength(kept.body), attempts: 0 };
      }),
    );
  });

  rule('every mailbox has its own seqs', async (step, store) => {
    await append(store, message('a'));
    assert.deepEqual(await append(await step(), message('a', { to: 'carol' })), { outcome: 'stored', seq: 1 });
  });

  rule('a body is read as it was stored, whatever it contains', async (step, store) => {
    const bodies = ['', '\u0000\u001f\u007f', '"\\\n\r\u2028\u2029', '你好 👩‍👩‍👧 \u202e', '\ud83d\ude00', '__proto__'];
    for (const [index, body] of bodies.entries()) await append(store, message(`m"\\${index}`, { body }));
    const read = await (await step()).read('bob', 0, EVERYTHING);
    assert.deepEqual(
      read.map(({ id, body }) => [id, body]),
      bodies.map((body, index) => [`m"\\${index}`, body]),
    );
  });

  rule('users may have names of object properties (storage 9)', async (step, store) => {
    for (const user of ['constructor', 'tostring', 'valueof']) {
      await append(store, message('a', { to: user, from: user }));
      const next = await step();
      assert.deepEqual(await append(next, message('a', { to: user, from: user })), {
        outcome: 'duplicate',
        seq: 1,
        delivered: false,
      });
      store = next;
    }
  });

  rule('a known (sender, id) is not stored again (R8)', async (step, store) => {
    await append(store, message('a'));
    const next = await step();
    assert.deepEqual(await append(next, message('a', { at: 1 })), { outcome: 'duplicate', seq: 1, delivered: false });
    assert.equal((await next.read('bob', 0, EVERYTHING)).length, 1);
  });

  rule(
    'a purged message is never delivered: its seq stays, its body is gone, its id is known as purged (R8, R12)',
    async (step, store) => {
      for (const id of ['a', 'b', 'c']) await append(store, message(id));
      const purged = await store.purge('bob', [2, 7], 99);
      assert.deepEqual(purged, {
        outcomes: ['purged', 'unknown'],
        messages: [{ ...purged.messages[0], seq: 2, id: 'b' }],
      });
      const next = await step();
      const read = await next.read('bob', 0, EVERYTHING);
      assert.deepEqual(
        read.map(({ seq, body, bytes, purgedAt }) => [seq, body, bytes, purgedAt]),
        [
          [1, 'body of a', 9, undefined],
          [2, '', 9, 99],
          [3, 'body of c', 9, undefined],
        ],
      );
      assert.deepEqual(await append(next, message('b')), { outcome: 'purged' });
      assert.deepEqual(await append(next, message('b', { body: 'another' })), { outcome: 'conflict' });
      const head = await next.inspect('bob');
      assert.deepEqual([head.delivered, head.last, head.purged], [0, 3, 1]);
      const { fence } = await next.claim('bob');
      const settled = await next.settle('bob', 3, fence);
      assert.deepEqual(settled.outcome === 'settled' && settled.messages.map(({ id }) => id), ['a', 'c']);
      const last = await step();
      assert.deepEqual(await last.find('bob', 'alice', ['a', 'b', 'c', 'd']), [
        { id: 'a', state: 'delivered' },
        { id: 'b', state: 'purged' },
        { id: 'c', state: 'delivered' },
        { id: 'd', state: 'unknown' },
      ]);
      assert.equal((await last.inspect('bob')).purged, 0);
    },
  );

  rule('a purge does not affect delivered messages, and a repeated one changes nothing', async (step, store) => {
    for (const id of ['a', 'b']) await append(store, message(id));
    const { fence } = await store.claim('bob');
    const [, first, again] = await Promise.all([
      store.settle('bob', 1, fence),
      store.purge('bob', [1, 2], 5),
      store.purge('bob', [2], 6),
    ]);
    assert.deepEqual(first?.outcomes, ['delivered', 'purged']);
    assert.deepEqual([again?.outcomes, again?.messages], [['purged'], []]);
    const [only] = await (await step()).read('bob', 1, EVERYTHING);
    assert.equal(only?.purgedAt, 5);
  });

  rule(
    'purged messages do not count for the quota, but their number after the cursor is limited',
    async (step, store) => {
      await append(store, message('a'));
      await append(store, message('b', { from: 'carol' }));
      assert.deepEqual(await append(store, message('c', { from: 'dave' })), { outcome: 'full' });
      assert.deepEqual((await store.purge('bob', [1], 1)).outcomes, ['purged']);
      const next = await step();
      assert.deepEqual(await append(next, message('c', { from: 'dave' })), { outcome: 'stored', seq: 3 });
      assert.deepEqual((await next.purge('bob', [2, 3], 1)).outcomes, ['full', 'full']);
      assert.deepEqual((await next.purge('bob', [2], 1)).outcomes, ['purged']);
    },
    { maxUndelivered: 2 },
  );

  rule('a purged message can be restored, as a new message, whose resends are duplicates', async (step, store) => {
    await append(store, message('a'));
    await store.purge('bob', [1], 1);
    const revived = message('a', { restored: { by: 'root', at: 9 } });
    assert.deepEqual(await append(await step(), revived), { outcome: 'stored', seq: 2 });
    const next = await step();
    assert.deepEqual(await append(next, revived), { outcome: 'duplicate', seq: 2, delivered: false });
    assert.deepEqual(await append(next, message('a')), { outcome: 'duplicate', seq: 2, delivered: false });
    const { fence } = await next.claim('bob');
    await next.settle('bob', 2, fence);
    assert.deepEqual(await (await step()).find('bob', 'alice', ['a']), [{ id: 'a', state: 'delivered' }]);
  });

  rule(
    'a purged message that is no longer kept is still known as purged',
    async (step, store) => {
      await append(store, message('a'));
      await store.purge('bob', [1], 1);
      const { fence } = await store.claim('bob');
      await store.settle('bob', 1, fence);
      const next = await step();
      assert.deepEqual(await next.read('bob', 0, EVERYTHING), []);
      assert.deepEqual(await next.find('bob', 'alice', ['a']), [{ id: 'a', state: 'purged' }]);
      assert.deepEqual(await append(next, message('a')), { outcome: 'purged' });
    },
    { keptDelivered: 0 },
  );

  rule(
    'of a purged message and the restored one with its id, neither kept any more, the restored one counts (R8)',
    async (step, store) => {
      await append(store, message('a'));
      await store.purge('bob', [1], 1);
      const { fence } = await store.claim('bob');
      await store.settle('bob', 1, fence);
      await append(store, message('a', { restored: { by: 'root', at: 9 } }));
      await store.settle('bob', 2, fence);
      const next = await (await step()).find('bob', 'alice', ['a']);
      assert.deepEqual(next, [{ id: 'a', state: 'delivered' }]);
      assert.deepEqual(await append(await step(), message('a')), { outcome: 'duplicate', seq: 2, delivered: true });
    },
    { keptDelivered: 0 },
  );

  rule(
    'a parked message can be restored once, as a new message, although it was delivered (R8)',
    async (step, store) => {
      const restored = { by: 'root', at: 9 };
      await append(store, message('a'));
      const parked = message('a', { restored, parked: 1 });
      assert.deepEqual(await append(store, parked), { outcome: 'duplicate', seq: 1, delivered: false });
      const { fence } = await store.claim('bob');
      await store.settle('bob', 1, fence);
      assert.deepEqual(await append(store, message('a', { parked: 1 })), {
        outcome: 'duplicate',
        seq: 1,
        delivered: true,
      });
      assert.deepEqual(await append(store, message('a', { restored })), {
        outcome: 'duplicate',
        seq: 1,
        delivered: true,
      });
      assert.deepEqual(await append(store, message('a', { restored, parked: 1, body: 'other' })), {
        outcome: 'conflict',
      });
      assert.deepEqual(await append(await step(), parked), { outcome: 'stored', seq: 2 });
      const next = await step();
      assert.deepEqual(await append(next, parked), { outcome: 'duplicate', seq: 2, delivered: false });
      const claim = await next.claim('bob');
      await next.settle('bob', 2, claim.fence);
      const last = await step();
      assert.deepEqual(await append(last, parked), { outcome: 'duplicate', seq: 2, delivered: true });
      const again = message('a', { restored, parked: 2 });
      assert.deepEqual(await append(last, again), { outcome: 'stored', seq: 3 }, 'it was parked again');
    },
  );

  rule(
    'a parked message that is no longer kept can be restored; of both, neither kept any more, the restored one counts (R8)',
    async (step, store) => {
      const parked = message('a', { restored: { by: 'root', at: 9 }, parked: 1 });
      await append(store, message('a'));
      const { fence } = await store.claim('bob');
      await store.settle('bob', 1, fence);
      assert.deepEqual(await append(await step(), parked), { outcome: 'stored', seq: 2 });
      const next = await step();
      const claim = await next.claim('bob');
      await next.settle('bob', 2, claim.fence);
      assert.deepEqual(await append(await step(), parked), { outcome: 'duplicate', seq: 2, delivered: true });
    },
    { keptDelivered: 0 },
  );

  rule('the duplicate of a delivered message has `delivered` (R8)', async (step, store) => {
    await append(store, message('a'));
    const { fence } = await store.claim('bob');
    await store.settle('bob', 1, fence);
    assert.deepEqual(await append(await step(), message('a')), { outcome: 'duplicate', seq: 1, delivered: true });
  });

  rule('a resend of a message in flight is a duplicate', async (_, store) => {
    const both = await Promise.all([append(store, message('a')), append(store, message('a'))]);
    assert.deepEqual(both, [
      { outcome: 'stored', seq: 1 },
      { outcome: 'duplicate', seq: 1, delivered: false },
    ]);
  });

  rule('the same id from another sender, or to another target, is another message', async (step, store) => {
    await append(store, message('a'));
    const next = await step();
    assert.deepEqual(await append(next, message('a', { from: 'carol' })), { outcome: 'stored', seq: 2 });
    assert.deepEqual(await append(next, message('a', { to: 'carol' })), { outcome: 'stored', seq: 1 });
  });

  rule('a known (sender, id) with another body is a conflict, and nothing is stored', async (step, store) => {
    await append(store, message('a'));
    const next = await step();
    assert.deepEqual(await append(next, message('a', { body: 'other' })), { outcome: 'conflict' });
    const both = await Promise.all([append(next, message('b')), append(next, message('b', { body: 'other' }))]);
    assert.deepEqual(both, [{ outcome: 'stored', seq: 2 }, { outcome: 'conflict' }]);
    assert.equal((await next.read('bob', 0, EVERYTHING)).length, 2);
  });

  rule(
    'ids of messages that are no longer kept are still known, for duplicates and conflicts',
    async (step, store) => {
      await append(store, message('a'));
      await append(store, message('b'));
      const { fence } = await store.claim('bob');
      await store.settle('bob', 2, fence);
      const next = await step();
      assert.deepEqual(
        (await next.read('bob', 0, EVERYTHING)).map(({ id }) => id),
        ['b'],
      );
      assert.deepEqual(await append(next, message('a')), { outcome: 'duplicate', seq: 1, delivered: true });
      assert.deepEqual(await append(next, message('a', { body: 'BODY of a' })), { outcome: 'conflict' });
      assert.deepEqual(await next.find('bob', 'alice', ['a', 'b', 'c']), [
        { id: 'a', state: 'delivered' },
        { id: 'b', state: 'delivered' },
        { id: 'c', state: 'unknown' },
      ]);
    },
    { keptDelivered: 1 },
  );

  rule(
    'the newest ids of each sender are known, whatever other senders send and clocks say (R8, storage 15)',
    async (step, store) => {
      for (const id of ['a', 'b', 'c']) await append(store, message(id));
      for (const id of ['d', 'e', 'f']) await append(store, message(id, { from: 'mallory' }));
      const { fence } = await store.claim('bob');
      await store.settle('bob', 6, fence);
      const next = await step();
      const later = message('b', { at: Date.UTC(2090, 0, 1) });
      assert.deepEqual(await append(next, later), { outcome: 'duplicate', seq: 2, delivered: true });
      assert.deepEqual(await append(next, message('a')), { outcome: 'stored', seq: 7 });
      assert.deepEqual(await append(next, message('e', { from: 'mallory' })), {
        outcome: 'duplicate',
        seq: 5,
        delivered: true,
      });
    },
    { keptDelivered: 0, keptIdsPerSender: 2 },
  );

  rule('a client whose newest message the mailbox does not have starts a new epoch, once', async (step, store) => {
    for (const id of ['a', 'b']) await append(store, message(id));
    const first = await store.claim('bob');
    assert.deepEqual([first.epoch, first.isRestored], [store.epoch, false]);
    await store.settle('bob', 1, first.fence);
    const has = (epoch: string, seq: number, id: string) => ({ epoch, seq, from: 'alice', id });
    const knows = await store.claim('bob', { last: has(store.epoch, 2, 'b') });
    assert.deepEqual([knows.epoch, knows.isRestored], [store.epoch, false]);
    // Three ways to see that the store is an older copy: a seq that was not given, another message there, an unknown epoch.
    let { epoch } = store;
    for (const received of [has(epoch, 3, 'c'), has(epoch, 2, 'x'), has('unknown', 1, 'a')]) {
      const next = await step();
      const restored = await next.claim('bob', {
        last: { ...received, epoch: received.epoch === 'unknown' ? 'unknown' : epoch },
      });
      assert.equal(restored.isRestored, true);
      assert.notEqual(restored.epoch, epoch);
      assert.deepEqual([restored.delivered, restored.last], [1, 2], 'the messages are those of the copy');
      // Other clients of this user know older epochs: they follow, and start no further one.
      for (const older of [epoch, store.epoch, received.epoch]) {
        const { isRestored, epoch: same } = await (await step()).claim('bob', { last: has(older, 9, 'z') });
        assert.deepEqual([isRestored, same], [false, restored.epoch]);
      }
      epoch = restored.epoch;
    }
    const last = await (await step()).claim('bob', { last: has(epoch, 2, 'b') });
    assert.deepEqual([last.epoch, last.isRestored], [epoch, false]);
  });

  rule(
    'a message that is no longer kept may be the newest one that a client has',
    async (step, store) => {
      for (const id of ['a', 'b']) await append(store, message(id));
      const { fence, epoch } = await store.claim('bob');
      await store.settle('bob', 2, fence);
      const received = { epoch, seq: 1, from: 'alice', id: 'a' };
      assert.equal((await (await step()).claim('bob', { last: received })).isRestored, false);
    },
    { keptDelivered: 0 },
  );

  rule('a removed mailbox is empty and has a new epoch; its undelivered messages are returned', async (step, store) => {
    for (const id of ['a', 'b', 'c', 'd']) await append(store, message(id));
    const { fence } = await store.claim('bob');
    await store.settle('bob', 1, fence);
    await store.purge('bob', [2], 5);
    const pending = append(store, message('e')); // in flight: it is removed as well
    const removed = await store.remove('bob');
    assert.deepEqual(
      removed.map(({ id, from, seq }) => [id, from, seq]),
      [
        ['c', 'alice', 3],
        ['d', 'alice', 4],
        ['e', 'alice', 5],
      ],
    );
    assert.deepEqual(await pending, { outcome: 'stored', seq: 5 });
    const next = await step();
    assert.deepEqual(await next.read('bob', 0, EVERYTHING), []);
    assert.deepEqual(await next.inspect('bob'), { delivered: 5, last: 5, purged: 0, seenAt: 0, devices: [] });
    const ids = ['a', 'b', 'c', 'd', 'e'];
    assert.ok((await next.find('bob', 'alice', ids)).every(({ state }) => state === 'unknown'));
    const claim = await next.claim('bob');
    assert.notEqual(claim.epoch, next.epoch);
    assert.deepEqual(await append(next, message('a', { body: 'to the next bob' })), { outcome: 'stored', seq: 6 });
    const again = await step();
    assert.deepEqual(
      (await again.read('bob', 0, EVERYTHING)).map(({ seq, body, bytes }) => [seq, body, bytes]),
      [[6, 'to the next bob', 15]],
    );
    assert.equal((await again.claim('bob')).epoch, claim.epoch);
    assert.deepEqual(await again.remove('carol'), []);
  });

  rule(
    'undelivered messages are kept without a time limit, delivered ones for keptDeliveredMs (storage 15)',
    async (step, store) => {
      await append(store, message('a', { at: 1 }));
      await append(store, message('b', { at: 1 }));
      const { fence } = await store.claim('bob');
      await store.settle('bob', 1, fence);
      const read = await (await step()).read('bob', 0, EVERYTHING);
      assert.deepEqual(
        read.map(({ id }) => id),
        ['b'],
      );
    },
  );

  rule(
    'a full mailbox stores nothing until its user acks something',
    async (step, store) => {
      await append(store, message('a'));
      await append(store, message('b', { from: 'carol' }));
      const next = await step();
      assert.deepEqual(await append(next, message('c', { from: 'dave' })), { outcome: 'full' });
      assert.deepEqual(await append(next, message('a')), { outcome: 'duplicate', seq: 1, delivered: false });
      const { fence } = await next.claim('bob');
      await next.settle('bob', 1, fence);
      assert.deepEqual(await append(await step(), message('c', { from: 'dave' })), { outcome: 'stored', seq: 3 });
    },
    { maxUndelivered: 2 },
  );

  rule(
    'one sender has at most its share of the quota, messages in flight included',
    async (step, store) => {
      const appended = await Promise.all(['a', 'b', 'c'].map((id) => append(store, message(id))));
      assert.deepEqual(
        appended.map(({ outcome }) => outcome),
        ['stored', 'stored', 'full'],
      );
      assert.deepEqual(await append(await step(), message('d', { from: 'carol' })), { outcome: 'stored', seq: 3 });
    },
    { maxUndelivered: 4 },
  );

  rule(
    'the byte quotas of mailbox and sender count UTF-8',
    async (step, store) => {
      assert.deepEqual(await append(store, message('a', { body: '好好', from: 'erin' })), { outcome: 'full' });
      assert.deepEqual(await append(store, message('b', { body: '好12' })), { outcome: 'stored', seq: 1 });
      const next = await step();
      assert.deepEqual(await append(next, message('c', { body: '1' })), { outcome: 'full' });
      assert.deepEqual(await append(next, message('d', { body: '123', from: 'carol' })), { outcome: 'full' });
      assert.deepEqual(await append(next, message('d', { body: '12', from: 'carol' })), { outcome: 'stored', seq: 2 });
    },
    { maxUndeliveredBytes: 10 },
  );

  rule(
    'a sender has a share of what the others leave, and gets more when they use less',
    async (step, store) => {
      const fill = (from: string, to = store) => appendUntilFull(to, from);
      assert.deepEqual([await fill('alice'), await fill('carol'), await fill('dave')], [50, 25, 13]);
      const { fence } = await store.claim('bob');
      await store.settle('bob', 50, fence); // Those of alice.
      const next = await step();
      assert.deepEqual([await fill('carol', next), await fill('alice', next)], [19, 22]);
    },
    { maxUndelivered: 100 },
  );

  rule(
    'however many fill a mailbox: a sender without anything undelivered has room for a few, in messages and in bytes',
    async (step, store) => {
      for (const from of ['mallory', 'trudy', 'oscar']) await appendUntilFull(store, from, { body: '1234' });
      const next = await step();
      const stored: number[] = [];
      for (const from of ['carol', 'dave', 'erin', 'frank']) stored.push(await appendUntilFull(next, from));
      assert.deepEqual(stored, [5, 5, 3, 0], 'within the quota of the mailbox');
    },
    { maxUndelivered: 100, maxUndeliveredBytes: 400 },
  );

  /** How many messages of a sender are stored until one is refused. Each is so late that it waits for none before it (R16). */
  async function appendUntilFull(store: Store, from: string, values: Partial<SentMessage> = {}): Promise<number> {
    for (let count = 0; ; count++) {
      const at = message('').at + appended++ * MAILBOX.heldBackMs;
      const { outcome } = await append(store, message(`${appended}`, { body: '', from, at, ...values }));
      if (outcome === 'full') return count;
    }
  }

  rule(
    'a message refused by a full mailbox is not overtaken by later ones of its sender (R16)',
    async (_, store) => {
      const { fence } = await store.claim('bob');
      const outcomeOf = async (id: string, from = 'alice') => (await append(store, message(id, { from }))).outcome;
      assert.deepEqual(
        [await outcomeOf('a'), await outcomeOf('b'), await outcomeOf('c')],
        ['stored', 'stored', 'full'],
      );
      await store.settle('bob', 2, fence);
      assert.deepEqual([await outcomeOf('d'), await outcomeOf('e', 'carol')], ['full', 'stored']);
      assert.deepEqual([await outcomeOf('a'), await outcomeOf('c')], ['duplicate', 'stored']);
      assert.equal(await outcomeOf('d'), 'stored');
    },
    { maxUndelivered: 4 },
  );

  rule(
    'what one session is refused holds back its own later messages, as long as they may be on their way, and no other session (R16)',
    async (_, store) => {
      const { fence } = await store.claim('bob');
      const [one, other] = [await store.claimOutbox('alice', 'one'), await store.claimOutbox('alice', 'other')];
      const outcomeOf = async (id: string, outbox: string, later = 0) => {
        const sender = { generation: 1, outbox, fence: outbox === 'one' ? one : other };
        return (await append(store, message(id, { sender, at: message('').at + later }))).outcome;
      };
      assert.deepEqual([await outcomeOf('a', 'one'), await outcomeOf('b', 'one')], ['stored', 'stored']);
      assert.equal(await outcomeOf('c', 'one'), 'full');
      await store.settle('bob', 2, fence);
      assert.equal(await outcomeOf('x', 'other'), 'stored');
      assert.equal(await outcomeOf('d', 'one', MAILBOX.heldBackInSessionMs - 1), 'full');
      assert.equal(await outcomeOf('c', 'one', MAILBOX.heldBackInSessionMs), 'stored');
    },
    { maxUndelivered: 4 },
  );

  rule('a claim returns cursor and last seq, and each has a higher fence', async (step, store) => {
    const empty = await store.claim('bob');
    assert.deepEqual([empty.delivered, empty.last], [0, 0]);
    await append(store, message('a'));
    await append(store, message('b'));
    await store.settle('bob', 1, empty.fence);
    const claim = await (await step()).claim('bob');
    assert.deepEqual([claim.delivered, claim.last], [1, 2]);
    assert.ok(claim.fence > empty.fence);
  });

  rule(
    'settle moves the cursor and returns the messages that became delivered, in order (R12)',
    async (step, store) => {
      await append(store, message('a'));
      await append(store, message('b', { from: 'carol' }));
      await append(store, message('c'));
      const { fence } = await store.claim('bob');
      const settled = await store.settle('bob', 2, fence);
      assert.equal(settled.outcome, 'settled');
      assert.deepEqual(
        settled.messages.map(({ seq, from, id }) => ({ seq, from, id })),
        [
          { seq: 1, from: 'alice', id: 'a' },
          { seq: 2, from: 'carol', id: 'b' },
        ],
      );
      const next = await step();
      assert.deepEqual(await next.find('bob', 'alice', ['a', 'c']), [
        { id: 'a', state: 'delivered' },
        { id: 'c', state: 'stored' },
      ]);
      assert.equal((await next.claim('bob')).delivered, 2);
    },
  );

  rule('the cursor never moves back, nor beyond the last message', async (_, store) => {
    await append(store, message('a'));
    await append(store, message('b'));
    const { fence } = await store.claim('bob');
    assert.deepEqual(await store.settle('bob', 0, fence), { outcome: 'settled', messages: [] });
    const far = await store.settle('bob', 99, fence);
    assert.deepEqual(far.outcome === 'settled' && far.messages.map(({ seq }) => seq), [1, 2]);
    assert.deepEqual(await store.settle('bob', 1, fence), { outcome: 'settled', messages: [] });
    await append(store, message('c'));
    assert.deepEqual(await store.find('bob', 'alice', ['c']), [{ id: 'c', state: 'stored' }]);
  });

  rule('each message becomes delivered once, also with concurrent acks', async (_, store) => {
    for (const id of ['a', 'b', 'c']) await append(store, message(id));
    const { fence } = await store.claim('bob');
    const settled = await Promise.all([2, 1, 2, 3].map((seq) => store.settle('bob', seq, fence)));
    assert.deepEqual(
      settled.map((one) => one.outcome === 'settled' && one.messages.map(({ seq }) => seq)),
      [[1, 2], [], [], [3]],
    );
  });

  rule('an older session cannot settle (R6)', async (step, store) => {
    await append(store, message('a'));
    const older = await store.claim('bob');
    const next = await step();
    const newer = await next.claim('bob');
    assert.deepEqual(await next.settle('bob', 1, older.fence), { outcome: 'stale' });
    assert.equal((await next.settle('bob', 1, newer.fence)).outcome, 'settled');
  });

  rule('an older session reads nothing any more: the newer one pushes (R6)', async (step, store) => {
    await append(store, message('a'));
    const next = await step();
    const [older, newer] = [await next.claim('bob'), await next.claim('bob')];
    const phone = await next.claim('bob', { device: 'phone' });
    const read = ({ fence }: { readonly fence: number }, device = 'main') =>
      next.read('bob', 0, EVERYTHING, { device, fence });
    await assert.rejects(read(older), StaleClaim);
    assert.deepEqual([(await read(newer)).length, (await read(phone, 'phone')).length], [1, 1]);
    await next.removeDevice('bob', 'phone');
    await assert.rejects(read(phone, 'phone'), StaleClaim);
  });

  rule('an older session of a device or an outbox cannot send any more (R6, R16)', async (step, store) => {
    const send = (id: string, sender: Partial<SenderSession>, device?: string) =>
      append(store, message(id, { sender: { generation: 1, ...sender }, ...(device && { device }) }));
    const replaced = { name: 'StaleSender', reason: 'replaced' };

    const older = { fence: await store.claimOutbox('alice', 'cron'), outbox: 'cron' };
    const other = { fence: await store.claimOutbox('alice', 'backup'), outbox: 'backup' };
    const bobs = { fence: await store.claimOutbox('carol', 'cron'), outbox: 'cron' };
    assert.equal((await send('a', older)).outcome, 'stored');
    const newer = { fence: await store.claimOutbox('alice', 'cron'), outbox: 'cron' };
    assert.ok(newer.fence > older.fence);
    await assert.rejects(send('c', older), replaced);
    assert.deepEqual(
      [await send('b', newer), await send('d', other)].map(({ outcome }) => outcome),
      ['stored', 'stored'],
    );
    assert.ok(bobs.fence > 0);

    const before = await store.claim('alice', { device: 'laptop' });
    assert.equal((await send('e', before, 'laptop')).outcome, 'stored');
    const after = await store.claim('alice', { device: 'laptop' });
    await assert.rejects(send('f', before, 'laptop'), replaced);
    assert.equal((await send('f', after, 'laptop')).outcome, 'stored');
    const read = await (await step()).read('bob', 0, EVERYTHING);
    assert.deepEqual(
      read.map(({ id }) => id),
      ['a', 'b', 'd', 'e', 'f'],
    );
  });

  rule('a fence is valid for the mailbox that was claimed, and no other', async (step, store) => {
    await append(store, message('a'));
    const { fence } = await store.claim('carol');
    assert.deepEqual(await store.settle('bob', 1, fence), { outcome: 'stale' });
    const claimed = await store.claim('bob');
    assert.deepEqual(await (await step()).settle('carol', 1, claimed.fence), { outcome: 'stale' });
  });

  rule('a read starts after the given seq, and observes its limits', async (step, store) => {
    for (const id of ['a', 'b', 'c', 'd']) await append(store, message(id, { body: '12345' }));
    const next = await step();
    const seqs = async (after: number, limit: { messages: number; bytes: number }) =>
      (await next.read('bob', after, limit)).map(({ seq }) => seq);
    assert.deepEqual(await seqs(1, { messages: 2, bytes: 100 }), [2, 3]);
    assert.deepEqual(await seqs(0, { messages: 9, bytes: 14 }), [1, 2]);
    assert.deepEqual(await seqs(0, { messages: 9, bytes: 15 }), [1, 2, 3]);
    assert.deepEqual(await seqs(0, { messages: 9, bytes: 1 }), [1]);
    assert.deepEqual(await seqs(4, { messages: 9, bytes: 100 }), []);
    assert.deepEqual(await next.read('nobody', 0, EVERYTHING), []);
  });

  rule('a message is not read before it is durable', async (_, store) => {
    const appending = append(store, message('a'));
    const early = await store.read('bob', 0, EVERYTHING);
    await appending;
    assert.deepEqual(early, []);
    assert.equal((await store.read('bob', 0, EVERYTHING)).length, 1);
  });

  rule('attempts count the sessions that pushed a message and got no ack', async (step, store) => {
    for (const id of ['a', 'b', 'c']) await append(store, message(id));
    const attempts = async (from: Store) => (await from.read('bob', 0, EVERYTHING)).map((read) => read.attempts);
    const first = await store.claim('bob');
    await store.notePushed('bob', 1, first.fence, 1);
    await store.notePushed('bob', 2, first.fence, 2);
    await store.notePushed('bob', 2, first.fence, 3);
    assert.deepEqual(await attempts(store), [1, 1, 0]);
    const next = await step();
    const second = await next.claim('bob');
    await next.notePushed('bob', 3, second.fence, 4);
    assert.deepEqual(await attempts(await step()), [2, 2, 1]);
  });

  rule('a read waits for a push note in flight, and counts it', async (_, store) => {
    await append(store, message('a'));
    const { fence } = await store.claim('bob');
    const noting = store.notePushed('bob', 1, fence, 1);
    const [read] = await store.read('bob', 0, EVERYTHING);
    await noting;
    assert.equal(read?.attempts, 1);
  });

  rule('messages that were read do not change later', async (_, store) => {
    await append(store, message('a'));
    const { fence } = await store.claim('bob');
    const read = await store.read('bob', 0, EVERYTHING);
    await store.notePushed('bob', 1, fence, 1);
    await store.settle('bob', 1, fence);
    assert.deepEqual(
      read.map(({ seq, attempts }) => [seq, attempts]),
      [[1, 0]],
    );
  });

  rule('find returns states in the order of the ids, and waits for messages in flight', async (step, store) => {
    const appending = append(store, message('b'));
    assert.deepEqual(await store.find('bob', 'alice', ['x', 'b']), [
      { id: 'x', state: 'unknown' },
      { id: 'b', state: 'stored' },
    ]);
    await appending;
    assert.deepEqual(await (await step()).find('bob', 'carol', ['b']), [{ id: 'b', state: 'unknown' }]);
  });

  rule('users with a mailbox are listed by name, in pages', async (step, store) => {
    for (const to of ['dave', 'bob', 'erin', 'carol']) await append(store, message('a', { to }));
    await store.claim('zoe');
    const next = await step();
    assert.deepEqual(usersOf(await next.heads('', 3)), ['bob', 'carol', 'dave']);
    assert.deepEqual(usersOf(await next.heads('dave', 3)), ['erin']);
    assert.deepEqual(await next.heads('erin', 3), []);
    const [bob] = await next.heads('', 1);
    assert.deepEqual(bob, { user: 'bob', ...(await next.inspect('bob')) });
  });

  rule('inspect returns the cursor, the last seq, and when the user was last seen', async (step, store) => {
    for (const id of ['a', 'b', 'c']) await append(store, message(id));
    assert.deepEqual(await store.inspect('bob'), { delivered: 0, last: 3, purged: 0, seenAt: 0 });
    const { fence } = await store.claim('bob');
    await store.notePushed('bob', 3, fence, 7);
    assert.deepEqual(await store.inspect('bob'), { delivered: 0, last: 3, purged: 0, seenAt: 7 });
    await store.settle('bob', 2, fence);
    const next = await step();
    const { seenAt, ...head } = await next.inspect('bob');
    assert.deepEqual(head, { delivered: 2, last: 3, purged: 0 });
    assert.ok(seenAt > 7);
    assert.deepEqual(await next.inspect('nobody'), { delivered: 0, last: 0, purged: 0, seenAt: 0 });
    assert.deepEqual(usersOf(await next.heads('', 9)), ['bob'], 'inspect creates no mailbox');
  });

  rule(
    'a user was last seen when a session began or ended, whether there were messages or not',
    async (step, store) => {
      const { fence } = await store.claim('bob');
      await store.noteSession('bob', fence, 'began', 5);
      assert.deepEqual(await store.inspect('bob'), { delivered: 0, last: 0, purged: 0, seenAt: 5 });
      await store.noteSession('bob', fence, 'ended', 9);
      const next = await step();
      assert.equal((await next.inspect('bob')).seenAt, 9);
      assert.equal((await next.inspect('alice')).seenAt, 0);
      assert.equal(usersOf(await next.heads('', 9)).includes('bob'), false, 'a session makes no mailbox');
      await next.remove('bob');
      assert.equal((await (await step()).inspect('bob')).seenAt, 0, 'the next user of that name was never here');
    },
  );

  rule('the end of a session that was replaced, or of a removed user, is no sighting', async (step, store) => {
    const older = await store.claim('bob');
    await store.noteSession('bob', older.fence, 'began', 5);
    const newer = await store.claim('bob');
    await store.noteSession('bob', newer.fence, 'began', 7);
    await store.noteSession('bob', older.fence, 'ended', 8);
    assert.equal((await store.inspect('bob')).seenAt, 7);
    await store.remove('bob');
    await store.noteSession('bob', newer.fence, 'ended', 9);
    assert.equal((await (await step()).inspect('bob')).seenAt, 0);
  });

  rule('triedAt is the time of the last attempt', async (step, store) => {
    for (const id of ['a', 'b']) await append(store, message(id));
    const { fence } = await store.claim('bob');
    await store.notePushed('bob', 1, fence, 7);
    const read = await (await step()).read('bob', 0, EVERYTHING);
    assert.deepEqual(
      read.map(({ attempts, triedAt }) => [attempts, triedAt]),
      [
        [1, 7],
        [0, undefined],
      ],
    );
  });

  rule(
    'the newest keptAudits audit entries are kept, oldest first',
    async (step, store) => {
      const run = (name: string, fields: Partial<Audit> = {}): Audit => ({
        by: 'root',
        at: 5,
        run: name,
        what: 'replay',
        filter: '--since 1h',
        done: 3,
        left: 1,
        ...fields,
      });
      assert.deepEqual(await store.audits(), []);
      await store.audit(run('first', { user: 'bob' }));
      await store.audit(run('"second"', { what: 'restore', at: 6 }));
      const next = await step();
      assert.deepEqual(await next.audits(), [
        run('first', { user: 'bob' }),
        run('"second"', { what: 'restore', at: 6 }),
      ]);
      for (const name of ['third', 'fourth']) await next.audit(run(name));
      assert.deepEqual(
        (await (await step()).audits()).map(({ run }) => run),
        ['"second"', 'third', 'fourth'],
      );
    },
    { keptAudits: 3 },
  );

  rule('the retention of an id starts when its message is dropped, not when it was sent', async (step, store) => {
    const at = message('old').at - 40 * 24 * 3_600_000;
    await append(store, message('old', { at }));
    const { fence } = await store.claim('bob');
    await store.settle('bob', 1, fence);
    const next = await step();
    assert.deepEqual(await next.read('bob', 0, EVERYTHING), [], 'it is not kept');
    assert.deepEqual(await append(next, message('old', { at })), { outcome: 'duplicate', seq: 1, delivered: true });
  });

  describeDevices(rule);

  rule('the epoch does not change', async (step, store) => {
    assert.ok(store.epoch.length > 0);
    assert.equal((await step()).epoch, store.epoch);
  });

  rule('after close every call fails', async (_, store) => {
    const appending = append(store, message('a'));
    await store.close();
    assert.deepEqual(await appending, { outcome: 'stored', seq: 1 });
    await assert.rejects(append(store, message('b')));
    await assert.rejects(store.read('bob', 0, EVERYTHING));
    await assert.rejects(store.claim('bob'));
    await assert.rejects(store.settle('bob', 1, 1));
    await assert.rejects(store.find('bob', 'alice', ['a']));
    await assert.rejects(store.notePushed('bob', 1, 1, 1));
    await assert.rejects(store.noteSession('bob', 1, 'ended', 1));
    await assert.rejects(store.heads('', 1));
    await assert.rejects(store.claimOutbox('alice', 'cron'));
    await assert.rejects(store.inspect('bob'));
    await assert.rejects(store.audits());
    await store.close();
  });
}

type Rule = (
  title: string,
  run: (step: () => Promise<Store>, store: Store) => Promise<void>,
  limits?: Partial<MailboxLimits>,
) => void;

/** One log and several cursors: each device gets everything, and a message is delivered once. */
function describeDevices(rule: Rule): void {
  const seqsAfter = async (store: Store, after: number) =>
    (await store.read('bob', after, EVERYTHING)).map(({ seq }) => seq);
  const cursors = async (store: Store) =>
    (await store.devices('bob')).map(({ device, delivered }) => [device, delivered]);

  rule(
    'each device has a cursor of its own; a message is delivered once, by the first ack (R12)',
    async (step, store) => {
      const laptop = await store.claim('bob', { device: 'laptop' });
      const phone = await store.claim('bob', { device: 'phone' });
      for (const id of ['a', 'b', 'c']) await append(store, message(id));
      const both = await Promise.all([store.settle('bob', 2, laptop.fence), store.settle('bob', 2, phone.fence)]);
      assert.deepEqual(
        both.map((one) => one.outcome === 'settled' && one.messages.map(({ seq }) => seq)),
        [[1, 2], []],
      );
      const third = await store.settle('bob', 3, phone.fence);
      assert.deepEqual(third.outcome === 'settled' && third.messages.map(({ id }) => id), ['c']);
      const next = await step();
      assert.deepEqual(await cursors(next), [
        ['laptop', 2],
        ['phone', 3],
      ]);
      const head = await next.inspect('bob');
      assert.deepEqual([head.delivered, head.last], [3, 3], 'the mailbox is where its foremost device is');
      assert.deepEqual(head.devices, await next.devices('bob'));
      const again = await next.claim('bob', { device: 'laptop' });
      assert.deepEqual([again.delivered, again.last, again.missed], [2, 3, 0]);
      const late = await next.settle('bob', 3, again.fence);
      assert.deepEqual(late, { outcome: 'settled', messages: [] }, 'no second delivered');
      assert.deepEqual(await cursors(await step()), [
        ['laptop', 3],
        ['phone', 3],
      ]);
    },
  );

  rule('a newer session of a device makes older ones of that device stale, and no others (R6)', async (_, store) => {
    await append(store, message('a'));
    const main = await store.claim('bob');
    const older = await store.claim('bob', { device: 'phone' });
    const newer = await store.claim('bob', { device: 'phone' });
    assert.deepEqual(await store.settle('bob', 1, older.fence), { outcome: 'stale' });
    assert.equal((await store.settle('bob', 1, newer.fence)).outcome, 'settled');
    assert.equal((await store.settle('bob', 1, main.fence)).outcome, 'settled');
  });

  rule('the device that was alone keeps its cursor when others come', async (step, store) => {
    for (const id of ['a', 'b']) await append(store, message(id));
    const main = await store.claim('bob');
    await store.settle('bob', 1, main.fence);
    const next = await step();
    const phone = await next.claim('bob', { device: 'phone' });
    assert.equal(phone.delivered, 1, 'a new device begins with what nobody has');
    await next.settle('bob', 2, phone.fence);
    const last = await step();
    assert.equal((await last.claim('bob')).delivered, 1);
    assert.deepEqual(await cursors(last), [
      ['main', 1],
      ['phone', 2],
    ]);
  });

  rule('a session of the only device that has acked nothing yet loses nothing to a new device', async (_, store) => {
    await append(store, message('a'));
    const main = await store.claim('bob');
    const phone = await store.claim('bob', { device: 'phone' });
    await store.settle('bob', 1, phone.fence);
    assert.equal((await store.claim('bob')).delivered, 0);
    assert.deepEqual(await store.settle('bob', 1, main.fence), { outcome: 'stale' });
  });

  rule('a new device that has a message goes on after it', async (step, store) => {
    for (const id of ['a', 'b', 'c']) await append(store, message(id));
    const { fence, epoch } = await store.claim('bob');
    await store.settle('bob', 2, fence);
    const last = (seq: number, id: string) => ({ epoch, seq, from: 'alice', id });
    const next = await step();
    assert.equal((await next.claim('bob', { device: 'phone', last: last(1, 'a') })).delivered, 1);
    const ahead = await next.claim('bob', { device: 'tablet', last: last(3, 'c') });
    assert.equal(ahead.delivered, 2, 'what was shown and not acked is not delivered');
    const old = await next.claim('bob', { device: 'old', last: { ...last(1, 'a'), epoch: 'unknown' } });
    assert.deepEqual([old.delivered, old.isRestored], [2, true]);
  });

  rule(
    'a device that lags beyond what is kept learns how many it missed',
    async (step, store) => {
      const laptop = await store.claim('bob', { device: 'laptop' });
      await store.claim('bob', { device: 'phone' });
      for (const id of ['a', 'b', 'c', 'd']) await append(store, message(id));
      await store.settle('bob', 3, laptop.fence);
      const next = await step();
      const phone = await next.claim('bob', { device: 'phone' });
      assert.deepEqual([phone.delivered, phone.missed, phone.last], [1, 1, 4]);
      assert.deepEqual(await seqsAfter(next, phone.delivered), [2, 3, 4]);
      await next.settle('bob', 1, phone.fence);
      assert.equal((await (await step()).claim('bob', { device: 'phone' })).missed, 0, 'told and confirmed');
    },
    { keptDelivered: 2 },
  );

  rule('attempts count the sessions of each device', async (step, store) => {
    for (const id of ['a', 'b', 'c']) await append(store, message(id));
    const main = await store.claim('bob');
    await store.notePushed('bob', 2, main.fence, 1);
    const phone = await store.claim('bob', { device: 'phone' });
    await store.notePushed('bob', 3, phone.fence, 2);
    await store.notePushed('bob', 3, phone.fence, 3);
    const next = await step();
    const attempts = async (device?: string) => {
      const reader = device === undefined ? undefined : { device, fence: (await next.claim('bob', { device })).fence };
      return (await next.read('bob', 0, EVERYTHING, reader)).map((read) => read.attempts);
    };
    assert.deepEqual(await attempts('main'), [1, 1, 0]);
    assert.deepEqual(await attempts('phone'), [1, 1, 1]);
    assert.deepEqual(await attempts('tablet'), [0, 0, 0]);
    assert.deepEqual(await attempts(), [2, 2, 1], 'of all sessions');
    const again = await next.claim('bob', { device: 'phone' });
    await next.settle('bob', 2, again.fence);
    await next.notePushed('bob', 3, again.fence, 4);
    const last = await step();
    const reader = { device: 'phone', fence: (await last.claim('bob', { device: 'phone' })).fence };
    const [third] = await last.read('bob', 2, EVERYTHING, reader);
    assert.deepEqual([third?.seq, third?.attempts], [3, 2]);
  });

  rule('a removed device is forgotten, and its session is stale', async (step, store) => {
    await append(store, message('a'));
    const main = await store.claim('bob');
    await store.settle('bob', 1, main.fence);
    const phone = await store.claim('bob', { device: 'phone' });
    await store.noteSession('bob', phone.fence, 'began', 7, 'im/9');
    const [, known] = await store.devices('bob');
    assert.deepEqual([known?.device, known?.isOnline, known?.agent], ['phone', true, 'im/9']);
    assert.equal(await store.removeDevice('bob', 'phone'), true);
    assert.deepEqual(await store.settle('bob', 1, phone.fence), { outcome: 'stale' });
    const next = await step();
    assert.equal(await next.removeDevice('bob', 'phone'), false);
    assert.deepEqual(await cursors(next), [['main', 1]]);
    assert.deepEqual(await next.devices('nobody'), []);
  });

  rule(
    'when the only device is removed there is none, whichever it was, and the next one is alone',
    async (step, store) => {
      await append(store, message('a'));
      const phone = await store.claim('bob', { device: 'phone' });
      await store.settle('bob', 1, phone.fence);
      assert.equal(await store.removeDevice('bob', 'phone'), true);
      let next = await step();
      assert.deepEqual(await next.devices('bob'), []);

      // MAIN_DEVICE is removed like others: here it has acked nothing, and is known only because it was online.
      const first = await next.claim('bob');
      assert.equal(first.delivered, 1);
      await next.noteSession('bob', first.fence, 'began', 5);
      assert.deepEqual(await cursors(next), [['main', 1]]);
      assert.equal(await next.removeDevice('bob', 'main'), true);
      assert.deepEqual(await next.settle('bob', 1, first.fence), { outcome: 'stale' });
      next = await step();
      assert.deepEqual(await next.devices('bob'), []);
      assert.equal(await next.removeDevice('bob', 'main'), false);
      await append(next, message('b'));
      assert.equal((await next.claim('bob', { device: 'desktop' })).delivered, 1);
      assert.deepEqual(await cursors(await step()), [['desktop', 1]]);
    },
  );

  rule('the device main that was always alone is removed, too', async (step, store) => {
    for (const id of ['a', 'b']) await append(store, message(id));
    const main = await store.claim('bob');
    await store.settle('bob', 1, main.fence);
    assert.equal(await store.removeDevice('bob', 'main'), true);
    const next = await step();
    assert.deepEqual(await next.devices('bob'), []);
    assert.equal((await next.claim('bob')).delivered, 1, 'a new device begins with what nobody has');
    const last = await step();
    assert.deepEqual(await cursors(last), [['main', 1]]);

    const { fence } = await last.claim('carol');
    await last.noteSession('carol', fence, 'began', 6);
    assert.equal(await last.removeDevice('carol', 'main'), true, 'it was only online');
    assert.deepEqual(await (await step()).devices('carol'), []);
  });

  rule('a removed user has no devices', async (step, store) => {
    await append(store, message('a'));
    const phone = await store.claim('bob', { device: 'phone' });
    await store.remove('bob');
    assert.deepEqual(await store.settle('bob', 1, phone.fence), { outcome: 'stale' });
    const next = await step();
    assert.deepEqual(await next.devices('bob'), []);
    await append(next, message('b'));
    assert.deepEqual((await next.claim('bob', { device: 'phone' })).delivered, 1);
    assert.deepEqual(await cursors(next), [['phone', 1]]);
  });

  rule(
    'a device too many takes the place of the one not seen for longest, if that has no session',
    async (step, store) => {
      const first = await store.claim('bob', { device: 'first' });
      await store.noteSession('bob', first.fence, 'began', 1);
      const second = await store.claim('bob', { device: 'second' });
      await assert.rejects(store.claim('bob', { device: 'third' }), TooManyDevices);
      await store.noteSession('bob', first.fence, 'ended', 2);
      const third = await store.claim('bob', { device: 'third' });
      assert.deepEqual(third.dropped, ['first']);
      assert.equal((await store.settle('bob', 0, second.fence)).outcome, 'settled');
      assert.deepEqual((await cursors(await step())).flat(), ['second', 0, 'third', 0]);
    },
    { maxDevices: 2 },
  );

  rule(
    'devices cost the quota nothing: a message counts once',
    async (_, store) => {
      const phone = await store.claim('bob', { device: 'phone' });
      await store.claim('bob', { device: 'laptop' });
      for (const id of ['a', 'b']) await append(store, message(id));
      assert.equal((await append(store, message('c', { from: 'carol' }))).outcome, 'full');
      await store.settle('bob', 2, phone.fence);
      assert.equal((await append(store, message('c', { from: 'carol' }))).outcome, 'stored');
    },
    { maxUndelivered: 2, maxShareOfOneSender: 1 },
  );

  rule('what one device sends is copied for the others, atomically and once', async (step, store) => {
    const laptop = await store.claim('alice', { device: 'laptop', copies: true });
    const desktop = await store.claim('alice', { device: 'desktop', copies: true });
    assert.deepEqual(await append(store, message('a', { device: 'laptop' })), {
      outcome: 'stored',
      seq: 1,
      copied: true,
    });
    assert.deepEqual(await append(store, message('b')), { outcome: 'stored', seq: 2, copied: true });
    const again = await append(store, message('a', { device: 'laptop' }));
    assert.deepEqual(again, { outcome: 'duplicate', seq: 1, delivered: false });
    const next = await step();
    const copies = await next.read('alice', 0, EVERYTHING);
    assert.deepEqual(
      copies.map(({ seq, from, id, body, at, to, device }) => ({ seq, from, id, body, at, to, device })),
      [
        { seq: 1, from: 'alice', id: 'a', body: 'body of a', at: message('a').at, to: 'bob', device: 'laptop' },
        { seq: 2, from: 'alice', id: 'b', body: 'body of b', at: message('b').at, to: 'bob', device: undefined },
      ],
    );
    assert.equal((await next.read('bob', 0, EVERYTHING)).length, 2);
    const head = await next.inspect('alice');
    assert.deepEqual([head.delivered, head.last, head.purged], [2, 2, 0], 'copies wait for nobody');
    const { fence } = await next.claim('alice', { device: 'laptop', copies: true });
    assert.deepEqual(await next.settle('alice', 2, fence), { outcome: 'settled', messages: [] });
    assert.deepEqual([laptop.delivered, desktop.delivered], [0, 0]);
  });

  rule('a user whose only device sends, or whose devices want no copies, has none', async (_, store) => {
    await store.claim('alice', { device: 'laptop', copies: true });
    await store.claim('alice', { device: 'listen' });
    assert.deepEqual(await append(store, message('a', { device: 'laptop' })), { outcome: 'stored', seq: 1 });
    assert.equal((await store.inspect('alice')).last, 0);
    assert.deepEqual(await append(store, message('b', { device: 'listen' })), {
      outcome: 'stored',
      seq: 2,
      copied: true,
    });
    await append(store, { ...message('c', { device: 'listen' }), to: 'alice' });
    await append(store, { ...message('d'), restored: { by: 'root', at: 9 } });
    const own = await store.read('alice', 0, EVERYTHING);
    assert.deepEqual(
      own.map(({ id, to }) => [id, to]),
      [
        ['b', 'bob'],
        ['c', undefined],
      ],
      'a message to oneself is there already, and a restored one was not sent now',
    );
  });

  rule('a device may change whether it wants copies', async (step, store) => {
    await store.claim('alice', { copies: true });
    const next = await step();
    await next.claim('alice');
    assert.equal((await append(next, message('a'))).outcome, 'stored');
    assert.equal((await next.inspect('alice')).last, 0);
    const last = await step();
    await last.claim('alice', { copies: true });
    await append(last, message('b'));
    assert.equal((await last.inspect('alice')).last, 1);
  });

  rule(
    "a copy behind an undelivered message is passed with it, is nobody's quota, and cannot be purged",
    async (step, store) => {
      await store.claim('alice', { device: 'laptop', copies: true });
      const desktop = await store.claim('alice', { device: 'desktop', copies: true });
      await append(store, { ...message('x', { from: 'bob' }), to: 'alice' });
      for (const id of ['a', 'b']) await append(store, message(id, { device: 'laptop' }));
      const next = await step();
      const waiting = await next.inspect('alice');
      assert.deepEqual([waiting.delivered, waiting.last, waiting.purged], [0, 3, 2]);
      assert.deepEqual((await next.purge('alice', [2, 3], 9)).outcomes, ['delivered', 'delivered']);
      const claim = await next.claim('alice', { device: 'desktop', copies: true });
      assert.deepEqual([claim.delivered, claim.last], [0, 3]);
      const settled = await next.settle('alice', 1, claim.fence);
      assert.deepEqual(settled.outcome === 'settled' && settled.messages.map(({ id }) => id), ['x']);
      const head = await next.inspect('alice');
      assert.deepEqual([head.delivered, head.last, head.purged], [3, 3, 0]);
      assert.deepEqual(await next.settle('alice', 3, claim.fence), { outcome: 'settled', messages: [] });
      assert.deepEqual((await (await step()).claim('alice', { device: 'desktop', copies: true })).delivered, 3);
      assert.ok(desktop.fence < claim.fence);
    },
  );

  rule('concurrent messages in both directions keep their order, and their copies theirs', async (step, store) => {
    for (const user of ['alice', 'bob']) {
      await store.claim(user, { device: 'one', copies: true });
      await store.claim(user, { device: 'two', copies: true });
    }
    const ids = Array.from({ length: 20 }, (_, index) => `m${index}`);
    await Promise.all(
      ids.flatMap((id) => [
        append(store, message(`a${id}`, { device: 'one' })),
        append(store, { ...message(`b${id}`, { from: 'bob', device: 'one' }), to: 'alice' }),
      ]),
    );
    for (const user of ['alice', 'bob']) {
      const all = await (await step()).read(user, 0, EVERYTHING);
      const of = (from: string) => all.filter((one) => one.from === from).map(({ id }) => id.slice(1));
      assert.deepEqual([of('alice'), of('bob')], [ids, ids]);
      assert.deepEqual(
        all.map(({ seq }) => seq),
        all.map((_, index) => index + 1),
      );
    }
  });

  rule(
    'copies are kept as delivered messages are',
    async (step, store) => {
      await store.claim('alice', { device: 'laptop', copies: true });
      for (const id of ['a', 'b', 'c']) await append(store, message(id));
      const laptop = await (await step()).claim('alice', { device: 'laptop', copies: true });
      assert.deepEqual([laptop.delivered, laptop.missed, laptop.last], [1, 1, 3]);
    },
    { keptDelivered: 2 },
  );

  rule('a new device that asks for it begins with what is kept, as history', async (step, store) => {
    const laptop = await store.claim('bob', { device: 'laptop', history: true });
    assert.equal(laptop.history, 0, 'there is none');
    for (const id of ['a', 'b', 'c']) await append(store, message(id));
    await store.settle('bob', 2, laptop.fence);
    const next = await step();
    const desktop = await next.claim('bob', { device: 'desktop', history: true });
    assert.deepEqual([desktop.delivered, desktop.history, desktop.last], [0, 2, 3]);
    await next.settle('bob', 1, desktop.fence);
    const third = await step();
    const again = await third.claim('bob', { device: 'desktop' });
    assert.deepEqual([again.delivered, again.history], [1, 2], 'until it has it');
    await third.settle('bob', 2, again.fence);
    const fourth = await step();
    assert.equal((await fourth.claim('bob', { device: 'desktop' })).history, 0);
    assert.equal((await fourth.claim('bob', { device: 'phone' })).delivered, 2, 'only if it asks');
    const last = { epoch: laptop.epoch, seq: 2, from: 'alice', id: 'b' };
    const known = await fourth.claim('bob', { device: 'old', history: true, last });
    assert.deepEqual([known.delivered, known.history], [2, 0], 'and has nothing yet');
  });

  rule('of two machines that use one name, each gets what the other has acked', async (step, store) => {
    for (const id of ['a', 'b', 'c']) await append(store, message(id));
    const first = await store.claim('bob', { device: 'ubuntu' });
    await store.settle('bob', 2, first.fence);
    const next = await step();
    const last = (seq: number, id: string) => ({ epoch: first.epoch, seq, from: 'alice', id });
    const second = await next.claim('bob', { device: 'ubuntu', last: last(1, 'a') });
    assert.deepEqual([second.delivered, second.missed, second.history, second.isRestored], [1, 0, 2, false]);
    assert.deepEqual(await next.settle('bob', 2, second.fence), { outcome: 'settled', messages: [] });
    assert.equal((await next.settle('bob', 3, second.fence)).outcome, 'settled');
    const again = await (await step()).claim('bob', { device: 'ubuntu', last: last(2, 'b') });
    assert.deepEqual([again.delivered, again.last, again.history], [2, 3, 3]);
    const empty = await (await step()).claim('bob', { device: 'ubuntu', history: true });
    assert.deepEqual([empty.delivered, empty.history], [0, 3], 'a third one, or one that lost its state');
  });

  rule('a NUL in what clients say of themselves harms nothing', async (step, store) => {
    const epoch = 'another\0epoch';
    await append(store, message('a'));
    const { fence } = await store.claim('bob', { device: 'phone' });
    await store.noteSession('bob', fence, 'began', 5, 'agent\0 1.0');
    const outbox = 'out\0box';
    const sender = { generation: 1, outbox, fence: await store.claimOutbox('alice', outbox) };
    assert.equal((await append(store, message('b', { sender }))).outcome, 'stored');
    const next = await step();
    const last = { epoch, seq: 7, from: 'alice', id: 'x' };
    assert.ok((await next.claim('bob', { device: 'phone', last })).isRestored);
    assert.ok(!(await next.claim('bob', { device: 'desktop', last })).isRestored, 'it knows the epoch');
    const audit = { by: 'operator', at: 5, what: 'purge', done: 1, left: 0 } as const;
    await next.audit({ ...audit, run: 'r\0', filter: '\0' });
    const after = await step();
    assert.match((await after.devices('bob')).find(({ device }) => device === 'phone')?.agent ?? '', /^agent. 1\.0$/s);
    assert.deepEqual(await after.audits(), [{ ...audit, run: 'r\0', filter: '\0' }]);
  });

  rule('trails tell what happened to a message, and who still waits for it', async (step, store) => {
    const trail = (session: string, at: number) => ({ session, pushes: [[9, at]] as [number, number][] });
    for (const id of ['a', 'b', 'c', 'd']) await append(store, message(id));
    await append(store, message('c', { from: 'carol' }));
    const phone = await store.claim('bob', { device: 'phone' });
    await store.claim('bob', { device: 'desktop' });
    await store.notePushed('bob', 3, phone.fence, START + 20, trail('s1', START + 10));
    await store.purge('bob', [2], START + 30);
    const audit = { by: 'operator', what: 'replay', filter: '', done: 1, left: 0 } as const;
    await store.audit({ ...audit, at: START + 40, run: 'r1', user: 'bob', ranges: [1, 1] });
    await store.audit({ ...audit, at: START + 41, run: 'r2', user: 'carol', ranges: [1, 1] });
    const next = await step();
    const again = await next.claim('bob', { device: 'phone' });
    await next.settle('bob', 1, again.fence, trail('s2', START + 50));
    const after = await step();
    const [a, ...others] = await after.trails('bob', 'a');
    const { at } = a?.events.find(({ event }) => event === 'acked') ?? {};
    assert.ok(at !== undefined && at >= START);
    const [first, second] = [START + 10, START + 50];
    assert.deepEqual(others, []);
    assert.deepEqual(
      { ...a, events: a?.events.map(({ event }) => event).sort() },
      {
        ...{ seq: 1, id: 'a', from: 'alice', status: 'delivered', bytes: 9, behind: ['desktop'] },
        events: ['acked', 'not acked', 'pushed', 'pushed', 'replayed', 'stored'],
      },
    );
    assert.deepEqual(
      a?.events.filter(({ event }) => event === 'pushed').sort((one, other) => one.at - other.at),
      [
        { event: 'pushed', at: first, device: 'phone', session: 's1' },
        { event: 'pushed', at: second, device: 'phone', session: 's2' },
      ],
    );
    const [stored, pushed, notAcked] = [
      { event: 'stored', at: START },
      { event: 'pushed', at: first, device: 'phone', session: 's1' },
      { event: 'not acked', at: START + 20, device: 'phone', session: 's1' },
    ];
    const events = [stored, pushed, notAcked];
    assert.deepEqual(await after.trails('bob', 'b'), [
      {
        ...{ seq: 2, id: 'b', from: 'alice', status: 'purged', bytes: 9 },
        events: [...events, { event: 'purged', at: START + 30 }],
      },
    ]);
    assert.deepEqual(await after.trails('bob', 'c'), [
      { seq: 3, id: 'c', from: 'alice', status: 'undelivered', bytes: 9, events, before: 0 },
      { seq: 5, id: 'c', from: 'carol', status: 'undelivered', bytes: 9, events: [stored], before: 2 },
    ]);
    assert.deepEqual(await after.trails('bob', 'x'), []);
    assert.deepEqual(await after.trails('nobody', 'a'), []);
  });

  rule(
    'of a message that is no longer kept, trails tell that it was delivered or purged',
    async (step, store) => {
      for (const id of ['a', 'b', 'c']) await append(store, message(id));
      await store.purge('bob', [2], START);
      const { fence } = await store.claim('bob');
      await store.settle('bob', 2, fence);
      await store.settle('bob', 3, fence);
      const next = await step();
      assert.deepEqual(await next.trails('bob', 'a'), [
        { seq: 1, id: 'a', from: 'alice', status: 'delivered', events: [] },
      ]);
      assert.deepEqual(await next.trails('bob', 'b'), [
        { seq: 2, id: 'b', from: 'alice', status: 'purged', events: [] },
      ]);
      const restored = { by: 'operator', at: START + 5 };
      await append(next, message('b', { restored }));
      const after = await step();
      const [b, ...others] = await after.trails('bob', 'b');
      assert.deepEqual(
        [b?.seq, b?.status, b?.events, others.length],
        [
          ...[4, 'undelivered'],
          [
            { event: 'stored', at: START },
            { event: 'restored', ...restored },
          ],
          0,
        ],
      );
    },
    { keptDelivered: 1 },
  );

  rule(
    'a device that has confirmed what it missed is not told again, though it never got that',
    async (step, store) => {
      const { epoch } = await store.claim('bob', { device: 'laptop' });
      const phone = await store.claim('bob', { device: 'phone' });
      for (const id of ['a', 'b', 'c', 'd']) await append(store, message(id));
      await store.settle('bob', 4, phone.fence);
      const last = { epoch, seq: 1, from: 'alice', id: 'a' };
      const laptop = await (await step()).claim('bob', { device: 'laptop', last });
      assert.deepEqual([laptop.delivered, laptop.missed], [2, 2]);
      const next = await step();
      await next.settle('bob', 2, (await next.claim('bob', { device: 'laptop', last })).fence);
      const again = await next.claim('bob', { device: 'laptop', last });
      assert.deepEqual([again.delivered, again.missed], [2, 0]);
    },
    { keptDelivered: 2 },
  );
}

/** When the messages of the tests are sent. */
const START = message('').at;

const usersOf = (heads: readonly ListedMailbox[]): readonly string[] => heads.map(({ user }) => user);
