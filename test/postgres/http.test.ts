/** Messages by HTTP to two servers that share a database. Most of it is in test/conformance, which runs on two servers as well. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type DatabaseServer, serveDatabase } from '../harness/database-server.js';
import { sharedPostgres } from '../harness/postgres/shared.js';

const postgres = await sharedPostgres();
let here: DatabaseServer;
let there: DatabaseServer;
let tokens: Readonly<Record<string, string>>;

before(async () => {
  const address = await postgres.newDatabase();
  [here, there] = [await serveDatabase(address), await serveDatabase(address)];
  const issued = await there.accounts.add(['alice', 'bob'], 'user', 1);
  tokens = Object.fromEntries(issued.map(({ user, token }) => [user, token]));
});
after(async () => {
  await Promise.all([here?.close(), there?.close()]);
  await postgres.close();
});

async function send(server: DatabaseServer, path: string, id: string, { token = tokens.alice, body = 'hi' } = {}) {
  const response = await fetch(`${server.url.replace(/^ws/, 'http')}/v1/messages/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'idempotency-key': id },
    body,
  });
  return [response.status, (await response.json()) as object] as const;
}

describe('two servers', () => {
  test('a repeat on the other one is a duplicate, another body a conflict (R8)', async () => {
    assert.deepEqual(await send(here, 'bob', 'm1'), [201, { id: 'm1', state: 'stored' }]);
    assert.deepEqual(await send(there, 'bob', 'm1'), [200, { id: 'm1', state: 'stored', duplicate: true }]);
    assert.equal((await send(there, 'bob', 'm1', { body: 'else' }))[0], 409);
    assert.equal((await send(here, 'nobody', 'm1'))[0], 404);
  });

  test('a token that is revoked on one is refused by the other (R7)', async () => {
    const { token } = await here.accounts.addToken('alice', 'ci', 2);
    assert.equal((await send(there, 'bob', 'm4', { token }))[0], 201);
    await here.accounts.revokeToken('alice', 'ci');
    assert.equal((await send(there, 'bob', 'm5', { token }))[0], 401);
  });
});
