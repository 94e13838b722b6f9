/** `message`: messages to one target are checked and stored, then the sender gets answers and the target a nudge (R7 to R11). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import type { Message } from '../../../src/protocol/frames/message.js';
import { dispatchMessages } from '../../../src/server/dispatch.js';
import type { Outcome } from '../../../src/server/handler.js';
import { messages } from '../../../src/server/handlers/message.js';
import { type AppendResult, type Batch, type Store, StoreUnavailable } from '../../../src/store/store.js';
import { deferred } from '../../harness/deferred.js';
import { deps, NOW, revokedDeps, sessionOf } from './dependencies.js';

const hello: Message = { type: 'message', id: 'm1', to: 'bob', body: 'hello' };

const outcomeOf = async (appended: AppendResult): Promise<Outcome> =>
  messages({ to: 'bob', frames: [hello] }, sessionOf(), deps({ store: { append: async () => [appended] } }));

const stored = { type: 'stored', ids: ['m1'] };
const known = { type: 'stored', ids: ['m1'], duplicates: ['m1'] };
const nudgeBob = [{ user: 'bob', notice: { type: 'nudge' } }];

describe('the answer to each result of the store', () => {
  test('a stored message is answered (R11), and its target is nudged (R10)', async () => {
    assert.deepEqual(await outcomeOf({ outcome: 'stored', seq: 1 }), { replies: [stored], notices: nudgeBob });
  });

  test('of a message with a copy the devices of the sender are nudged, too', async () => {
    const outcome = await outcomeOf({ outcome: 'stored', seq: 1, copied: true });
    const nudges = [...nudgeBob, { user: 'alice', notice: { type: 'nudge' } }];
    assert.deepEqual(outcome, { replies: [stored], notices: nudges });
  });

  test('an undelivered duplicate is answered like a new message, and its target is nudged again (R8)', async () => {
    const outcome = await outcomeOf({ outcome: 'duplicate', seq: 1, delivered: false });
    assert.deepEqual(outcome, { replies: [known], notices: nudgeBob });
  });

  test('a delivered duplicate is answered with stored and delivered, and its target is not nudged (R8)', async () => {
    const outcome = await outcomeOf({ outcome: 'duplicate', seq: 1, delivered: true });
    assert.deepEqual(outcome, { replies: [known, { type: 'delivered', to: 'bob', ids: ['m1'] }] });
  });

  test('the same id with another body is refused as a conflict', async () => {
    const outcome = await outcomeOf({ outcome: 'conflict' });
    assert.deepEqual(outcome, { replies: [errorFrame('id-conflict', { id: 'm1', to: 'bob' })] });
  });

  test('a message for a full mailbox is refused, and may be retried', async () => {
    const outcome = await outcomeOf({ outcome: 'full' });
    assert.deepEqual(outcome, { replies: [errorFrame('mailbox-full', { id: 'm1', to: 'bob' })] });
    assert.equal(errorFrame('mailbox-full').retry, true);
  });
});

/** Stores everything. */
const storeThat = (appended: Batch[]): Pick<Store, 'append'> => ({
  append: async (batch) => {
    appended.push(batch);
    return batch.messages.map((_, index) => ({ outcome: 'stored', seq: index + 1 }));
  },
});

describe('messages of one turn', () => {
  const helloOf = (...ids: readonly string[]): Message[] => ids.map((id) => ({ ...hello, id }));

  test('they are one batch, are answered with one frame, and their target is nudged once', async () => {
    const appended: Batch[] = [];
    const outcome = await messages(
      { to: 'bob', frames: helloOf('a', 'b', 'c') },
      sessionOf(),
      deps({ store: storeThat(appended) }),
    );
    assert.deepEqual(outcome, { replies: [{ type: 'stored', ids: ['a', 'b', 'c'] }], notices: nudgeBob });
    assert.equal(appended.length, 1);
  });

  test('each has its own result, and they are answered in their order', async () => {
    const results: AppendResult[] = [
      { outcome: 'stored', seq: 3 },
      { outcome: 'duplicate', seq: 1, delivered: true },
      { outcome: 'conflict' },
      { outcome: 'stored', seq: 4, copied: true },
      { outcome: 'full' },
      { outcome: 'unavailable', error: new StoreUnavailable('disk full') },
    ];
    const frames = helloOf('a', 'b', 'c', 'd', 'e', 'f');
    assert.deepEqual(
      await messages({ to: 'bob', frames: frames }, sessionOf(), deps({ store: { append: async () => results } })),
      {
        replies: [
          { type: 'stored', ids: ['a', 'b'], duplicates: ['b'] },
          { type: 'delivered', to: 'bob', ids: ['b'] },
          errorFrame('id-conflict', { id: 'c', to: 'bob' }),
          { type: 'stored', ids: ['d'] },
          errorFrame('mailbox-full', { id: 'e', to: 'bob' }),
          errorFrame('unavailable', { id: 'f', to: 'bob' }),
        ],
        notices: [...nudgeBob, { user: 'alice', notice: { type: 'nudge' } }],
      },
    );
  });

  test('a forged one among them is refused, the others are stored (R7)', async () => {
    const appended: Batch[] = [];
    const [first, second, third] = helloOf('a', 'b', 'c') as [Message, Message, Message];
    const frames = [first, { ...second, from: 'bob' }, third];
    const { replies } = await messages(
      { to: 'bob', frames: frames },
      sessionOf(),
      deps({ store: storeThat(appended) }),
    );
    assert.deepEqual(replies, [
      { type: 'stored', ids: ['a'] },
      errorFrame('forged-sender', { id: 'b', to: 'bob' }),
      { type: 'stored', ids: ['c'] },
    ]);
    assert.deepEqual(
      appended.map((batch) => batch.messages.map(({ id }) => id)),
      [['a', 'c']],
    );
  });

  test('after the sender was blocked, those that are stored already are answered as then, the others are refused', async () => {
    const store: Partial<Store> = {
      find: async (_to, _from, ids) => ids.map((id) => ({ id, state: id === 'b' ? 'stored' : 'unknown' })),
      append: async (batch) => batch.messages.map(() => ({ outcome: 'duplicate', seq: 1, delivered: false })),
    };
    const accounts = { maySend: () => false };
    const { replies } = await messages(
      { to: 'bob', frames: helloOf('a', 'b', 'c') },
      sessionOf(),
      deps({ accounts, store }),
    );
    assert.deepEqual(replies, [
      errorFrame('blocked', { id: 'a', to: 'bob' }),
      { type: 'stored', ids: ['b'], duplicates: ['b'] },
      errorFrame('blocked', { id: 'c', to: 'bob' }),
    ]);
  });
});

describe('what is passed to the store', () => {
  test('further fields of a frame are ignored, whatever their names (R2)', async () => {
    const appended: Batch[] = [];
    const hostile = { ...hello, at: 1, seq: 7, isPlain: true, restored: { by: 'x', at: 1 }, device: 'x' } as Message;
    await messages({ to: 'bob', frames: [hostile] }, sessionOf(), deps({ store: storeThat(appended) }));
    const sender = { generation: 1, fence: 3 };
    const expected = {
      ...{ to: 'bob', from: 'alice', at: NOW, sender, device: 'main' },
      messages: [{ id: 'm1', body: 'hello' }],
    };
    assert.deepEqual(appended, [expected]);
  });

  test('a message is stored with the user of the session as its sender, whether `from` is given or not (R7)', async () => {
    const appended: Batch[] = [];
    const store = storeThat(appended);
    await messages({ to: 'bob', frames: [hello] }, sessionOf(), deps({ store }));
    await messages({ to: 'bob', frames: [{ ...hello, from: 'alice' }] }, sessionOf({ mode: 'send' }), deps({ store }));
    const sender = { generation: 1, fence: 3 };
    const expected = { to: 'bob', from: 'alice', at: NOW, sender, messages: [{ id: 'm1', body: 'hello' }] };
    assert.deepEqual(appended, [{ ...expected, device: 'main' }, expected]);
  });

  test('a message with a forged sender does not reach the store (R7)', async () => {
    const outcome = await messages({ to: 'bob', frames: [{ ...hello, from: 'bob' }] }, sessionOf(), deps());
    assert.deepEqual(outcome, { replies: [errorFrame('forged-sender', { id: 'm1', to: 'bob' })] });
  });

  test('a message for an unknown user does not reach the store', async () => {
    const outcome = await messages({ to: 'nobody', frames: [{ ...hello, to: 'nobody' }] }, sessionOf(), deps());
    assert.deepEqual(outcome, { replies: [errorFrame('unknown-user', { id: 'm1', to: 'nobody' })] });
  });

  test('a message of a sender who may not write to its target does not reach the store', async () => {
    const asked: unknown[] = [];
    const accounts = {
      maySend(from: string, to: string) {
        asked.push([from, to]);
        return false;
      },
    };
    const store: Partial<Store> = { find: async (_to, _from, [id = '']) => [{ id, state: 'unknown' }] };
    const outcome = await messages({ to: 'bob', frames: [hello] }, sessionOf(), deps({ accounts, store }));
    assert.deepEqual(outcome, { replies: [errorFrame('blocked', { id: 'm1', to: 'bob' })] });
    assert.deepEqual(asked, [['alice', 'bob']]);
    assert.equal(errorFrame('blocked').retry, false);
  });

  test('a message that was stored before its sender was blocked is answered as then (R8)', async () => {
    const accounts = { maySend: () => false };
    for (const state of ['stored', 'delivered', 'purged'] as const) {
      const store: Partial<Store> = {
        find: async (_to, _from, [id = '']) => [{ id, state }],
        append: async () => [
          state === 'purged' ? { outcome: state } : { outcome: 'duplicate', seq: 1, delivered: false },
        ],
      };
      const { replies } = await messages({ to: 'bob', frames: [hello] }, sessionOf(), deps({ accounts, store }));
      assert.deepEqual(replies, state === 'purged' ? [errorFrame('purged', { id: 'm1', to: 'bob' })] : [known]);
    }
  });

  test('a message of a revoked session does not reach the store (R7)', async () => {
    assert.deepEqual(
      await dispatchMessages({ to: 'bob', frames: [hello], bytes: 0, isPlain: true }, sessionOf(), revokedDeps()),
      { close: 'revoked' },
    );
  });
});

describe('no answer before the message is durable (R9, R14)', () => {
  test('there is no outcome while the store is still writing', async () => {
    const { promise, resolve } = deferred<readonly AppendResult[]>();
    let isAnswered = false;
    const outcome = Promise.resolve(
      messages({ to: 'bob', frames: [hello] }, sessionOf(), deps({ store: { append: () => promise } })),
    );
    void outcome.then(() => {
      isAnswered = true;
    });
    await new Promise(setImmediate);
    assert.equal(isAnswered, false);
    resolve([{ outcome: 'stored', seq: 1 }]);
    assert.deepEqual((await outcome).replies, [stored]);
  });

  test('there is no outcome when the store cannot write', async () => {
    const store = { append: () => Promise.reject(new StoreUnavailable('disk full')) };
    await assert.rejects(
      async () => messages({ to: 'bob', frames: [hello] }, sessionOf(), deps({ store })),
      StoreUnavailable,
    );
  });
});
