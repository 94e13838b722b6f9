/** SavedAccounts and credentials. `file-accounts.test.ts` runs the contract on files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccountTable, matchToken, setTokens, type TokenRecord } from '../../src/accounts/account-table.js';
import { AccountsUnavailable } from '../../src/accounts/accounts.js';
import { createToken, hashToken, isToken, isTokenHash } from '../../src/accounts/credentials.js';
import { TOKEN_USES } from '../../src/accounts/limits.js';
import { type SaveChange, SavedAccounts } from '../../src/accounts/saved-accounts.js';
import { type Log, silentLog } from '../../src/io/log.js';
import { accountsContract } from '../contract/accounts.js';
import { deferred } from '../harness/deferred.js';
import { EMPTY_ACCOUNT_TABLE, memoryAccounts, tokenOf } from '../harness/memory-accounts.js';

accountsContract('in memory', async () => memoryAccounts());

test('a token is 256 random bits with a prefix, and no two are equal', () => {
  const tokens = new Set(Array.from({ length: 1_000 }, createToken));
  assert.equal(tokens.size, 1_000);
  for (const token of tokens) assert.match(token, /^im_[A-Za-z0-9_-]{43}$/);
  assert.ok(isToken(createToken()));
  assert.ok(!isToken(`${createToken()} `));
});

test('a token is found by its own hash only, and among no hashes there is none', () => {
  const token = createToken();
  const hash = hashToken(token);
  assert.ok(isTokenHash(hash));
  assert.ok(!hash.includes(token.slice(3)));
  const own = { name: 'own', at: 1, generation: 4, hash };
  const others = [1, 2, 3].map((generation) => ({ ...own, generation, hash: hashToken(createToken()) }));
  const found = (given: string, tokens: readonly TokenRecord[]) =>
    matchToken({ user: 'alice', role: 'user', at: 1, tokens }, hashToken(given));
  for (const tokens of [
    [...others, own],
    [own, ...others],
  ]) {
    assert.deepEqual(found(token, tokens), { token: own, identity: { user: 'alice', role: 'user', generation: 4 } });
    for (const wrong of [createToken(), '', hash]) assert.equal(found(wrong, tokens), undefined);
  }
  assert.equal(found(token, []), undefined);
  assert.equal(matchToken(undefined, hash), undefined);
});

test('a change that cannot be saved has no effect, and a later one succeeds', async () => {
  let isFull = true;
  const accounts = new SavedAccounts(EMPTY_ACCOUNT_TABLE, async () => {
    if (isFull) throw new Error('no space');
  });
  await assert.rejects(accounts.add(['alice'], 'user', 1), /no space/);
  assert.ok(!accounts.mayExist('alice'));
  isFull = false;
  await accounts.add(['alice'], 'user', 2);
  assert.deepEqual(await accounts.list('', 9), [{ user: 'alice', role: 'user', at: 2 }]);
});

test('a change takes effect only when it is saved', async () => {
  const saves: (() => void)[] = [];
  const accounts = new SavedAccounts(EMPTY_ACCOUNT_TABLE, () => new Promise((resolve) => saves.push(resolve)));
  const adding = accounts.add(['alice'], 'user', 1);
  await Promise.resolve();
  assert.equal(saves.length, 1);
  assert.ok(!accounts.mayExist('alice'));
  saves[0]?.();
  await adding;
  assert.ok(accounts.mayExist('alice'));
});

test('concurrent changes run one after the other, each on the result of the one before', async () => {
  const accounts = memoryAccounts();
  const outcomes = await Promise.allSettled([
    accounts.add(['alice'], 'user', 1),
    accounts.add(['alice'], 'user', 2),
    accounts.add(['bob'], 'user', 3),
    accounts.remove(['alice']),
    accounts.rotate(['alice'], 4),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'rejected'],
  );
  assert.deepEqual(await accounts.list('', 9), [{ user: 'bob', role: 'user', at: 3 }]);
});

const DAY = TOKEN_USES.savedEveryMs;
const HOUR = TOKEN_USES.triedEveryMs;

/** Accounts of alice and bob, with each table that was saved. */
function countingSaves() {
  const saved: AccountTable[] = [];
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (event) => void warnings.push(event) };
  const disk = { isFull: false };
  const { table } = setTokens(
    EMPTY_ACCOUNT_TABLE,
    ['alice', 'bob'].map((user) => ({ user, role: 'user' as const, at: 0, token: tokenOf(user) })),
    0,
  );
  const save: SaveChange = async (change) => {
    if (disk.isFull) throw new AccountsUnavailable('no space');
    saved.push(change.table);
  };
  const accounts = new SavedAccounts(table, save, log);
  const login = async (user: string, at: number): Promise<void> => {
    assert.ok(await accounts.verify(user, tokenOf(user), at));
    await assert.rejects(accounts.revokeToken(user, 'none'), { reason: 'token' }); // waits its turn behind a save
  };
  const usedAt = async (user: string) => (await accounts.tokens(user))[0]?.usedAt;
  const savedUse = (user: string) => saved.at(-1)?.accounts.get(user)?.tokens[0]?.usedAt;
  return { accounts, saved, disk, warnings, login, usedAt, savedUse };
}

test('the last use of a token is known at once, and saved once a day, for all tokens not more than once an hour', async () => {
  const { saved, login, usedAt, savedUse } = countingSaves();
  assert.equal(await usedAt('alice'), undefined);
  await login('alice', 2 * DAY);
  assert.deepEqual([saved.length, savedUse('alice'), await usedAt('alice')], [1, 2 * DAY, 2 * DAY]);
  await login('bob', 2 * DAY + 1);
  for (let at = 2 * DAY + HOUR; at < 3 * DAY; at += HOUR) await login('alice', at);
  assert.equal(saved.length, 1, 'alice’s is not a day old, bob’s came within the hour');
  assert.equal(await usedAt('alice'), 3 * DAY - HOUR);
  assert.equal(await usedAt('bob'), 2 * DAY + 1);
  await login('bob', 3 * DAY - HOUR);
  assert.deepEqual([saved.length, savedUse('bob'), savedUse('alice')], [2, 3 * DAY - HOUR, 3 * DAY - HOUR]);
});

test('a full disk keeps nobody out: the last use is tried again an hour later, and is written with the next change', async () => {
  const { accounts, saved, disk, warnings, login, usedAt, savedUse } = countingSaves();
  disk.isFull = true;
  for (let at = 2 * DAY; at < 2 * DAY + HOUR; at += HOUR / 10) await login('alice', at);
  assert.deepEqual(warnings, ['last use of tokens not saved']);
  assert.equal(await usedAt('alice'), 2 * DAY + 0.9 * HOUR);
  disk.isFull = false;
  await accounts.addToken('bob', 'phone', 1);
  assert.deepEqual([saved.length, savedUse('alice')], [1, 2 * DAY + 0.9 * HOUR]);
  await accounts.saveUses();
  assert.equal(saved.length, 1, 'nothing is left to save');
  await login('alice', 2 * DAY + HOUR);
  await accounts.saveUses();
  assert.deepEqual([saved.length, savedUse('alice')], [2, 2 * DAY + HOUR]);
});

test('a use that is being saved is known meanwhile', async () => {
  const { promise, resolve } = deferred<void>();
  const accounts = new SavedAccounts(tableOf('alice'), () => promise);
  await accounts.verify('alice', tokenOf('alice'), 2 * DAY);
  assert.equal((await accounts.tokens('alice'))[0]?.usedAt, 2 * DAY);
  await Promise.resolve(); // Its turn among the changes.
  assert.equal((await accounts.tokens('alice'))[0]?.usedAt, 2 * DAY);
  resolve();
  await accounts.saveUses();
  assert.equal((await accounts.tokens('alice'))[0]?.usedAt, 2 * DAY);
});

test('a wrong token is no use, nor is a check without a time', async () => {
  const { accounts, usedAt } = countingSaves();
  await accounts.verify('alice', 'wrong', 2 * DAY);
  await accounts.verify('alice', tokenOf('alice'));
  assert.equal(await usedAt('alice'), undefined);
});

const tableOf = (...users: readonly string[]) =>
  setTokens(
    EMPTY_ACCOUNT_TABLE,
    users.map((user) => ({ user, role: 'user' as const, at: 0, token: tokenOf(user) })),
    0,
  ).table;

test('changes of senders that wait share a save, and one that is refused does not touch the others', async () => {
  const saves: (() => void)[] = [];
  const accounts = new SavedAccounts(
    tableOf('alice', 'bob', 'carol'),
    () => new Promise((resolve) => saves.push(resolve)),
  );
  const rotating = accounts.rotate(['carol'], 1);
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
    [await accounts.senders('alice'), await accounts.senders('bob')],
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
