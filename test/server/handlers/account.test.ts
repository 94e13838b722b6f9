/** `account`: an operator lists or changes the accounts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AccountError, type AccountInfo, type Accounts } from '../../../src/accounts/accounts.js';
import type { Account } from '../../../src/protocol/frames/account.js';
import { WIRE } from '../../../src/protocol/limits.js';
import { dispatch } from '../../../src/server/dispatch.js';
import { account } from '../../../src/server/handlers/account.js';
import { type MailboxHead, type Store, StoreUnavailable } from '../../../src/store/store.js';
import { deps, NOW, revokedDeps, sessionOf } from './dependencies.js';

const operator = sessionOf({ mode: 'operate', role: 'operator' });
const request = (action: Account['action'], rest: Partial<Account> = {}): Account => ({
  type: 'account',
  id: 'r1',
  action,
  ...rest,
});
/** A user without a mailbox. */
const NO_MAILBOX: MailboxHead = { delivered: 0, last: 0, purged: 0, seenAt: 0 };
const EMPTY: Partial<Store> = { inspect: async () => NO_MAILBOX, remove: async () => [] };
const handle = (frame: Account, accounts: Partial<Accounts>, store = EMPTY) =>
  account(frame, operator, deps({ accounts, store }));

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
      notices: [],
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
      notices: [],
    });
  });

  test('account remove removes the users, then their mailboxes; the senders of undelivered messages are notified', async () => {
    const calls: string[] = [];
    const carol = { user: 'carol', role: 'user', at: 1 } as const;
    const accounts: Partial<Accounts> = {
      find: async (users) => (users.includes('carol') ? [carol] : []),
      remove: async (users) => void calls.push(`user ${users}`),
    };
    const store: Partial<Store> = {
      async remove(user) {
        calls.push(`mailbox ${user}`);
        return [
          { seq: 3, from: 'alice', id: 'a1' },
          { seq: 4, from: 'alice', id: 'a2' },
        ];
      },
    };
    assert.deepEqual(await handle(request('remove', { users: ['carol'] }), accounts, store), {
      replies: [{ type: 'account', id: 'r1', users: [{ ...carol, undelivered: 2 }] }],
      notices: [{ user: 'alice', notice: { type: 'purged', to: 'carol', ids: ['a1', 'a2'] } }],
    });
    assert.deepEqual(calls, ['user carol', 'mailbox carol']);
  });

  test('a user is removed even if the mailbox cannot be emptied now', async () => {
    const remove = async (): Promise<never> => {
      throw new StoreUnavailable('the disk is full');
    };
    const outcome = await handle(
      request('remove', { users: ['carol'] }),
      { find: async () => [], remove: async () => undefined },
      { remove },
    );
    assert.deepEqual(outcome, { replies: [{ type: 'account', id: 'r1', users: [] }], notices: [] });
  });

  test('account add empties a mailbox that an earlier user of that name left, and none of a user who exists', async () => {
    const emptied: string[] = [];
    const store: Partial<Store> = {
      inspect: async (user) => ({ ...NO_MAILBOX, last: user === 'dave' ? 0 : 9 }),
      async remove(user) {
        emptied.push(user);
        return [{ seq: 9, from: 'bob', id: 'b1' }];
      },
    };
    const users = ['carol', 'dave', 'alice'];
    const outcome = await handle(request('add', { users }), { add: async () => [issued] }, store);
    assert.deepEqual(outcome, {
      replies: [{ type: 'account', id: 'r1', users: [issued] }],
      notices: [{ user: 'bob', notice: { type: 'purged', to: 'carol', ids: ['b1'] } }],
    });
    assert.deepEqual(emptied, ['carol']);
  });

  test('account list returns pages of users by name, each after the last name of the page before', async () => {
    const everybody = Array.from({ length: WIRE.maxUsersPerFrame + 1 }, (_, index) => ({
      ...carol,
      user: `user${String(index).padStart(4, '0')}`,
    }));
    const list: Accounts['list'] = async (after, limit) => everybody.filter(({ user }) => user > after).slice(0, limit);
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

  for (const [action, rest, field] of [
    ['list-tokens', {}, 'users'],
    ['list-tokens', { users: ['alice', 'carol'] }, 'users'],
    ['add-token', { users: ['carol'] }, 'name'],
    ['add-token', { name: 'laptop' }, 'users'],
    ['revoke-token', { users: ['carol'] }, 'name'],
    ['revoke-token', { users: ['alice', 'carol'], name: 'laptop' }, 'users'],
  ] as const) {
    test(`account ${action} with ${JSON.stringify(rest)} is invalid`, async () => {
      const refusal = await refusalOf(request(action, rest), {});
      assert.deepEqual([refusal?.type, refusal && 'field' in refusal && refusal.field], ['error', field]);
    });
  }

  test('AccountError token is answered with invalid, the user, the field name and the message', async () => {
    const addToken = () => Promise.reject(new AccountError('token', 'carol', 'carol has a token laptop already'));
    const refusal = await refusalOf(request('add-token', { users: ['carol'], name: 'laptop' }), { addToken });
    const message = 'carol has a token laptop already';
    assert.deepEqual(refusal, {
      type: 'error',
      code: 'invalid',
      retry: false,
      message,
      id: 'r1',
      to: 'carol',
      field: 'name',
    });
  });

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
