/** A data folder is brought into a database, and back: every answer of the store and of the accounts stays the same. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Accounts } from '../../../src/accounts/accounts.js';
import { openAccounts, readAccountTable, writeAccountTable } from '../../../src/accounts/file-accounts.js';
import { operatorTokenPath, writeOperatorToken } from '../../../src/accounts/operator-token.js';
import { openSnapshot } from '../../../src/file-store/snapshot/open-snapshot.js';
import { contentsOf, writeStore } from '../../../src/file-store/snapshot/store-transfer.js';
import { openFileStore } from '../../../src/file-store/store/file-store.js';
import { systemClock } from '../../../src/io/clock.js';
import { silentLog } from '../../../src/io/log.js';
import { PostgresAccounts } from '../../../src/postgres/cluster/accounts.js';
import { newServerId, Servers } from '../../../src/postgres/cluster/servers.js';
import type { Database } from '../../../src/postgres/database/database.js';
import { readSchema } from '../../../src/postgres/schema/migrations.js';
import { SCHEMA } from '../../../src/postgres/schema/schema.js';
import { PostgresStore } from '../../../src/postgres/store/postgres-store.js';
import { exportStore, importStore, TransferRefused } from '../../../src/postgres/transfer/transfer.js';
import { MAILBOX } from '../../../src/store/limits.js';
import type { Store } from '../../../src/store/store.js';
import { EVERYTHING } from '../../harness/append.js';
import { createFakeClock } from '../../harness/fake-clock.js';
import { MemoryDisk } from '../../harness/files-memory.js';
import { sharedPostgres } from '../../harness/postgres/shared.js';
import { assertSame, StoreStory, told, USERS } from '../../harness/store-story.js';
import { openDatabase } from '../rig.js';

const postgres = await sharedPostgres();
after(() => postgres.close());

/** More find more: IM_TEST_STORIES=50. */
const STORIES = Number(process.env.IM_TEST_STORIES ?? 2);
const FOLDER = '/data';
const LIMITS = {
  ...MAILBOX,
  keptDelivered: 6,

  keptIdsPerSender: 3,
  maxDevices: 3,
  keptPushes: 5,
};

/** Of a disk in memory: real turns, and the time of the story. */
const clockOf = (story: StoreStory) => ({
  ...createFakeClock(),
  now: () => story.now,
  defer: (run: () => void) => void setImmediate(run),
});

const openFolder = (disk: MemoryDisk, story: StoreStory) =>
  openFileStore({ folder: FOLDER, files: disk.files, clock: clockOf(story), log: silentLog, limits: LIMITS });

/** The store of a server with a lease. */
const openTables = async (database: Database, story: StoreStory, server = newServerId()): Promise<PostgresStore> => {
  const clock = { ...systemClock, now: () => story.now };
  const epoch = (await readSchema(database))?.epoch as string;
  await new Servers({ id: server, version: '1.2.3', schema: SCHEMA.length }).renew(database.query.bind(database));
  return new PostgresStore({ database, epoch, server, clock, log: silentLog, limits: LIMITS });
};

/** The lease of each server ends. */
const endServers = (database: Database) => database.query({ text: 'DELETE FROM server' });

async function bringIn(disk: MemoryDisk, database: Database) {
  const { files } = disk;
  const snapshot = await openSnapshot({ files, folder: FOLDER });
  try {
    return await importStore(database, await contentsOf(snapshot), await readAccountTable(FOLDER, files), () => {});
  } finally {
    await snapshot.close();
  }
}

async function takeOut(database: Database): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const { files } = disk;
  await files.makeFolder(FOLDER);
  await exportStore(database, (whole, table) =>
    writeStore(whole, {
      ...{ files, folder: FOLDER, onProgress: () => {} },
      beforeStore: () => writeAccountTable(FOLDER, table, files),
    }),
  );
  return disk;
}

test('a store of any history answers the same in a database, and in a folder again', async (t) => {
  const first = Math.floor(Math.random() * 1e6);
  for (let seed = first; seed < first + STORIES; seed++) {
    const story = new StoreStory(seed);
    try {
      await roundTrip(story);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
  t.diagnostic(`seeds from ${first}`);
});

async function roundTrip(story: StoreStory): Promise<void> {
  const disk = new MemoryDisk();
  const accounts = await openAccounts({ folder: FOLDER, files: disk.files, clock: clockOf(story) });
  await accounts.add(USERS, 'user', story.now);
  const before = told(await openFolder(disk, story));
  await story.tell([before], 300);
  await before.store.close();

  const database = await openDatabase(await postgres.newDatabase());
  await bringIn(disk, database);
  const folder = told(await openFolder(disk, story), before.epochs);
  const tables = told(await openTables(database, story), before.epochs);
  assertSame(await story.answers(tables), await story.answers(folder));
  await story.tell([folder, tables], 60);
  assertSame(await story.answers(tables), await story.answers(folder));
  await Promise.all([folder, tables].map(({ store }) => store.close()));
  await endServers(database);

  const back = told(await openFolder(await takeOut(database), story), tables.epochs);
  const again = told(await openTables(database, story), tables.epochs);
  assertSame(await story.answers(back), await story.answers(again));
  await story.tell([again, back], 40);
  await Promise.all([back, again].map(({ store }) => store.close()));
  await database.close();
}

test('accounts, their tokens, rules and numbers go along; operator.token stays valid if it is put into the folder', async () => {
  const story = new StoreStory(1);
  const disk = new MemoryDisk();
  const { files } = disk;
  const clock = clockOf(story);
  const accounts = await openAccounts({ folder: FOLDER, files, clock });
  const [alice, bob] = await accounts.add(['alice', 'bob'], 'user', 5);
  const phone = await accounts.addToken('alice', 'phone', 6);
  await accounts.add(['root', 'gone'], 'operator', 7);
  await accounts.changeSenders('bob', { action: 'block', names: ['alice'] });
  await accounts.changeSenders('bob', { action: 'allow', names: ['alice', 'gone'] });
  await accounts.remove(['gone']);
  await accounts.verify('alice', phone.token, 8);
  await accounts.saveUses();
  const token = (await files.read(operatorTokenPath(FOLDER))).toString().trim();
  await (await openFolder(disk, story)).close();

  const database = await openDatabase(await postgres.newDatabase());
  await bringIn(disk, database);
  const tables = new PostgresAccounts({ database, log: silentLog, tellRevoked: () => {} });
  const describe = async (from: Accounts) => ({
    list: await from.list('', 10),
    tokens: await Promise.all(['alice', 'bob', 'root', 'operator'].map((user) => from.tokens(user))),
    senders: await from.senders('bob'),
    identities: [
      await from.verify('alice', alice?.token ?? ''),
      await from.verify('alice', phone.token),
      await from.verify('bob', bob?.token ?? ''),
      await from.verify('bob', phone.token),
      await from.verify('operator', token),
    ],
  });
  const before = await describe(accounts);
  assert.ok(before.identities[0] && before.identities[4]);
  assert.deepEqual(await describe(tables), before);
  const { table } = await readExported(database);
  assert.deepEqual(table, await readAccountTable(FOLDER, files));
  const [carol] = await tables.add(['carol'], 'user', 9);
  const identity = await tables.verify('carol', carol?.token ?? '');
  assert.equal(identity?.generation, table.issued + 1);

  const back = await takeOut(database);
  await writeOperatorToken(back.files, FOLDER, token);
  const opened = await openAccounts({ folder: FOLDER, files: back.files, clock });
  await tables.remove(['carol']);
  await opened.remove(['carol']);
  assert.deepEqual(await describe(opened), await describe(tables));
  await database.close();
});

test('what was unsent stays so, and what waits counts as read: nobody knows what sessions of the other store have had', async () => {
  const story = new StoreStory(3);
  const disk = new MemoryDisk();
  const accounts = await openAccounts({ folder: FOLDER, files: disk.files, clock: clockOf(story) });
  await accounts.add(['alice', 'bob'], 'user', story.now);
  const folder = await openFolder(disk, story);
  const messages = ['a', 'b', 'c'].map((id) => ({ id, body: id }));
  await folder.append({ to: 'bob', from: 'alice', at: story.now, messages });
  const unsend = async (store: Store, id: string) =>
    (await store.unsend({ to: 'bob', from: 'alice', ids: [id], at: story.now })).outcomes[0];
  assert.equal(await unsend(folder, 'a'), 'unsent');
  await folder.close();

  const database = await openDatabase(await postgres.newDatabase());
  await bringIn(disk, database);
  const tables = await openTables(database, story);
  assert.deepEqual([await unsend(tables, 'a'), await unsend(tables, 'b')], ['unsent', 'pushed']);
  await tables.append({ to: 'bob', from: 'alice', at: story.now, messages: [{ id: 'd', body: 'd' }] });
  assert.equal(await unsend(tables, 'd'), 'unsent');
  const shownTo = async (store: Store) =>
    (await store.read('bob', 0, EVERYTHING)).map(({ body, unsent }) => [body, unsent]);
  const shown = await shownTo(tables);
  assert.deepEqual(shown, [
    ['', true],
    ['b', undefined],
    ['c', undefined],
    ['', true],
  ]);
  await tables.close();
  await endServers(database);

  const back = await openFolder(await takeOut(database), story);
  assert.deepEqual(await shownTo(back), shown);
  assert.deepEqual([await unsend(back, 'a'), await unsend(back, 'c')], ['unsent', 'pushed']);
  await back.close();
  await database.close();
});

const readExported = (database: Database) => exportStore(database, async (whole, table) => ({ whole, table }));

test('what fails half-way has changed nothing, and can be begun anew; afterwards it is refused', async () => {
  const story = new StoreStory(2);
  const disk = new MemoryDisk();
  await openAccounts({ folder: FOLDER, files: disk.files, clock: clockOf(story) });
  const folder = await openFolder(disk, story);
  await story.tell([told(folder)], 60);
  await folder.close();
  const database = await openDatabase(await postgres.newDatabase());
  const before = await readSchema(database);
  const snapshot = await openSnapshot({ files: disk.files, folder: FOLDER });
  const whole = await contentsOf(snapshot);
  const table = await readAccountTable(FOLDER, disk.files);
  const failing = async function* () {
    for await (const mailbox of whole.mailboxes()) {
      yield mailbox;
      throw new Error('the disk is gone');
    }
  };
  const tried = importStore(database, { ...whole, mailboxes: failing }, table, () => {});
  await assert.rejects(tried, /the disk is gone/);
  assert.deepEqual(await readSchema(database), before);
  assert.deepEqual([...(await readExported(database)).table.accounts], []);

  await importStore(database, whole, table, () => {});
  const refusal = (reason: string) => (error: Error) => error instanceof TransferRefused && error.reason === reason;
  await assert.rejects(bringIn(disk, database), refusal('same-store'));
  await assert.rejects(
    importStore(database, { ...whole, epoch: 'another' }, table, () => {}),
    refusal('not-empty'),
  );
  const store = await openTables(database, story);
  await assert.rejects(bringIn(disk, database), refusal('in-use'));
  await assert.rejects(readExported(database), refusal('in-use'));
  await Promise.all([store.close(), snapshot.close()]);
  await database.close();
});
