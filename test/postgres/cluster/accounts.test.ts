/** Accounts on PostgreSQL: the contract, what the end of a lost connection means, and several servers. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type Accounts, AccountsUnavailable, OPERATOR } from '../../../src/accounts/accounts.js';
import { SenderRules } from '../../../src/accounts/sender-rules.js';
import { silentLog } from '../../../src/io/log.js';
import { initOperator, PostgresAccounts } from '../../../src/postgres/cluster/accounts.js';
import type { Database } from '../../../src/postgres/database/database.js';
import { ACCOUNT_CHANGE } from '../../../src/postgres/limits.js';
import { OutcomeUnknown, StoreUnavailable } from '../../../src/store/store.js';
import { accountsContract } from '../../contract/accounts.js';
import { sharedPostgres } from '../../harness/postgres/shared.js';
import { openDatabase } from '../rig.js';

const postgres = await sharedPostgres();
const shared = await openDatabase(await postgres.newDatabase());
after(async () => {
  await shared.close();
  await postgres.close();
});

type Told = readonly [user: string, generations: readonly number[]];

function openAccounts(database: Database = shared): { accounts: PostgresAccounts; told: Told[] } {
  const told: Told[] = [];
  const tellRevoked = (...args: Told): void => void told.push(args);
  return { accounts: new PostgresAccounts({ database, log: silentLog, tellRevoked }), told };
}

async function emptyAccounts(database?: Database): Promise<PostgresAccounts> {
  await shared.transaction(({ query }) => query({ text: 'TRUNCATE account CASCADE' }));
  return openAccounts(database).accounts;
}

/** As the store decides. */
async function maySend(accounts: Accounts, from: string, to: string): Promise<boolean> {
  return new SenderRules([{ user: to, senders: await accounts.senders(to) }]).maySend(from, to);
}

accountsContract('in PostgreSQL', emptyAccounts, maySend);

test('the operator is made once', async () => {
  const accounts = await emptyAccounts();
  const { user, token } = await initOperator(accounts, 5);
  assert.equal(user, OPERATOR);
  assert.deepEqual((await accounts.verify(OPERATOR, token))?.role, 'operator');
  await assert.rejects(initOperator(accounts, 6), { reason: 'exists', user: OPERATOR });
  assert.ok(await accounts.verify(OPERATOR, token));
});

/** A database whose connection is lost at the next commit. */
function losing(at: 'before the commit' | 'after it'): Database {
  let isLost = false;
  const transaction: Database['transaction'] = async (run) => {
    if (isLost) return shared.transaction(run);
    isLost = true;
    if (at === 'after it') await shared.transaction(run);
    else await shared.transaction((inner) => run(inner).then(() => assert.fail('rolled back'))).catch(() => undefined);
    throw new OutcomeUnknown('the connection was lost');
  };
  return {
    transaction,
    query: (...args: Parameters<Database['query']>) => shared.query(...args),
  } as unknown as Database;
}

for (const at of ['before the commit', 'after it'] as const) {
  test(`a change whose connection is lost ${at} is done once`, async () => {
    const accounts = await emptyAccounts();
    const lost = (): Accounts => openAccounts(losing(at)).accounts;
    const [alice] = await lost().add(['alice', 'bob'], 'user', 1);
    assert.ok(await accounts.verify('alice', alice?.token ?? ''));
    const laptop = await lost().addToken('alice', 'laptop', 2);
    assert.ok(await accounts.verify('alice', laptop.token));
    await lost().revokeToken('alice', 'laptop');
    assert.equal(await accounts.verify('alice', laptop.token), undefined);
    const [rotated] = await lost().rotate(['alice'], 3);
    assert.ok(await accounts.verify('alice', rotated?.token ?? ''));
    const change = { action: 'block', names: ['bob'] } as const;
    assert.deepEqual(await lost().changeSenders('alice', change), { blocked: ['bob'] });
    assert.deepEqual(await lost().changeSenders('alice', { ...change, action: 'unblock' }), { blocked: [] });
    await accounts.changeSenders('alice', { action: 'allow', names: ['bob'] });
    await lost().remove(['bob']);
    assert.deepEqual(await accounts.senders('alice'), { blocked: [], allowed: [] });
    assert.deepEqual(
      (await accounts.list('', 10)).map(({ user }) => user),
      ['alice'],
    );
  });
}

test('a change whose end stays unknown is not tried for ever', async () => {
  let tries = 0;
  const transaction = async (): Promise<never> => {
    tries++;
    throw new OutcomeUnknown('no standby answers');
  };
  const { accounts } = openAccounts({ ...losing('after it'), transaction } as unknown as Database);
  await assert.rejects(accounts.add(['alice'], 'user', 1), OutcomeUnknown);
  assert.equal(tries, ACCOUNT_CHANGE.maxTries);
});

test('without a database a change is refused, and nothing has changed', async () => {
  const transaction = async (): Promise<never> => {
    throw new StoreUnavailable('no database answers');
  };
  const { accounts } = openAccounts({ ...losing('after it'), transaction } as unknown as Database);
  await assert.rejects(accounts.add(['alice'], 'user', 1), AccountsUnavailable);
});

test('changes at the same time do not get into each other', async () => {
  const accounts = await emptyAccounts();
  const names = Array.from({ length: 20 }, (_, index) => `u${index}`);
  const issued = (await Promise.all(names.map((name) => openAccounts().accounts.add([name], 'user', 1)))).flat();
  const identities = await Promise.all(issued.map(({ user, token }) => accounts.verify(user, token)));
  assert.equal(new Set(identities.map((identity) => identity?.generation)).size, names.length);
  // Who is allowed must exist, whatever comes first.
  await Promise.all([
    accounts.remove(['u1']),
    ...names
      .slice(2)
      .map((user) =>
        accounts
          .changeSenders(user, { action: 'allow', names: ['u0', 'u1'] })
          .catch(({ reason }) => assert.equal(reason, 'unknown')),
      ),
  ]);
  for (const user of names.slice(2)) assert.ok(!(await accounts.senders(user)).allowed?.includes('u1'), user);
});

test('R7: a token that is revoked while a login asks for it is not verified', async () => {
  const { accounts: other } = openAccounts();
  await emptyAccounts();
  const [alice] = await other.add(['alice'], 'user', 1);
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const query = async (...args: Parameters<Database['query']>) => {
    const rows = await shared.query(...args);
    await answered;
    return rows;
  };
  const { accounts } = openAccounts({ query } as unknown as Database);
  const login = accounts.verify('alice', alice?.token ?? '');
  const identity = await other.verify('alice', alice?.token ?? '');
  accounts.learnRevoked('alice', [identity?.generation ?? 0]);
  answer();
  assert.equal(await login, undefined);
});

test('what was verified is forgotten when it has had no session for long', async () => {
  const accounts = await emptyAccounts();
  const [alice, bob] = await accounts.add(['alice', 'bob'], 'user', 1);
  const identities = [
    await accounts.verify('alice', alice?.token ?? ''),
    await accounts.verify('bob', bob?.token ?? ''),
  ];
  const areCurrent = () => identities.map((identity) => identity && accounts.isCurrent(identity));
  const withSession = new Set([identities[0]?.generation ?? 0]);
  accounts.keepVerified(withSession);
  assert.deepEqual(areCurrent(), [true, true], 'a session may be about to begin');
  accounts.keepVerified(withSession);
  assert.deepEqual(areCurrent(), [true, false]);
});
