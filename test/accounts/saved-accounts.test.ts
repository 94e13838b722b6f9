/** SavedAccounts and credentials. `file-accounts.test.ts` runs the contract on files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
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

test('memoryAccounts has predictable tokens', async () => {
  const accounts = memoryAccounts('alice', 'operator');
  assert.equal((await accounts.verify('alice', tokenOf('alice')))?.role, 'user');
  assert.equal((await accounts.verify('operator', tokenOf('operator')))?.role, 'operator');
});
