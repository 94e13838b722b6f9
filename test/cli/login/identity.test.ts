import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AccountError } from '../../../src/accounts/accounts.js';
import type { AccountBackend } from '../../../src/cli/accounts/account-backend.js';
import { addFreeToken, freeName } from '../../../src/cli/accounts/free-token.js';
import { Failure, NEXT_STEP } from '../../../src/cli/errors/failure.js';
import { chatDevice } from '../../../src/cli/login/device.js';
import { findUser, issueToken } from '../../../src/cli/login/identity.js';
import { openTokenStore } from '../../../src/cli/login/token-store.js';
import { isUserName } from '../../../src/protocol/fields.js';
import { WIRE } from '../../../src/protocol/limits.js';
import { createFakeOutput } from '../fake-output.js';

/** Ports with a real token store and a server that has these users, each with the tokens `main` and those named here. */
async function createPorts(t: TestContext, known: Readonly<Record<string, readonly string[]>> = {}) {
  const config = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(config, { recursive: true }));
  /** User → name of a token → the token. */
  const accounts = new Map(
    Object.entries(known).map(([user, names]) => [
      user,
      new Map<string, string>(['main', ...names].map((name) => [name, 'theirs'])),
    ]),
  );
  const done: string[] = [];
  let open = 0;
  const issue = (user: string, name: string) => {
    const token = `token-${done.length}-of-${user}`;
    accounts.set(user, (accounts.get(user) ?? new Map<string, string>()).set(name, token));
    return { user, role: 'user' as const, at: 0, token };
  };
  const backend: AccountBackend = {
    list: async () => [...accounts.keys()].map((user) => ({ user, role: 'user', at: 0 })),
    remove: async () => assert.fail('nobody is removed'),
    senders: async () => assert.fail('nobody is asked who may write'),
    rotate: async () => assert.fail('nothing is replaced'),
    revokeToken: async () => assert.fail('nothing is revoked'),
    tokens: async (user) => [...(accounts.get(user)?.keys() ?? [])].map((name) => ({ name, at: 0 })),
    addToken: async (user, name) => {
      done.push(`add token ${name} of ${user}`);
      if (accounts.get(user)?.has(name)) throw new AccountError('token', user, 'taken');
      if ((accounts.get(user)?.size ?? 0) >= WIRE.maxTokensPerUser) throw new AccountError('token', user, 'too many');
      return issue(user, name);
    },
    add: async ([user = '']) => {
      done.push(`add ${user}`);
      if (accounts.has(user)) throw new AccountError('exists', user);
      return [issue(user, 'main')];
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
  return { config, tokens, output: createFakeOutput(), openAccounts, backend, accounts, done, open: () => open };
}

const machine = chatDevice();

const local = { url: 'ws://127.0.0.1:4690', key: 'store-e', data: '/data' };
const refused = (error: unknown) => error instanceof Failure && error.exit === 'credential-refused';

test('on the server of this account a missing user is added, with a note', async (t) => {
  const ports = await createPorts(t);
  assert.equal(await issueToken('alice', local, ports), 'token-2-of-alice');
  assert.equal(await ports.tokens.find('store-e', 'alice'), 'token-2-of-alice');
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
    assert.equal(found[index], ports.accounts.get(user)?.get('main'), 'the valid one');
  }
  assert.deepEqual(ports.done.filter((what) => what.startsWith('add')).sort(), ['add alice', 'add bob']);
});

test('a user who exists gets a further token with the name of the machine; the others are not touched', async (t) => {
  const ports = await createPorts(t, { alice: [machine, `${machine}-2`] });
  const token = await issueToken('alice', local, ports);
  const name = `${machine.slice(0, WIRE.maxUserLength - 2)}-3`;
  assert.equal(ports.accounts.get('alice')?.get(name), token);
  assert.equal(await ports.tokens.find('store-e', 'alice'), token);
  assert.equal(ports.accounts.get('alice')?.get('main'), 'theirs');
  assert.deepEqual(ports.output.notes, [`im: alice has a further token, ${name}; it is kept for you`]);
  assert.equal(await issueToken('alice', local, ports), token, 'the kept one');
  assert.equal(ports.open(), 0);
});

test('a user with as many tokens as allowed gets no further one, and nothing is left behind', async (t) => {
  const names = Array.from({ length: WIRE.maxTokensPerUser - 1 }, (_, index) => `t${index}`);
  const ports = await createPorts(t, { alice: names });
  await assert.rejects(issueToken('alice', local, ports), refused);
  assert.equal(await ports.tokens.find('store-e', 'alice'), undefined);
  assert.equal(ports.open(), 0);
});

test('a name that another process takes first is numbered; any other refusal is final', async (t) => {
  const { backend, accounts } = await createPorts(t, { alice: [] });
  let isFirst = true;
  const racing = {
    ...backend,
    addToken: async (user: string, name: string) => {
      if (isFirst) accounts.get('alice')?.set(name, 'of the other process');
      isFirst = false;
      return backend.addToken(user, name);
    },
  };
  assert.equal((await addFreeToken(racing, 'alice', 'laptop')).name, 'laptop-2');
  const refusing = { ...backend, addToken: async () => Promise.reject(new AccountError('token', 'alice', 'no')) };
  await assert.rejects(addFreeToken(refusing, 'alice', 'laptop'), { message: 'no' });
});

test('a free name is never longer than a name may be', () => {
  const longest = 'x'.repeat(WIRE.maxUserLength);
  assert.equal(freeName(longest, new Set()), longest);
  const second = freeName(longest, new Set([longest]));
  assert.ok(isUserName(second) && second.endsWith('x-2'));
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
