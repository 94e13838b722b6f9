/** SavedAccounts and credentials. `file-accounts.test.ts` runs the contract on files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { issueTokens } from '../../src/accounts/account-table.js';
import { createToken, hashToken, isToken, isTokenHash, matchesToken } from '../../src/accounts/credentials.js';
import { SavedAccounts } from '../../src/accounts/saved-accounts.js';
import { accountsContract } from '../contract/accounts.js';
import { EMPTY_ACCOUNT_TABLE, memoryAccounts, tokenOf } from '../harness/memory-accounts.js';

accountsContract('in memory', async () => memoryAccounts());

test('a token is 256 random bits with a prefix, and no two are equal', () => {
  const tokens = new Set(Array.from({ length: 1_000 }, createToken));
  assert.equal(tokens.size, 1_000);
  for (const token of tokens) assert.match(token, /^im_[A-Za-z0-9_-]{43}$/);
  assert.ok(isToken(createToken()));
  assert.ok(!isToken(`${createToken()} `));
});

test('a hash matches its own token only, and no hash matches no token', () => {
  const token = createToken();
  const hash = hashToken(token);
  assert.ok(isTokenHash(hash));
  assert.ok(!hash.includes(token.slice(3)));
  assert.ok(matchesToken(token, hash));
  assert.ok(!matchesToken(createToken(), hash));
  assert.ok(!matchesToken('', hash));
  assert.ok(!matchesToken(token, undefined));
});

test('a change that cannot be saved has no effect, and a later one succeeds', async () => {
  let isFull = true;
  const accounts = new SavedAccounts(EMPTY_ACCOUNT_TABLE, async () => {
    if (isFull) throw new Error('no space');
  });
  await assert.rejects(accounts.add(['alice'], 'user', 1), /no space/);
  assert.ok(!accounts.exists('alice'));
  isFull = false;
  await accounts.add(['alice'], 'user', 2);
  assert.deepEqual(accounts.list(), [{ user: 'alice', role: 'user', at: 2 }]);
});

test('a change takes effect only when it is saved', async () => {
  const saves: (() => void)[] = [];
  const accounts = new SavedAccounts(EMPTY_ACCOUNT_TABLE, () => new Promise((resolve) => saves.push(resolve)));
  const adding = accounts.add(['alice'], 'user', 1);
  await Promise.resolve();
  assert.equal(saves.length, 1);
  assert.ok(!accounts.exists('alice'));
  saves[0]?.();
  await adding;
  assert.ok(accounts.exists('alice'));
});

test('concurrent changes run one after the other, each on the result of the one before', async () => {
  const accounts = memoryAccounts();
  const outcomes = await Promise.allSettled([
    accounts.add(['alice'], 'user', 1),
    accounts.add(['alice'], 'user', 2),
    accounts.add(['bob'], 'user', 3),
    accounts.remove(['alice']),
    accounts.rotate(['alice']),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'rejected'],
  );
  assert.deepEqual(accounts.list(), [{ user: 'bob', role: 'user', at: 3 }]);
});

const tableOf = (...users: readonly string[]) =>
  issueTokens(
    EMPTY_ACCOUNT_TABLE,
    users.map((user) => ({ user, role: 'user' as const, at: 0, token: tokenOf(user) })),
  ).table;

test('changes of senders that wait share a save, and one that is refused does not touch the others', async () => {
  const saves: (() => void)[] = [];
  const accounts = new SavedAccounts(
    tableOf('alice', 'bob', 'carol'),
    () => new Promise((resolve) => saves.push(resolve)),
  );
  const rotating = accounts.rotate(['carol']);
  await Promise.resolve();
  const changing = Promise.allSettled([
    accounts.changeSenders('alice', { action: 'block', names: ['bob'] }),
    accounts.changeSenders('alice', { action: 'block', names: ['nobody'] }),
    accounts.changeSenders('bob', { action: 'block', names: ['carol'] }),
    accounts.changeSenders('alice', { action: 'unblock', names: ['bob'] }),
    accounts.changeSenders('alice', { action: 'block', names: ['carol'] }),
  ]);
  saves[0]?.();
  await rotating;
  await new Promise(setImmediate);
  assert.ok(accounts.maySend('carol', 'alice'), 'not before it is saved');
  assert.equal(saves.length, 2);
  saves[1]?.();
  const outcomes = (await changing).map(({ status }) => status === 'fulfilled');
  assert.deepEqual(outcomes, [true, false, true, true, true]);
  assert.deepEqual(
    [accounts.senders('alice'), accounts.senders('bob')],
    [{ blocked: ['carol'] }, { blocked: ['carol'] }],
  );
  await accounts.changeSenders('alice', { action: 'block', names: ['carol'] });
  assert.equal(saves.length, 2, 'what changes nothing is not saved');
});

test('changes of senders that cannot be saved have no effect, and a later one succeeds', async () => {
  let isFull = true;
  const full = new SavedAccounts(tableOf('alice', 'bob'), async () => {
    if (isFull) throw new Error('no space');
  });
  const block = { action: 'block', names: ['bob'] } as const;
  await assert.rejects(full.changeSenders('alice', block), /no space/);
  assert.ok(full.maySend('bob', 'alice'));
  isFull = false;
  await full.changeSenders('alice', block);
  assert.ok(!full.maySend('bob', 'alice'));
});

test('memoryAccounts has predictable tokens', async () => {
  const accounts = memoryAccounts('alice', 'operator');
  assert.equal((await accounts.verify('alice', tokenOf('alice')))?.role, 'user');
  assert.equal((await accounts.verify('operator', tokenOf('operator')))?.role, 'operator');
});
