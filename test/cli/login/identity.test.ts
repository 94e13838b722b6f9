import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccountError } from '../../../src/accounts/accounts.js';
import type { AccountBackend } from '../../../src/cli/accounts/account-backend.js';
import { Failure } from '../../../src/cli/errors/failure.js';
import { findUser, issueToken } from '../../../src/cli/login/identity.js';
import type { TokenStore } from '../../../src/cli/login/token-store.js';
import { createFakeOutput } from '../fake-output.js';

/** Ports with stored tokens in memory, and a server that knows these users. */
function createPorts(...known: readonly string[]) {
  const stored = new Map<string, string>();
  const tokens: TokenStore = {
    find: async (server, user) => stored.get(`${server}/${user}`),
    save: async (server, user, token) => void stored.set(`${server}/${user}`, token),
    remove: async (server, user) => void stored.delete(`${server}/${user}`),
  };
  const opened: string[] = [];
  let isClosed = false;
  const backend: AccountBackend = {
    list: async () => [],
    remove: async () => {},
    rotate: async () => assert.fail('a token that may be in use elsewhere is never replaced'),
    add: async ([user = '']) => {
      if (known.includes(user)) throw new AccountError('exists', user);
      return [{ user, role: 'user', at: 0, token: `token of ${user}` }];
    },
    close: async () => {
      isClosed = true;
    },
  };
  const openAccounts = async (data: string, url: string): Promise<AccountBackend> => {
    opened.push(`${data} ${url}`);
    return backend;
  };
  return { tokens, output: createFakeOutput(), openAccounts, stored, opened, isClosed: () => isClosed };
}

const local = { url: 'ws://127.0.0.1:4690', key: 'store-e', data: '/data' };
const refused = (error: unknown) => error instanceof Failure && error.exit === 'credential-refused';

test('on the server of this account a missing user is added, with a note', async () => {
  const ports = createPorts();
  assert.equal(await issueToken('alice', local, ports), 'token of alice');
  assert.deepEqual([...ports.stored], [['store-e/alice', 'token of alice']]);
  assert.deepEqual(ports.output.notes, ['im: added alice; the token is kept for you']);
  assert.deepEqual(ports.opened, ['/data ws://127.0.0.1:4690']);
  assert.equal(ports.isClosed(), true);
});

test('no new token is issued for a user who exists (R20)', async () => {
  const ports = createPorts('alice');
  await assert.rejects(issueToken('alice', local, ports), refused);
  assert.deepEqual([...ports.stored], []);
  assert.equal(ports.isClosed(), true);
});

test('no token is issued by a server of somebody else (R20)', async () => {
  const ports = createPorts();
  await assert.rejects(issueToken('alice', { ...local, data: undefined }, ports), refused);
  assert.deepEqual(ports.opened, []);
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
