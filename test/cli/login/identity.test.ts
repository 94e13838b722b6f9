import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccountError } from '../../../src/accounts/accounts.js';
import type { AccountBackend } from '../../../src/cli/accounts/account-backend.js';
import { Failure } from '../../../src/cli/errors/failure.js';
import { findToken, findUser } from '../../../src/cli/login/identity.js';
import type { TokenStore } from '../../../src/cli/login/token-store.js';
import { createFakeOutput } from '../fake-output.js';

/** Kept tokens in memory, and the desk of a server that knows these users. */
function ports({ known = [], kept = [] }: { known?: readonly string[]; kept?: readonly [string, string][] } = {}) {
  const tokens = new Map(kept);
  const store: TokenStore = {
    find: async (server, user) => tokens.get(`${server}/${user}`),
    keep: async (server, user, token) => void tokens.set(`${server}/${user}`, token),
    forget: async (server, user) => void tokens.delete(`${server}/${user}`),
  };
  const opened: string[] = [];
  let isClosed = false;
  const backend: AccountBackend = {
    list: async () => [],
    remove: async () => {},
    rotate: async () => assert.fail('a token that works elsewhere is never taken away'),
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
  return { kept: store, output: createFakeOutput(), openAccounts, tokens, opened, isClosed: () => isClosed };
}

const local = { url: 'ws://127.0.0.1:4690', key: 'store-e', data: '/data' };
const refused = (error: unknown) => error instanceof Failure && error.exit === 'credential-refused';

test('a kept token is used, and nobody is asked', async () => {
  const { opened, ...given } = ports({ kept: [['store-e/alice', 't1']] });
  assert.equal(await findToken('alice', local, given), 't1');
  assert.deepEqual(opened, []);
});

test('on the machine and account of the server a missing user is added, and that is said', async () => {
  const given = ports();
  assert.equal(await findToken('alice', local, given), 'token of alice');
  assert.deepEqual([...given.tokens], [['store-e/alice', 'token of alice']]);
  assert.deepEqual(given.output.notes, ['im: added alice; the token is kept for you']);
  assert.deepEqual(given.opened, ['/data ws://127.0.0.1:4690']);
  assert.equal(given.isClosed(), true);
});

test('a user that exists keeps its token: nobody becomes somebody else by asking', async () => {
  const given = ports({ known: ['alice'] });
  await assert.rejects(findToken('alice', local, given), refused);
  assert.deepEqual([...given.tokens], []);
  assert.equal(given.isClosed(), true);
});

test('anywhere else a token is needed (R20)', async () => {
  const given = ports();
  await assert.rejects(findToken('alice', { ...local, data: undefined }, given), refused);
  assert.deepEqual(given.opened, []);
});

test('who one is: as said, else by the name of the account, if that can be a name', () => {
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
