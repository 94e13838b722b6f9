/** Several servers on one database: notices reach the sessions of all, and what was lost is found out. */
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import { systemClock } from '../../../src/io/clock.js';
import { silentLog } from '../../../src/io/log.js';
import { channelOf } from '../../../src/postgres/cluster/bus-items.js';
import { Database } from '../../../src/postgres/database/database.js';
import { BUS, LEASE } from '../../../src/postgres/limits.js';
import { WIRE } from '../../../src/protocol/limits.js';
import type { ListedSession, Notice } from '../../../src/server/session-bus.js';
import { sharedPostgres } from '../../harness/postgres/shared.js';
import { gathered, openDatabase, type RigServer, startRigServer } from '../rig.js';

const postgres = await sharedPostgres();
const url = await postgres.newDatabase();
const shared = await openDatabase(url);
after(async () => {
  await shared.close();
  await postgres.close();
});

const open = new Set<RigServer>();

test('the password may be beside the address', async () => {
  const address = new URL(url);
  const password = decodeURIComponent(address.password);
  address.password = '';
  const database = new Database({
    url: address.href,
    password,
    isSingleNode: true,
    clock: systemClock,
    log: silentLog,
  });
  await database.open();
  await database.close();
});

/** Servers that all know of each other. */
async function servers(count: number): Promise<RigServer[]> {
  await sql('TRUNCATE account, token, outbox, mailbox, device, server');
  const started: RigServer[] = [];
  for (let index = 0; index < count; index++) started.push(await join());
  return started;
}

/** A further server. Resolves when those that are open know it. */
async function join(): Promise<RigServer> {
  const server = await startRigServer(url);
  await server.clock.settle(); // It says that it is there.
  for (const other of open) await until(other, () => other.others().some(({ id }) => id === server.server));
  open.add(server);
  return server;
}

afterEach(async () => {
  await Promise.all([...open].map((server) => server.close()));
  open.clear();
});

const until = (server: RigServer, holds: () => boolean | Promise<boolean>): Promise<void> =>
  server.clock.until(holds, `${server.server} has got what it waits for`);

const receives = async (server: RigServer, count: number): Promise<readonly object[]> => {
  await until(server, () => server.notices.length >= count);
  return server.notices;
};

/** SQL on the database of the servers. */
const sql = (text: string, values: readonly unknown[] = []) => shared.query({ text }, values);

/** A mailbox with one device, as a claim leaves it. */
async function mailbox(user: string, { device = 'main', server = '', fence = 1, last = 0 }): Promise<void> {
  await sql(
    `WITH made AS (INSERT INTO mailbox (name, last) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET last = $2 RETURNING no)
    INSERT INTO device (mailbox, name, fence, is_open, server, sessions, noted)
    SELECT no, $3, $4, true, $5, ARRAY[$4::bigint], ARRAY[0] FROM made`,
    [user, last, device, fence, server],
  );
}

const NUDGE: Notice = { type: 'nudge' };

describe('notices', () => {
  test('reach the sessions of every server, the own ones at once, and each once and in order', async () => {
    const [here, there, third] = (await servers(3)) as [RigServer, RigServer, RigServer];
    const sent: Notice[] = [
      NUDGE,
      { type: 'takeover', device: 'main', fence: 4 },
      { type: 'delivered', to: 'bob', ids: ['m1', '"m2\\'] },
      { type: 'read', device: 'phone', from: 'alice', epoch: 'e', seq: 3 },
      { type: 'device-removed', device: 'phone' },
      { type: 'outbox-takeover', outbox: 'o1', fence: 9 },
      { type: 'redeliver' },
    ];
    for (const notice of sent) here.bus.publish('bob', notice);
    const expected = sent.map((notice) => ({ ...notice, user: 'bob' }));
    assert.deepEqual(here.notices, expected);
    await gathered(here);
    for (const server of [there, third]) assert.deepEqual(await receives(server, sent.length), expected);
    assert.deepEqual(here.notices, expected);
  });

  test('a nudge goes only where the store saw sessions; without that, everywhere', async () => {
    const [here, there, third] = (await servers(3)) as [RigServer, RigServer, RigServer];
    here.bus.notePlaces('bob', [here.server, there.server]);
    here.bus.notePlaces('away', []);
    for (const user of ['bob', 'away', 'alice']) here.bus.publish(user, NUDGE);
    await gathered(here);
    const usersOf = (notices: readonly object[]) => notices.map((notice) => (notice as { user: string }).user);
    assert.deepEqual(usersOf(await receives(there, 2)), ['bob', 'alice']);
    assert.deepEqual(usersOf(await receives(third, 1)), ['alice']);
    here.bus.publish('bob', NUDGE);
    await gathered(here);
    assert.deepEqual(usersOf(await receives(third, 2)), ['alice', 'bob']);
  });

  test('what is too long for one NOTIFY arrives in parts', async () => {
    const [here, there] = (await servers(2)) as [RigServer, RigServer];
    const ids = Array.from({ length: WIRE.maxIdsPerFrame }, (_, index) => `"${index}`.padStart(WIRE.maxIdLength, '\\'));
    here.bus.publish('alice', { type: 'delivered', to: 'bob', ids });
    await gathered(here);
    const received = () => there.notices.flatMap((notice) => (notice.type === 'delivered' ? notice.ids : []));
    await until(there, () => received().length >= ids.length);
    assert.deepEqual(received(), ids);
  });

  test('what anybody else sends is ignored', async () => {
    const [here, there] = (await servers(2)) as [RigServer, RigServer];
    for (const payload of ['', '{', '[{"type":"later"}]', '[{"type":"takeover","user":"bob","fence":"1"}]'])
      await sql('SELECT pg_notify($1, $2)', [channelOf(there.server), payload]);
    here.bus.publish('bob', NUDGE);
    await gathered(here);
    assert.deepEqual(await receives(there, 1), [{ type: 'nudge', user: 'bob' }]);
  });

  test('those that wait when a server ends are sent, and it is no longer one of the servers', async () => {
    const [here, there] = (await servers(2)) as [RigServer, RigServer];
    for (let seq = 1; seq <= 3; seq++)
      here.bus.publish('bob', { type: 'read', device: 'main', from: 'alice', epoch: 'e', seq });
    open.delete(here);
    await here.close();
    await receives(there, 3);
    await there.clock.advance(LEASE.renewEveryMs);
    await until(there, () => there.others().length === 0);
  });
});

describe('asking', () => {
  test('the replay room is the least of all servers', async () => {
    const [here, there, third] = (await servers(3)) as [RigServer, RigServer, RigServer];
    const ask = async () => {
      await here.clock.advance(BUS.gatherMs);
      const room = here.bus.replayRoom('bob');
      let isDone = false;
      void room.then(() => {
        isDone = true;
      });
      // The answers are gathered, too. The time of the one who asks stands still: it waits for no limit.
      await until(here, async () => {
        await gathered(there);
        await gathered(third);
        return isDone;
      });
      return room;
    };
    assert.equal(await ask(), undefined);
    there.rooms.set('bob', 7);
    assert.equal(await ask(), 7);
    here.rooms.set('bob', 9);
    third.rooms.set('bob', 3);
    assert.equal(await ask(), 3);
  });

  test('a server that does not answer in time is not waited for', async () => {
    const [here, there] = (await servers(2)) as [RigServer, RigServer];
    here.rooms.set('bob', 9);
    there.rooms.set('bob', 3);
    const room = here.bus.replayRoom('bob');
    await here.clock.advance(BUS.answerMs); // The time of the other one stands still: its answer does not leave.
    assert.equal(await room, 9);
  });

  test('online are those whose session is on a server with a lease', async () => {
    const [here, there] = (await servers(2)) as [RigServer, RigServer];
    await mailbox('alice', { server: there.server });
    await mailbox('bob', { server: 'gone' });
    await mailbox('carol', { server: there.server });
    await sql("UPDATE device SET is_open = false FROM mailbox WHERE no = mailbox AND mailbox.name = 'carol'");
    here.rooms.set('dave', 1);
    const users = ['alice', 'bob', 'carol', 'dave', 'eve', 'constructor'];
    assert.deepEqual([...(await here.bus.online(users))].sort(), ['alice', 'dave']);
    assert.deepEqual(await here.bus.online([]), new Set());
    await sql('UPDATE server SET lease_until = clock_timestamp() WHERE id = $1', [there.server]);
    assert.deepEqual([...(await here.bus.online(users))], ['dave']);
  });
});

describe('revocation (R7)', () => {
  const login = async (server: RigServer, user: string, token = '') => {
    const identity = await server.accounts.verify(user, token);
    assert.ok(identity);
    const { generation } = identity;
    server.listed = [...server.listed, { user, sender: { generation } }];
    return { isCurrent: () => server.accounts.isCurrent(identity) };
  };

  test('on another server ends sessions here at once: one token, all tokens, the user', async () => {
    const [here, there] = (await servers(2)) as [RigServer, RigServer];
    const [alice, bob, carol] = await here.accounts.add(['alice', 'bob', 'carol'], 'user', 1);
    const laptop = await here.accounts.addToken('alice', 'laptop', 2);
    const main = await login(here, 'alice', alice?.token);
    const others = [
      await login(here, 'alice', laptop.token),
      await login(here, 'bob', bob?.token),
      await login(here, 'carol', carol?.token),
    ];
    await there.accounts.revokeToken('alice', 'laptop');
    await there.accounts.rotate(['bob'], 3);
    await there.accounts.remove(['carol']);
    await gathered(there);
    await until(here, () => here.revoked.length === 3);
    assert.deepEqual(here.revoked, ['alice', 'bob', 'carol']);
    assert.deepEqual(there.revoked, ['alice', 'bob', 'carol']);
    assert.ok(main.isCurrent());
    assert.ok(!others.some(({ isCurrent }) => isCurrent()));
  });

  test('whose notice was lost ends them with the next comparison', async () => {
    const [here] = (await servers(1)) as [RigServer];
    const [alice, bob] = await here.accounts.add(['alice', 'bob'], 'user', 1);
    const sessions = [await login(here, 'alice', alice?.token), await login(here, 'bob', bob?.token)];
    await sql("DELETE FROM token WHERE account = 'alice'");
    await here.clock.advance(BUS.compareEveryMs);
    await until(here, () => here.revoked.length > 0);
    assert.deepEqual(here.revoked, ['alice']);
    assert.deepEqual(
      sessions.map(({ isCurrent }) => isCurrent()),
      [false, true],
    );
  });
});

describe('lost notices', () => {
  /** Sessions of users with an account, and what a comparison tells them. */
  async function compared(
    here: RigServer,
    change: (generation: number) => Promise<readonly ListedSession[]>,
  ): Promise<readonly object[]> {
    const [account] = await here.accounts.add(['bob'], 'user', 1);
    const identity = await here.accounts.verify('bob', account?.token ?? '');
    here.listed = await change(identity?.generation ?? 0);
    await here.compare();
    return here.notices;
  }

  test('a session that missed a takeover, a removal or a message is told; others are told nothing', async () => {
    const [here] = (await servers(1)) as [RigServer];
    const chat = (device: string, cursor: number) => ({ device, cursor });
    const told = await compared(here, async (generation) => {
      await mailbox('bob', { device: 'main', fence: 5, last: 7 });
      await mailbox('bob', { device: 'phone', fence: 3, last: 7 });
      await mailbox('bob', { device: 'desktop', fence: 4, last: 7 });
      await sql("INSERT INTO outbox (account, id, fence, at) VALUES ('bob', 'o1', 8, 0), ('bob', 'o2', 9, 0)");
      return [
        { user: 'bob', sender: { generation, fence: 2 }, chat: chat('main', 7) },
        { user: 'bob', sender: { generation, fence: 3 }, chat: chat('phone', 6) },
        { user: 'bob', sender: { generation, fence: 4 }, chat: chat('desktop', 7) },
        { user: 'bob', sender: { generation, fence: 1 }, chat: chat('gone', 7) },
        { user: 'bob', sender: { generation, fence: 7, outbox: 'o1' } },
        { user: 'bob', sender: { generation, fence: 9, outbox: 'o2' } },
        { user: 'bob', sender: { generation, fence: 9, outbox: 'o\0' } }, // not text for the database
        { user: 'bob', sender: { generation } },
      ];
    });
    assert.deepEqual(told, [
      { user: 'bob', type: 'takeover', device: 'main', fence: 5 },
      { user: 'bob', type: 'nudge' },
      { user: 'bob', type: 'device-removed', device: 'gone' },
      { user: 'bob', type: 'outbox-takeover', outbox: 'o1', fence: 8 },
    ]);
    assert.deepEqual(here.revoked, []);
  });

  test('after a lost connection the notices of that time are told again, without those that must come once', async () => {
    const [here, there] = (await servers(2)) as [RigServer, RigServer];
    const session = { user: 'bob', sender: { generation: 77 } };
    there.listed = [session]; // Of a token that does not exist: the comparison finds it.
    const delivered: Notice = { type: 'delivered', to: 'bob', ids: ['m1'] };
    await cutListener(there);
    here.bus.publish('alice', { type: 'redeliver' });
    here.bus.publish('alice', delivered);
    await gathered(here);
    await until(there, () => there.listener().isConnected);
    const wanted = { ...delivered, user: 'alice' };
    await until(there, async () => {
      await gathered(here);
      await gathered(there);
      return there.notices.some(({ type }) => type === 'delivered') && there.revoked.length > 0;
    });
    assert.ok(there.notices.every((notice) => notice.type === 'redeliver' || isSame(notice, wanted)));
    assert.ok(there.notices.filter(({ type }) => type === 'redeliver').length <= 1);
    assert.deepEqual(new Set(there.revoked), new Set(['bob']));
  });

  test('what is published without a connection is sent with the next one', async () => {
    const [here, there] = (await servers(2)) as [RigServer, RigServer];
    await cutListener(here);
    here.bus.publish('bob', NUDGE);
    await until(there, async () => {
      await gathered(here);
      return there.notices.length > 0;
    });
    assert.deepEqual(there.notices[0], { type: 'nudge', user: 'bob' });
  });

  test('what was being sent when the connection was lost is sent again with the next one', async () => {
    const [here, there] = (await servers(2)) as [RigServer, RigServer];
    const listener = here.listener();
    const query = listener.query.bind(listener);
    let isLost = false;
    listener.query = async (statement, values) => {
      if (isLost || statement.name !== 'notify') return query(statement, values);
      isLost = true;
      listener.reconnect();
      throw new Error('the connection was lost');
    };
    const delivered: Notice = { type: 'delivered', to: 'bob', ids: ['m1'] };
    here.bus.publish('alice', delivered);
    await gathered(here);
    assert.ok(isLost);
    await until(here, () => here.listener().isConnected);
    await until(there, async () => {
      await gathered(here);
      return there.notices.length > 0;
    });
    assert.deepEqual(there.notices[0], { ...delivered, user: 'alice' });
  });

  test('when the lease of another server expires, the sessions here are compared', async () => {
    const [here, there] = (await servers(2)) as [RigServer, RigServer];
    here.listed = [{ user: 'bob', sender: { generation: 77 } }];
    await sql("UPDATE server SET lease_until = clock_timestamp() - interval '1 ms' WHERE id = $1", [there.server]);
    await here.clock.advance(LEASE.renewEveryMs);
    await until(here, () => here.revoked.length > 0);
    assert.deepEqual(here.others(), []);
    // It was only frozen: it is a server again, and has missed something itself.
    there.listed = [{ user: 'carol', sender: { generation: 78 } }];
    await there.clock.advance(LEASE.renewEveryMs);
    await until(there, () => there.revoked.length > 0);
    await until(here, async () => {
      await gathered(there);
      await here.clock.settle();
      return here.others().length === 1;
    });
  });

  test('a server that does not come back is forgotten at last', async () => {
    const [here] = (await servers(1)) as [RigServer];
    const ago = LEASE.forgottenAfterMs + 1_000;
    await sql(
      `INSERT INTO server (id, version, schema, lease_until)
      VALUES ('0123456789abcdef', '1.0.0', 1, clock_timestamp() - $1 * interval '1 ms')`,
      [ago],
    );
    await here.clock.advance(LEASE.renewEveryMs);
    await until(here, async () => (await sql('SELECT id FROM server')).length === 1);
  });
});

test('a bus that is connected to another server than the primary is connected again', async () => {
  const [here] = (await servers(1)) as [RigServer];
  const before = await busBackend(here);
  await here.compare();
  assert.equal(await busBackend(here), before);
  const { query } = here.database;
  here.database.query = async (statement, values) =>
    statement.text.includes('postmaster')
      ? ([{ since: 'later' }] as never)
      : (query.call(here.database, statement, values) as never);
  await here.compare();
  here.database.query = query;
  await until(here, async () => here.listener().isConnected && (await busBackend(here)) !== before);
});

test('a server ends when the database has become another store', async () => {
  const [here] = (await servers(1)) as [RigServer];
  let isBroken = false;
  void here.broken.then(() => {
    isBroken = true;
  });
  await here.compare();
  assert.ok(!isBroken);
  await sql("UPDATE meta SET epoch = epoch || '-'");
  await here.clock.advance(BUS.compareEveryMs);
  assert.match((await here.broken).message, /another store/);
});

test('a server that may not take a lease does not start', async () => {
  await servers(0);
  await sql('ALTER TABLE server ADD COLUMN impossible int NOT NULL');
  await assert.rejects(startRigServer(url), /impossible/);
  await sql('ALTER TABLE server DROP COLUMN impossible');
});

const isSame = (one: object, other: object): boolean => JSON.stringify(one) === JSON.stringify(other);

/** The process of PostgreSQL that serves the connection of the bus. */
const busBackend = async (server: RigServer): Promise<unknown> => {
  const [row] = await server.listener().query({ text: 'SELECT pg_backend_pid() AS pid' });
  return row?.pid;
};

/** Ends the connection on which this server listens. */
async function cutListener(server: RigServer): Promise<void> {
  await sql('SELECT pg_terminate_backend($1)', [await busBackend(server)]);
  await until(server, () => !server.listener().isConnected);
}
