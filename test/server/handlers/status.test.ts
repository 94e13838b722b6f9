/** `status`: tells a sender the state of its own earlier messages (R17). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import { status } from '../../../src/server/handlers/status.js';
import type { MessageStatus } from '../../../src/store/store.js';
import { ports, revokedPorts, sessionOf } from './ports.js';

const ask = (...ids: string[]) => ({ type: 'status', to: 'bob', ids }) as const;

test('each id is answered with what is true of it: stored, delivered, unknown', async () => {
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
  const outcome = await status(ask('m1', 'm2', 'm3'), sessionOf(), ports({ store }));
  assert.deepEqual(asked, [['bob', 'alice', ['m1', 'm2', 'm3']]], 'only the sender’s own messages');
  assert.deepEqual(outcome, {
    replies: [
      { type: 'stored', ids: ['m1', 'm3'] },
      { type: 'delivered', to: 'bob', ids: ['m1'] },
      errorFrame('unknown-id', { id: 'm2', to: 'bob' }),
    ],
  });
});

test('no empty list is ever said', async () => {
  const store = { find: async (): Promise<MessageStatus[]> => [{ id: 'm1', state: 'unknown' }] };
  const outcome = await status(ask('m1'), sessionOf(), ports({ store }));
  assert.deepEqual(outcome, { replies: [errorFrame('unknown-id', { id: 'm1', to: 'bob' })] });
});

test('a session whose identity was revoked learns nothing (R7)', async () => {
  assert.deepEqual(await status(ask('m1'), sessionOf(), revokedPorts()), { close: 'revoked' });
});
