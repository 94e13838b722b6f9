/** `account`: an operator asks for, or changes, who may log in. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AccountError, type AccountInfo, type Accounts } from '../../../src/accounts/accounts.js';
import type { Account } from '../../../src/protocol/frames/account.js';
import { account } from '../../../src/server/handlers/account.js';
import { NOW, ports, revokedPorts, sessionOf } from './ports.js';

const operator = sessionOf({ mode: 'operate', role: 'operator' });
const request = (action: Account['action'], rest: Partial<Account> = {}): Account => ({
  type: 'account',
  id: 'r1',
  action,
  ...rest,
});
const handle = (frame: Account, accounts: Partial<Accounts>) => account(frame, operator, ports({ accounts }));

const carol: AccountInfo = { user: 'carol', role: 'user', at: NOW };
const issued = { ...carol, token: 'secret' };

describe('each action', () => {
  test('add: new users, of the role asked for, at the server’s time', async () => {
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

  test('rotate: new tokens', async () => {
    assert.deepEqual(await handle(request('rotate', { users: ['carol'] }), { rotate: async () => [issued] }), {
      replies: [{ type: 'account', id: 'r1', users: [issued] }],
    });
  });

  test('remove: nobody is left to tell of', async () => {
    const removed: (readonly string[])[] = [];
    const remove: Accounts['remove'] = async (users) => {
      removed.push(users);
    };
    assert.deepEqual(await handle(request('remove', { users: ['carol'] }), { remove }), {
      replies: [{ type: 'account', id: 'r1', users: [] }],
    });
    assert.deepEqual(removed, [['carol']]);
  });

  test('list: everybody by name, at most 1,000 at a time, from where the last page ended', async () => {
    const everybody = Array.from({ length: 1_001 }, (_, index) => ({
      ...carol,
      user: `user${String(index).padStart(4, '0')}`,
    }));
    const list = () => everybody;
    const first = await handle(request('list'), { list });
    const rest = await handle(request('list', { after: 'user0999' }), { list });
    assert.deepEqual(first.replies, [{ type: 'account', id: 'r1', users: everybody.slice(0, 1_000) }]);
    assert.deepEqual(rest.replies, [{ type: 'account', id: 'r1', users: everybody.slice(1_000) }]);
  });
});

describe('what is refused', () => {
  const refusalOf = async (frame: Account, accounts: Partial<Accounts>) => (await handle(frame, accounts)).replies?.[0];

  for (const action of ['add', 'rotate', 'remove'] as const) {
    test(`${action} of nobody`, async () => {
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
    test(`${reason}: ${code}, naming who, in words that say which`, async () => {
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

  test('an operator whose identity was revoked (R7)', async () => {
    assert.deepEqual(await account(request('list'), operator, revokedPorts()), { close: 'revoked' });
  });

  test('a failure that is nobody’s fault is not made into an answer', async () => {
    const add = () => Promise.reject(new Error('disk'));
    await assert.rejects(async () => handle(request('add', { users: ['carol'] }), { add }), /disk/);
  });
});
