/** `account`: an operator lists or changes the accounts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AccountError, type AccountInfo, type Accounts } from '../../../src/accounts/accounts.js';
import type { Account } from '../../../src/protocol/frames/account.js';
import { WIRE } from '../../../src/protocol/limits.js';
import { dispatch } from '../../../src/server/dispatch.js';
import { account } from '../../../src/server/handlers/account.js';
import { deps, NOW, revokedDeps, sessionOf } from './dependencies.js';

const operator = sessionOf({ mode: 'operate', role: 'operator' });
const request = (action: Account['action'], rest: Partial<Account> = {}): Account => ({
  type: 'account',
  id: 'r1',
  action,
  ...rest,
});
const handle = (frame: Account, accounts: Partial<Accounts>) => account(frame, operator, deps({ accounts }));

const carol: AccountInfo = { user: 'carol', role: 'user', at: NOW };
const issued = { ...carol, token: 'secret' };

describe('the actions of account', () => {
  test('account add creates users with the given role, at the server’s time', async () => {
    const asked: unknown[] = [];
    const add: Accounts['add'] = async (...given) => {
      asked.push(given);
      return [issued];
    };
    assert.deepEqual(await handle(request('add', { users: ['carol'] }), { add }), {
      replies: [{ type: 'account', id: 'r1', users: [issued] }],
    });
    await handle(request('add', { users: ['dave'], role: 'operator' }), { add });
    assert.deepEqual(asked, [
      [['carol'], 'user', NOW],
      [['dave'], 'operator', NOW],
    ]);
  });

  test('account rotate returns new tokens', async () => {
    assert.deepEqual(await handle(request('rotate', { users: ['carol'] }), { rotate: async () => [issued] }), {
      replies: [{ type: 'account', id: 'r1', users: [issued] }],
    });
  });

  test('account remove answers with no users', async () => {
    const removed: (readonly string[])[] = [];
    const remove: Accounts['remove'] = async (users) => {
      removed.push(users);
    };
    assert.deepEqual(await handle(request('remove', { users: ['carol'] }), { remove }), {
      replies: [{ type: 'account', id: 'r1', users: [] }],
    });
    assert.deepEqual(removed, [['carol']]);
  });

  test('account list returns pages of users by name, each after the last name of the page before', async () => {
    const everybody = Array.from({ length: WIRE.maxUsersPerFrame + 1 }, (_, index) => ({
      ...carol,
      user: `user${String(index).padStart(4, '0')}`,
    }));
    const list = () => everybody;
    const first = await handle(request('list'), { list });
    const rest = await handle(request('list', { after: everybody[WIRE.maxUsersPerFrame - 1]?.user ?? '' }), { list });
    assert.deepEqual(first.replies, [{ type: 'account', id: 'r1', users: everybody.slice(0, WIRE.maxUsersPerFrame) }]);
    assert.deepEqual(rest.replies, [{ type: 'account', id: 'r1', users: everybody.slice(WIRE.maxUsersPerFrame) }]);
  });
});

describe('account requests that are refused', () => {
  const refusalOf = async (frame: Account, accounts: Partial<Accounts>) => (await handle(frame, accounts)).replies?.[0];

  for (const action of ['add', 'rotate', 'remove'] as const) {
    test(`account ${action} without users is invalid`, async () => {
      const refusal = await refusalOf(request(action), {});
      assert.deepEqual(
        { ...refusal, message: '' },
        { type: 'error', code: 'invalid', retry: false, message: '', id: 'r1', field: 'users' },
      );
    });
  }

  for (const [reason, code] of [
    ['exists', 'invalid'],
    ['unknown', 'unknown-user'],
  ] as const) {
    test(`AccountError ${reason} is answered with ${code}, the user and a message`, async () => {
      const add = () => Promise.reject(new AccountError(reason, 'carol'));
      const refusal = await refusalOf(request('add', { users: ['carol'] }), { add });
      assert.deepEqual(refusal, {
        type: 'error',
        code,
        message: new AccountError(reason, 'carol').message,
        retry: false,
        id: 'r1',
        to: 'carol',
        field: 'users',
      });
    });
  }

  test('account of a revoked operator closes the session (R7)', async () => {
    assert.deepEqual(await dispatch(request('list'), operator, revokedDeps()), { close: 'revoked' });
  });

  test('an unexpected error of the accounts is not turned into an answer', async () => {
    const add = () => Promise.reject(new Error('disk'));
    await assert.rejects(async () => handle(request('add', { users: ['carol'] }), { add }), /disk/);
  });
});
