/** `senders`: a user blocks others; an operator says who may write to a user. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AccountError, type Accounts, type SendersChange } from '../../../src/accounts/accounts.js';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import type { SendersRequest } from '../../../src/protocol/frames/senders.js';
import { dispatch } from '../../../src/server/dispatch.js';
import { senders } from '../../../src/server/handlers/senders.js';
import { deps, revokedDeps, sessionOf } from './dependencies.js';

const operator = sessionOf({ mode: 'operate', role: 'operator' });
const request = (rest: Omit<SendersRequest, 'type' | 'id'>): SendersRequest => ({ type: 'senders', id: 'q1', ...rest });

/** The reply, and the changes that were asked for. */
async function handle(frame: SendersRequest, session = sessionOf()) {
  const changes: (readonly [string, SendersChange])[] = [];
  const accounts: Partial<Accounts> = {
    senders: async () => ({ blocked: ['carol'] }),
    async changeSenders(user, change) {
      changes.push([user, change]);
      return { blocked: [], allowed: ['dave'] };
    },
  };
  const { replies } = await senders(frame, session, deps({ accounts }));
  return { reply: replies?.[0], changes };
}

describe('senders', () => {
  test('a user lists, blocks and unblocks in modes chat and send', async () => {
    for (const mode of ['chat', 'send'] as const) {
      const session = sessionOf({ mode });
      const listed = await handle(request({ action: 'list' }), session);
      assert.deepEqual(listed, { reply: { type: 'senders', id: 'q1', blocked: ['carol'] }, changes: [] });
      for (const action of ['block', 'unblock'] as const) {
        const { reply, changes } = await handle(request({ action, names: ['bob'] }), session);
        assert.deepEqual(reply, { type: 'senders', id: 'q1', blocked: [], allowed: ['dave'] });
        assert.deepEqual(changes, [['alice', { action, names: ['bob'] }]]);
      }
    }
  });

  test('others, and who may write at all, are for operators', async () => {
    const frames = [
      request({ action: 'list', user: 'bob' }),
      request({ action: 'block', user: 'bob', names: ['carol'] }),
      request({ action: 'allow', names: [] }),
      request({ action: 'lift', user: 'alice' }),
    ];
    for (const frame of frames) {
      const forbidden = { reply: errorFrame('forbidden', { id: 'q1' }), changes: [] };
      // The mode counts, not the role: see `devices`.
      assert.deepEqual(await handle(frame, sessionOf({ role: 'operator' })), forbidden);
      assert.equal((await handle(frame, operator)).reply?.type, 'senders');
    }
    const { changes } = await handle(request({ action: 'allow', user: 'bob', names: ['carol'] }), operator);
    assert.deepEqual(changes, [['bob', { action: 'allow', names: ['carol'] }]]);
  });

  test('a change without names is invalid: `allow` would admit nobody', async () => {
    for (const action of ['block', 'unblock', 'allow'] as const) {
      const invalid = { reply: errorFrame('invalid', { id: 'q1', field: 'names' }), changes: [] };
      assert.deepEqual(await handle(request({ action }), operator), invalid);
    }
  });

  test('an AccountError is answered with the user and its text', async () => {
    for (const [reason, code] of [
      ['unknown', 'unknown-user'],
      ['own', 'invalid'],
      ['not-blocked', 'invalid'],
      ['too-many', 'invalid'],
    ] as const) {
      const error = new AccountError(reason, 'bob');
      const changeSenders = () => Promise.reject(error);
      const frame = request({ action: 'block', names: ['bob'] });
      const { replies } = await senders(frame, sessionOf(), deps({ accounts: { changeSenders } }));
      assert.deepEqual(replies, [
        { ...errorFrame(code, { id: 'q1', to: 'bob', field: 'names' }), message: error.message },
      ]);
    }
  });

  test('a revoked session changes nothing (R7)', async () => {
    const frame = request({ action: 'block', names: ['bob'] });
    assert.deepEqual(await dispatch(frame, sessionOf(), revokedDeps()), { close: 'revoked' });
  });
});
