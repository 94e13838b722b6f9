/** `message`: check, store, then answer the sender and nudge the target (R7 to R11). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import type { Message } from '../../../src/protocol/frames/message.js';
import type { Outcome } from '../../../src/server/handler-outcome.js';
import { message } from '../../../src/server/handlers/message.js';
import { type AppendResult, type NewMessage, StoreUnavailable } from '../../../src/store/store.js';
import { deferred } from '../../harness/deferred.js';
import { NOW, ports, revokedPorts, sessionOf } from './ports.js';

const hello: Message = { type: 'message', id: 'm1', to: 'bob', body: 'hello' };

const outcomeOf = async (appended: AppendResult): Promise<Outcome> =>
  message(hello, sessionOf(), ports({ store: { append: async () => appended } }));

const stored = { type: 'stored', ids: ['m1'] };
const known = { type: 'stored', ids: ['m1'], duplicates: ['m1'] };
const nudgeBob = [{ user: 'bob', notice: { type: 'nudge' } }];

describe('what the store decided', () => {
  test('stored: the sender is answered (R11), the target nudged (R10)', async () => {
    assert.deepEqual(await outcomeOf({ outcome: 'stored', seq: 1 }), { replies: [stored], notices: nudgeBob });
  });

  test('known and undelivered: answered as if it were new, and the target nudged again (R8)', async () => {
    const outcome = await outcomeOf({ outcome: 'duplicate', seq: 1, delivered: false });
    assert.deepEqual(outcome, { replies: [known], notices: nudgeBob });
  });

  test('known and delivered: the sender hears both, the target nothing (R8)', async () => {
    const outcome = await outcomeOf({ outcome: 'duplicate', seq: 1, delivered: true });
    assert.deepEqual(outcome, { replies: [known, { type: 'delivered', to: 'bob', ids: ['m1'] }] });
  });

  test('the same id with another body: refused', async () => {
    const outcome = await outcomeOf({ outcome: 'conflict' });
    assert.deepEqual(outcome, { replies: [errorFrame('id-conflict', { id: 'm1', to: 'bob' })] });
  });

  test('no room in the mailbox: refused, may be tried later', async () => {
    const outcome = await outcomeOf({ outcome: 'full' });
    assert.deepEqual(outcome, { replies: [errorFrame('mailbox-full', { id: 'm1', to: 'bob' })] });
    assert.equal(errorFrame('mailbox-full').retry, true);
  });
});

describe('what reaches the store', () => {
  test('the message with the session’s user as its sender, whether from is given or not (R7)', async () => {
    const appended: NewMessage[] = [];
    const store = {
      append: async (given: NewMessage): Promise<AppendResult> => {
        appended.push(given);
        return { outcome: 'stored', seq: 1 };
      },
    };
    await message(hello, sessionOf(), ports({ store }));
    await message({ ...hello, from: 'alice' }, sessionOf({ mode: 'send' }), ports({ store }));
    const expected = { to: 'bob', from: 'alice', id: 'm1', body: 'hello', at: NOW };
    assert.deepEqual(appended, [expected, expected]);
  });

  test('nothing with a forged sender (R7)', async () => {
    const outcome = await message({ ...hello, from: 'bob' }, sessionOf(), ports());
    assert.deepEqual(outcome, { replies: [errorFrame('forged-sender', { id: 'm1', to: 'bob' })] });
  });

  test('nothing for a user who does not exist', async () => {
    const outcome = await message({ ...hello, to: 'nobody' }, sessionOf(), ports());
    assert.deepEqual(outcome, { replies: [errorFrame('unknown-user', { id: 'm1', to: 'nobody' })] });
  });

  test('nothing of a session whose identity was revoked, whatever it says (R7)', async () => {
    assert.deepEqual(await message({ ...hello, from: 'bob' }, sessionOf(), revokedPorts()), { close: 'revoked' });
  });
});

describe('nothing is said before it is durable (R9, R14)', () => {
  test('there is no outcome while the store is writing', async () => {
    const { promise, resolve } = deferred<AppendResult>();
    let isSaid = false;
    const outcome = Promise.resolve(message(hello, sessionOf(), ports({ store: { append: () => promise } })));
    void outcome.then(() => {
      isSaid = true;
    });
    await new Promise(setImmediate);
    assert.equal(isSaid, false);
    resolve({ outcome: 'stored', seq: 1 });
    assert.deepEqual((await outcome).replies, [stored]);
  });

  test('there is none at all when the store could not write', async () => {
    const store = { append: () => Promise.reject(new StoreUnavailable('disk full')) };
    await assert.rejects(async () => message(hello, sessionOf(), ports({ store })), StoreUnavailable);
  });
});
