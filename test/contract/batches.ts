/** The contract of the Store port for batches: a batch has the same results as its messages one by one. Part of `describeStore`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AppendResult, Store } from '../../src/store/store.js';
import { append, batchOf, EVERYTHING, message, type SentMessage } from '../harness/append.js';
import type { OpenStore } from './store.js';

/** The results as `outcome`, or `outcome seq`. */
const short = (results: readonly AppendResult[]): string[] =>
  results.map((result) => ('seq' in result ? `${result.outcome} ${result.seq}` : result.outcome));

const idsOf = async (store: Store, user = 'bob'): Promise<string[]> =>
  (await store.read(user, 0, EVERYTHING)).map(({ id, to }) => (to === undefined ? id : `copy of ${id}`));

export function describeBatches(name: string, open: OpenStore): void {
  const rule = (
    title: string,
    run: (step: () => Promise<Store>, store: Store) => Promise<void>,
    limits: Parameters<OpenStore>[0] = {},
  ) =>
    test(`${name}: a batch: ${title}`, async () => {
      const { store, again, done } = await open(limits);
      try {
        await run(again, store);
      } finally {
        await done();
      }
    });

  rule('its messages get consecutive seqs, in order, and are there together', async (step, store) => {
    const results = await store.append(batchOf(['a', 'b', 'c'].map((id) => message(id))));
    assert.deepEqual(short(results), ['stored 1', 'stored 2', 'stored 3']);
    assert.deepEqual(await idsOf(await step()), ['a', 'b', 'c']);
  });

  rule('without messages it changes nothing', async (_, store) => {
    assert.deepEqual(await store.append({ to: 'bob', from: 'alice', at: 1, messages: [] }), []);
  });

  rule('each message has its own time, if it has one', async (step, store) => {
    const messages = [
      { id: 'a', body: 'x', at: 5 },
      { id: 'b', body: 'x' },
    ];
    await store.append({ to: 'bob', from: 'alice', at: 9, restored: { by: 'root', at: 9 }, messages });
    const read = await (await step()).read('bob', 0, EVERYTHING);
    assert.deepEqual(
      read.map(({ at }) => at),
      [5, 9],
    );
  });

  rule('which message one is about is kept, whatever the id, also of plain text and of a copy', async (step, store) => {
    await store.claim('alice', { device: 'laptop', copies: true });
    const messages = [
      { id: 'a', body: 'x', re: 'q1' },
      { id: 'b', body: 'x' },
      { id: 'c', body: '"', re: '"\\\'`~' },
    ];
    const batch = { to: 'bob', from: 'alice', at: 9, messages };
    await store.append({ ...batch, isPlain: true, device: 'laptop' });
    await store.append({ ...batch, from: 'carol', to: 'alice', device: 'main' });
    await store.append({ ...batch, messages: [{ id: 'd', body: 'x', re: 'a' }], device: 'main' });
    const next = await step();
    const about = async (user: string) => (await next.read(user, 0, EVERYTHING)).map(({ id, to, re }) => [id, to, re]);
    assert.deepEqual(await about('bob'), [
      ['a', undefined, 'q1'],
      ['b', undefined, undefined],
      ['c', undefined, messages[2]?.re],
      ['d', undefined, 'a'],
    ]);
    assert.deepEqual((await about('alice')).slice(-2), [
      ['c', undefined, messages[2]?.re],
      ['d', 'bob', 'a'],
    ]);
  });

  rule('a resend may be about another message: the first one counts (R8)', async (step, store) => {
    await append(store, message('a', { re: 'q1' }));
    for (const re of ['q2', undefined]) {
      const { re: _, ...rest } = message('a');
      const result = await append(await step(), re === undefined ? rest : { ...rest, re });
      assert.deepEqual(result, { outcome: 'duplicate', seq: 1, delivered: false });
    }
    assert.equal((await (await step()).read('bob', 0, EVERYTHING))[0]?.re, 'q1');
  });

  rule(
    'each message has its own result: known, repeated and conflicting ones besides new ones (R8)',
    async (step, store) => {
      for (const id of ['a', 'b', 'p']) await append(store, message(id));
      const { fence } = await store.claim('bob');
      await store.settle('bob', 1, fence);
      await store.purge('bob', [3], 1);
      const next = await step();
      const results = await next.append(
        batchOf([
          message('a'), // delivered before
          message('new'),
          message('b', { body: 'another' }),
          message('new'), // twice in the batch
          message('p'), // purged before
          message('new', { body: 'another' }), // a conflict within the batch
          message('b'),
          message('last'),
        ]),
      );
      assert.deepEqual(results, [
        { outcome: 'duplicate', seq: 1, delivered: true },
        { outcome: 'stored', seq: 4 },
        { outcome: 'conflict' },
        { outcome: 'duplicate', seq: 4, delivered: false },
        { outcome: 'purged' },
        { outcome: 'conflict' },
        { outcome: 'duplicate', seq: 2, delivered: false },
        { outcome: 'stored', seq: 5 },
      ]);
      assert.deepEqual(await idsOf(await step()), ['a', 'b', 'p', 'new', 'last']);
    },
  );

  rule('a resend of a message of an earlier batch in flight is a duplicate (storage 1)', async (_, store) => {
    const both = await Promise.all([
      store.append(batchOf(['a', 'b'].map((id) => message(id)))),
      store.append(batchOf(['b', 'c', 'a'].map((id) => message(id)))),
    ]);
    assert.deepEqual(both.map(short), [
      ['stored 1', 'stored 2'],
      ['duplicate 2', 'stored 3', 'duplicate 1'],
    ]);
  });

  rule(
    'the quota may end in the middle; the later ones are refused, too, and hold the sender (R16)',
    async (step, store) => {
      const { fence } = await store.claim('bob');
      const results = await store.append(batchOf(['a', 'b', 'c', 'd', 'a'].map((id) => message(id))));
      assert.deepEqual(short(results), ['stored 1', 'stored 2', 'full', 'full', 'duplicate 1']);
      await store.settle('bob', 2, fence);
      // There is room again, but `c` was refused first.
      const early = await store.append(batchOf(['d', 'e'].map((id) => message(id))));
      assert.deepEqual(short(early), ['full', 'full']);
      const inOrder = await store.append(batchOf(['c', 'd', 'e'].map((id) => message(id))));
      assert.deepEqual(short(inOrder), ['stored 3', 'stored 4', 'full']);
      assert.deepEqual(await idsOf(await step()), ['a', 'b', 'c', 'd']);
    },
    { maxUndelivered: 4 },
  );

  rule(
    'the resend of a refused message in the middle ends the hold for those after it, not for those before it (R16)',
    async (_, store) => {
      const { fence } = await store.claim('bob');
      await store.append(batchOf(['a', 'b', 'c'].map((id) => message(id))));
      await store.settle('bob', 2, fence);
      const results = await store.append(batchOf(['d', 'c', 'e'].map((id) => message(id))));
      assert.deepEqual(short(results), ['full', 'stored 3', 'stored 4']);
    },
    { maxUndelivered: 4 },
  );

  rule(
    'its bytes count one after the other, and a message that fits does not pass one that does not (R16)',
    async (_, store) => {
      const bodies = ['12', '好', '1'];
      const results = await store.append(batchOf(bodies.map((body, index) => message(`m${index}`, { body }))));
      assert.deepEqual(short(results), ['stored 1', 'full', 'full']);
      const other = await store.append(batchOf([message('x', { from: 'carol', body: '1' })]));
      assert.deepEqual(short(other), ['stored 2']);
    },
    { maxUndeliveredBytes: 8 },
  );

  rule('each new message is copied for the other devices of its sender, and no other', async (step, store) => {
    await store.claim('alice', { device: 'laptop', copies: true });
    await append(store, message('a', { device: 'laptop' }));
    const ids = ['a', 'b', 'b', 'c'];
    const results = await store.append(batchOf(ids.map((id) => message(id, { device: 'main' }))));
    assert.deepEqual(results, [
      { outcome: 'duplicate', seq: 1, delivered: false },
      { outcome: 'stored', seq: 2, copied: true },
      { outcome: 'duplicate', seq: 2, delivered: false },
      { outcome: 'stored', seq: 3, copied: true },
    ]);
    const next = await step();
    assert.deepEqual(
      [await idsOf(next), await idsOf(next, 'alice')],
      [
        ['a', 'b', 'c'],
        ['copy of b', 'copy of c'],
      ],
    );
  });

  rule(
    'copies may end in the middle, when too many wait',
    async (step, store) => {
      await store.claim('alice', { copies: true });
      await append(store, message('x', { from: 'bob', to: 'alice', body: '' })); // Copies wait behind it.
      const { fence } = await store.claim('bob');
      for (const seq of [1, 2]) {
        await append(store, message(`old ${seq}`, { body: '-'.repeat(45), device: 'laptop' }));
        await store.settle('bob', seq, fence);
      }
      const bodies = ['12345', '1234567890123456', '12345'];
      const results = await store.append(
        batchOf(bodies.map((body, index) => message(`m${index}`, { body, device: 'laptop' }))),
      );
      assert.deepEqual(
        results.map((result) => result.outcome === 'stored' && result.copied === true),
        [true, false, true],
      );
      const next = await step();
      assert.deepEqual((await idsOf(next)).slice(2), ['m0', 'm1', 'm2']);
      assert.deepEqual((await idsOf(next, 'alice')).slice(3), ['copy of m0', 'copy of m2']);
    },
    { maxUndeliveredBytes: 100 },
  );

  test(`${name}: a batch: however a stream of messages is split, the results and the mailboxes are the same`, async () => {
    const sent = fc.record({
      id: fc.nat(12),
      body: fc.constantFrom('', 'x', 'xx', '好', 'x'.repeat(12)),
      from: fc.constantFrom('alice', 'alice', 'carol'),
    });
    const stream = fc.array(fc.record({ sent, isSplit: fc.boolean(), acks: fc.constantFrom(0, 0, 0, 0, 1, 2) }), {
      maxLength: 60,
    });
    const limits = { maxUndelivered: 12, maxUndeliveredBytes: 60, keptDelivered: 3, keptIdsPerSender: 4 };
    await fc.assert(
      fc.asyncProperty(stream, async (steps) => {
        const run = async (isSplitAt: (index: number) => boolean) => {
          const { store, again, done } = await open(limits);
          try {
            const { fence, delivered } = await store.claim('bob');
            let cursor = delivered;
            const results: AppendResult[] = [];
            let batch: SentMessage[] = [];
            const flush = async (): Promise<void> => {
              if (batch.length > 0) results.push(...(await store.append(batchOf(batch))));
              batch = [];
            };
            for (const [index, step] of steps.entries()) {
              const next = message(`m${step.sent.id}`, { body: step.sent.body, from: step.sent.from });
              if (isSplitAt(index) || (batch[0] !== undefined && batch[0].from !== next.from)) await flush();
              batch.push(next);
              if (step.acks === 0) continue;
              await flush();
              const { last } = await store.inspect('bob');
              cursor = Math.min(cursor + step.acks, last);
              await store.settle('bob', cursor, fence);
            }
            await flush();
            return { results, mailbox: await (await again()).read('bob', 0, EVERYTHING) };
          } finally {
            await done();
          }
        };
        const oneByOne = await run(() => true);
        assert.deepEqual(await run((index) => steps[index]?.isSplit === true), oneByOne);
        assert.deepEqual(await run(() => false), oneByOne);
      }),
      { numRuns: 40 },
    );
  });
}
