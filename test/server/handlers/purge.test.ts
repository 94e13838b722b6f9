/** `purge`: an operator deletes undelivered messages, and their senders are notified. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dispatch } from '../../../src/server/dispatch.js';
import { purge } from '../../../src/server/handlers/purge.js';
import type { Store } from '../../../src/store/store.js';
import { deps, NOW, revokedDeps, sessionOf } from './dependencies.js';

const operator = sessionOf({ mode: 'operate', role: 'operator' });
const request = { type: 'purge', id: 'q1', user: 'bob', seqs: [1, 2, 3] } as const;

test('purge answers with each result, and notifies each sender of its own messages (R17)', async () => {
  const asked: unknown[] = [];
  const store: Partial<Store> = {
    async purge(...given) {
      asked.push(given);
      const messages = [
        { seq: 1, from: 'alice', id: 'm1' },
        { seq: 2, from: 'carol', id: 'm2' },
        { seq: 3, from: 'alice', id: 'm3' },
      ];
      return { outcomes: ['purged', 'purged', 'purged'], messages };
    },
  };
  assert.deepEqual(await purge(request, operator, deps({ store })), {
    replies: [{ type: 'purge', id: 'q1', outcomes: ['purged', 'purged', 'purged'] }],
    notices: [
      { user: 'alice', notice: { type: 'purged', to: 'bob', ids: ['m1', 'm3'] } },
      { user: 'carol', notice: { type: 'purged', to: 'bob', ids: ['m2'] } },
    ],
  });
  assert.deepEqual(asked, [['bob', [1, 2, 3], NOW]]);
});

test('purge of a revoked operator deletes nothing (R7)', async () => {
  assert.deepEqual(await dispatch(request, operator, revokedDeps()), { close: 'revoked' });
});
