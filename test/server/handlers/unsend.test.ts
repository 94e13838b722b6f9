/** `unsend`: a sender takes messages back, and all sessions of the sender are notified. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dispatch } from '../../../src/server/dispatch.js';
import { unsend } from '../../../src/server/handlers/unsend.js';
import type { Store, Unsend } from '../../../src/store/store.js';
import { deps, NOW, revokedDeps, sessionOf } from './dependencies.js';

const alice = sessionOf({ mode: 'send' });
const request = { type: 'unsend', id: 'q1', to: 'bob', ids: ['m1', 'm2'] } as const;

test('unsend asks for messages of the session’s user only, and tells that user what was unsent now (R7, R17)', async () => {
  const asked: Unsend[] = [];
  const { user, generation } = alice.auth.identity;
  const store: Partial<Store> = {
    async unsend(given) {
      asked.push(given);
      return { outcomes: ['unsent', 'pushed'], messages: [{ seq: 1, from: user, id: 'm1' }] };
    },
  };
  assert.deepEqual(await unsend(request, alice, deps({ store })), {
    replies: [{ type: 'unsend', id: 'q1', outcomes: ['unsent', 'pushed'] }],
    notices: [{ user, notice: { type: 'unsent', to: 'bob', ids: ['m1'] } }],
  });
  assert.deepEqual(asked, [{ to: 'bob', from: user, ids: ['m1', 'm2'], at: NOW, generation }]);
});

test('unsend with a revoked token changes nothing (R7)', async () => {
  assert.deepEqual(await dispatch(request, alice, revokedDeps()), { close: 'revoked' });
});
