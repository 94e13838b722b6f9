/** Servers that share a database, without the servers: their accounts and their bus, with listeners that note what they get. */
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../src/io/clock.js';
import { type Log, silentLog } from '../../src/io/log.js';
import { joinServers, type Membership } from '../../src/postgres/cluster/cluster.js';
import { Database, type Listener } from '../../src/postgres/database/database.js';
import { migrate } from '../../src/postgres/schema/migrations.js';
import { SCHEMA } from '../../src/postgres/schema/schema.js';
import type { ListedSession, Notice } from '../../src/server/session-bus.js';
import { createFakeClock, type FakeClock } from '../harness/fake-clock.js';

/** One of the servers, with a clock of its own. */
export interface RigServer extends Membership {
  readonly clock: FakeClock;
  readonly database: Database;
  /** The connection of its bus. */
  listener(): Listener;
  /** What its sessions were told, oldest first. */
  readonly notices: (Notice & { readonly user: string })[];
  /** Whose sessions were revoked. */
  readonly revoked: string[];
  /** Replay room of the users who have a chat session here. */
  readonly rooms: Map<string, number>;
  /** Its sessions. */
  listed: readonly ListedSession[];
}

export const openDatabase = async (url: string, log: Log = silentLog): Promise<Database> => {
  const database = new Database({ url, isSingleNode: true, clock: systemClock, log });
  await database.open();
  await migrate(database, SCHEMA, randomUUID());
  return database;
};

/** Joins the servers of this database. */
export async function startRigServer(url: string): Promise<RigServer> {
  const clock = createFakeClock();
  const database = await openDatabase(url);
  const listen = database.listen.bind(database);
  let listener: Listener | undefined;
  database.listen = (options) => {
    listener = listen(options);
    return listener;
  };
  const joining = joinServers({ database, clock, log: silentLog, version: '1.2.3', schema: SCHEMA.length });
  const membership = await joining.catch(async (error) => {
    await database.close();
    throw error;
  });
  const server: RigServer = {
    ...membership,
    clock,
    database,
    listener: () => listener as Listener,
    notices: [],
    revoked: [],
    rooms: new Map(),
    listed: [],
    close: async () => {
      await membership.close();
      await database.close();
    },
  };
  membership.accounts.onRevoked((users) => server.revoked.push(...users));
  membership.bus.subscribe({
    notice: (user, notice) => server.notices.push({ ...notice, user }),
    replayRoom: (user) => server.rooms.get(user),
    sessions: () => server.listed,
  });
  return server;
}

/** Lets what was published leave: the first of a burst leaves at once, the rest is gathered. */
export const gathered = (server: RigServer): Promise<void> => server.clock.advance(10);
