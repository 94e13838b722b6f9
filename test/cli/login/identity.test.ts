import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AccountError } from '../../../src/accounts/accounts.js';
import type { AccountBackend } from '../../../src/cli/accounts/account-backend.js';
import { Failure, NEXT_STEP } from '../../../src/cli/errors/failure.js';
import { findUser, issueToken } from '../../../src/cli/login/identity.js';
import { openTokenStore } from '../../../src/cli/login/token-store.js';
import { deferred } from '../../harness/deferred.js';
import { createFakeClock } from '../../harness/fake-clock.js';
import { createFakeOutput } from '../fake-output.js';

/** Ports with a real token store and a server that has these users; `account.at` is when each was added. */
async function createPorts(t: TestContext, ...known: readonly string[]) {
  const config = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(config, { recursive: true }));
  const clock = createFakeClock();
  const accounts = new Map(known.map((user) => [user, { user, role: 'user' as const, at: 0, token: 'theirs' }]));
  const done: string[] = [];
  let open = 0;
  const issue = (user: string, at: number) => {
    const account = { user, role: 'user' as const, at, token: `token-${done.length}-of-${user}` };
    accounts.set(user, account);
    return [account];
  };
  const backend: AccountBackend = {
    list: async () => [...accounts.values()],
    remove: async () => assert.fail('nobody is removed'),
    senders: async () => assert.fail('nobody is asked who may write'),
    rotate: async ([user = '']) => {
      done.push(`rotate ${user}`);
      return issue(user, accounts.get(user)?.at ?? Number.NaN);
    },
    add: async ([user = '']) => {
      done.push(`add ${user}`);
      if (accounts.has(user)) throw new AccountError('exists', user);
      return issue(user, clock.now());
    },
    close: async () => {
      open--;
    },
  };
  const openAccounts = async (data: string, { url }: { readonly url: string }): Promise<AccountBackend> => {
    done.push(`open ${data} ${url}`);
    open++;
    return backend;
  };
  const tokens = openTokenStore(config);
  return { config, tokens, clock, output: createFakeOutput(), openAccounts, accounts, done, open: () => open };
}

type Ports = Awaited<ReturnType<typeof createPorts>>;

/** The same process is killed after the server has added the user, and before it keeps the token. */
async function killWhileAdding(ports: Ports, user: string): Promise<void> {
  const saving = deferred<void>();
  const save = (): Promise<never> => {
    saving.resolve();
    return new Promise(() => undefined);
  };
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => work(); // the lock dies with its process
  void issueToken(user, local, { ...ports, tokens: { ...ports.tokens, exclusive, save } });
  await saving.promise;
}

const local = { url: 'ws://127.0.0.1:4690', key: 'store-e', data: '/data' };
const refused = (error: unknown) => error instanceof Failure && error.exit === 'credential-refused';

test('on the server of this account a missing user is added, with a note', async (t) => {
  const ports = await createPorts(t);
  assert.equal(await issueToken('alice', local, ports), 'token-2-of-alice');
  assert.equal(await ports.tokens.find('store-e', 'alice'), 'token-2-of-alice');
  assert.equal(await ports.tokens.addingSince('store-e', 'alice'), undefined);
  assert.deepEqual(ports.output.notes, ['im: added alice; the token is kept for you']);
  assert.deepEqual(ports.done, ['open /data ws://127.0.0.1:4690', 'add alice']);
  assert.equal(ports.open(), 0);
});

test('many first uses at once: the user is added once, and all get the same token', async (t) => {
  const ports = await createPorts(t);
  const users = ['alice', 'alice', 'bob', 'alice', 'bob', 'alice'];
  // Each with a store of its own, as processes have.
  const found = await Promise.all(
    users.map((user) => issueToken(user, local, { ...ports, tokens: openTokenStore(ports.config) })),
  );
  for (const [index, user] of users.entries()) {
    assert.equal(found[index], await ports.tokens.find('store-e', user));
    assert.equal(found[index], ports.accounts.get(user)?.token, 'the valid one');
  }
  assert.deepEqual(ports.done.filter((what) => what.startsWith('add')).sort(), ['add alice', 'add bob']);
});

test('no new token is issued for a user who exists (R20), and nothing is left behind', async (t) => {
  const ports = await createPorts(t, 'alice');
  await assert.rejects(issueToken('alice', local, ports), refused);
  assert.equal(ports.accounts.get('alice')?.token, 'theirs');
  assert.deepEqual(await readdir(join(ports.config, 'tokens/store-e')), []);
  assert.equal(ports.open(), 0);
});

test('a user who was added by a process that was killed then gets a new token: nobody has the first one', async (t) => {
  for (const again of [1, 2]) {
    const ports = await createPorts(t);
    for (let kill = 0; kill < again; kill++) await killWhileAdding(ports, 'alice');
    assert.equal(await ports.tokens.find('store-e', 'alice'), undefined);
    ports.clock.advance(3_600_000);
    const token = await issueToken('alice', local, ports);
    assert.equal(token, ports.accounts.get('alice')?.token);
    assert.equal(token, await ports.tokens.find('store-e', 'alice'));
    assert.ok(ports.done.includes('rotate alice'));
  }
});

test('after such a kill, a token that an operator has issued since is never replaced (R20)', async (t) => {
  const ports = await createPorts(t);
  await killWhileAdding(ports, 'alice');
  const at = ports.clock.now() + 3_600_000;
  ports.accounts.set('alice', { user: 'alice', role: 'user', at, token: 'theirs' });
  await assert.rejects(issueToken('alice', local, ports), refused);
  assert.equal(ports.accounts.get('alice')?.token, 'theirs');
  assert.equal(await ports.tokens.addingSince('store-e', 'alice'), undefined);
});

test('a user who was not yet added when the process was killed is added', async (t) => {
  const ports = await createPorts(t);
  await ports.tokens.markAdding('store-e', 'alice', 0);
  const token = await issueToken('alice', local, ports);
  assert.equal(token, await ports.tokens.find('store-e', 'alice'));
  assert.ok(!ports.done.includes('rotate alice'));
});

test('where no token can be kept no user is added, and the failure names the folder and its variable', async (t) => {
  const ports = await createPorts(t);
  await writeFile(join(ports.config, 'tokens'), 'in the way');
  await assert.rejects(issueToken('alice', local, ports), (error) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.exit, 'data-unusable');
    assert.match(`${error.message}\n${error.next}`, /tokens cannot be used: .*tokens.*\n.*XDG_CONFIG_HOME/);
    return true;
  });
  assert.deepEqual(ports.done, []);
});

test('no token is issued by a server of somebody else (R20); where none listens, that is what is said', async (t) => {
  const ports = await createPorts(t);
  const theirs = createServer().listen(0, '127.0.0.1');
  t.after(() => theirs.close());
  await once(theirs, 'listening');
  const url = `ws://127.0.0.1:${(theirs.address() as AddressInfo).port}`;
  await assert.rejects(issueToken('alice', { ...local, url, data: undefined }, ports), refused);
  await assert.rejects(issueToken('alice', { ...local, url: 'ws://127.0.0.1:1', data: undefined }, ports), (error) => {
    assert.ok(error instanceof Failure);
    assert.deepEqual([error.exit, error.next], ['not-stored', NEXT_STEP]);
    return true;
  });
  assert.deepEqual(ports.done, []);
  assert.deepEqual(await readdir(ports.config), []);
});

test('the user is the one given, else the name of the account, if that is a valid user name', () => {
  assert.equal(
    findUser('alice', () => 'root'),
    'alice',
  );
  assert.equal(
    findUser(undefined, () => 'root'),
    'root',
  );
  assert.throws(
    () => findUser(undefined, () => 'Alice Smith'),
    (error) => error instanceof Failure && error.exit === 'usage' && /--as/.test(error.next ?? ''),
  );
});
