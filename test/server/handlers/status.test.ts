/** `status`: answers with the state of the sender's own earlier messages (R17). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import { dispatch } from '../../../src/server/dispatch.js';
import { status } from '../../../src/server/handlers/status.js';
import type { MessageStatus } from '../../../src/store/store.js';
import { deps, revokedDeps, sessionOf } from './dependencies.js';

const ask = (...ids: string[]) => ({ type: 'status', to: 'bob', ids }) as const;

test('status answers with the state of each id: stored, delivered, unknown', async () => {
  const asked: unknown[] = [];
  const found: MessageStatus[] = [
    { id: 'm1', state: 'delivered' },
    { id: 'm2', state: 'unknown' },
    { id: 'm3', state: 'stored' },
  ];
  const store = {
    find: async (...given: unknown[]) => {
      asked.push(given);
      return found;
    },
  };
  const outcome = await status(ask('m1', 'm2', 'm3'), sessionOf(), deps({ store }));
  assert.deepEqual(asked, [['bob', 'alice', ['m1', 'm2', 'm3']]], 'only the sender’s own messages');
  assert.deepEqual(outcome, {
    replies: [
      { type: 'stored', ids: ['m1', 'm3'], to: 'bob' },
      { type: 'delivered', to: 'bob', ids: ['m1'] },
      errorFrame('unknown-id', { id: 'm2', to: 'bob' }),
    ],
  });
});

test('status sends no frame with an empty list', async () => {
  const store = { find: async (): Promise<MessageStatus[]> => [{ id: 'm1', state: 'unknown' }] };
  const outcome = await status(ask('m1'), sessionOf(), deps({ store }));
  assert.deepEqual(outcome, { replies: [errorFrame('unknown-id', { id: 'm1', to: 'bob' })] });
});

test('status of a revoked session reveals nothing (R7)', async () => {
  assert.deepEqual(await dispatch(ask('m1'), sessionOf(), revokedDeps()), { close: 'revoked' });
});
