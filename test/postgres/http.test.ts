/** Messages by HTTP to two servers that share a database: tokens, repeats, and deliveries that are known to the other one. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openServedDatabase } from '../../src/cli/serve/served-database.js';
import { systemClock as clock } from '../../src/io/clock.js';
import { silentLog as log } from '../../src/io/log.js';
import { listenWs } from '../../src/io/ws-server.js';
import { Metrics } from '../../src/server/metrics.js';
import { startServer } from '../../src/server/server.js';
import { MAILBOX } from '../../src/store/limits.js';
import { Peer } from '../conformance/peer.js';
import { startPostgres } from '../harness/postgres/postgres-node.js';

const node = await startPostgres();
const { password, address } = splitAddress(await node.newDatabase());
process.env.PGPASSWORD = password;
const options = { address, isSingleNode: true, limits: MAILBOX, onCommit() {}, clock, log, version: '1.2.3' };

async function serve() {
  const served = await openServedDatabase(options);
  const { store, accounts, bus } = served;
  const server = await startServer({
    store,
    accounts,
    bus,
    clock,
    log,
    metrics: new Metrics(),
    listen: (accept, acceptRequest) => listenWs({ host: '127.0.0.1', port: 0, acceptRequest }, accept),
  });
  return { url: server.url, accounts, close: () => server.close().then(() => served.close()) };
}

let here: Awaited<ReturnType<typeof serve>>;
let there: typeof here;
let tokens: Readonly<Record<string, string>>;

before(async () => {
  [here, there] = [await serve(), await serve()];
  const issued = await there.accounts.add(['alice', 'bob'], 'user', 1);
  tokens = Object.fromEntries(issued.map(({ user, token }) => [user, token]));
});
after(async () => {
  await Promise.all([here?.close(), there?.close()]);
  await node.remove();
});

async function send(server: typeof here, path: string, id: string, { token = tokens.alice, body = 'hi' } = {}) {
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

  test('wait=delivered ends when the recipient acks on the other one', async () => {
    const target = { ...there, tokenOf: (user: string) => tokens[user] as string, realTokenOf: async () => '' };
    const bob = await Peer.login(target, 'bob');
    const answered = send(here, 'bob?wait=delivered&timeout=20s', 'm2');
    for (;;) {
      const { id, seq } = await bob.receivePush();
      bob.send({ type: 'ack', seq });
      if (id === 'm2') break;
    }
    assert.deepEqual(await answered, [200, { id: 'm2', state: 'delivered' }]);
    await bob.leave();
    assert.deepEqual(await send(here, 'bob?wait=delivered&timeout=1ms', 'm3'), [202, { id: 'm3', state: 'stored' }]);
  });

  test('a token that is revoked on one is refused by the other (R7)', async () => {
    const { token } = await here.accounts.addToken('alice', 'ci', 2);
    assert.equal((await send(there, 'bob', 'm4', { token }))[0], 201);
    await here.accounts.revokeToken('alice', 'ci');
    assert.equal((await send(there, 'bob', 'm5', { token }))[0], 401);
  });
});

/** A password is not part of the address of a command. */
function splitAddress(url: string): { readonly password: string; readonly address: string } {
  const [, before = '', password = '', after = ''] = /^(.*:\/\/[^:]*):([^@]*)(@.*)$/.exec(url) ?? [];
  return { password, address: before + after };
}
