/** What a server needs to share a database with others: its accounts, its bus, and its place among the servers. */
import type { Clock, Timer } from '../../io/clock.js';
import type { Log } from '../../io/log.js';
import type { Bus, ListedSession } from '../../server/session-bus.js';
import { StoreUnavailable } from '../../store/store.js';
import type { Database } from '../database/database.js';
import { DatabaseRefused } from '../database/database-errors.js';
import { BUS } from '../limits.js';
import { expectSchema, readSchema } from '../schema/migrations.js';
import { PostgresAccounts } from './accounts.js';
import { PostgresBus } from './bus.js';
import { newServerId, type ServerInfo, Servers } from './servers.js';
import { compareSessions } from './session-check.js';

interface MembershipOptions {
  /** Open, with the schema of this program. The caller closes it. */
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** The version of `im`. */
  readonly version: string;
  /** How many migrations this program knows. */
  readonly schema: number;
}

/** One server among those that share a database. */
export interface Membership {
  readonly accounts: PostgresAccounts;
  readonly bus: Bus & Pick<PostgresBus, 'notePlaces'>;
  /** The id of this server: for the rows of the devices whose sessions are here. */
  readonly server: string;
  /** The other servers with a lease. */
  others(): readonly ServerInfo[];
  /**
   * Resolves when this server must end: the database has become another store, or its schema is too new. The error says why. Before
   * that, calls wait or fail as without a database.
   */
  readonly broken: Promise<DatabaseRefused>;
  /** Compares the sessions of this server with the database now, and not only every BUS.compareEveryMs. Never rejects. */
  compare(): Promise<void>;
  /** Saves what waits, tells the others what they are still to be told, and gives up the lease. */
  close(): Promise<void>;
}

/** Resolves when this server listens to the others and has its lease. */
export async function joinServers({ database, clock, log, version, schema }: MembershipOptions): Promise<Membership> {
  const servers = new Servers({ id: newServerId(), version, schema });
  const accounts = new PostgresAccounts({
    database,
    log,
    tellRevoked: (user, generations) => bus.tellRevoked(user, generations),
  });
  const bus = new PostgresBus({
    database,
    servers,
    clock,
    log,
    revoked: (user, generations) => accounts.learnRevoked(user, generations),
    missed: () => void compare(),
  });
  const found = await readSchema(database);
  if (found === undefined) throw new DatabaseRefused('the database has no tables yet: run im database migrate');
  const expected = expectSchema(found, schema);
  let reportBroken: (refusal: DatabaseRefused) => void = () => undefined;
  const broken = new Promise<DatabaseRefused>((resolve) => {
    reportBroken = resolve;
  });
  let comparing: Promise<void> | undefined;
  /** One comparison may have been asked for while another, which began before, was going on. */
  let isAskedAgain = false;

  async function compareOnce(): Promise<void> {
    const [now] = await Promise.all([readSchema(database), bus.checkPrimary()]);
    expected.check(now);
    const compared = bus.sessions();
    const missed = await compareSessions(database, compared);
    const isHere = setOf(missed.length === 0 ? [] : bus.sessions());
    for (const { session, notice } of missed) {
      if (!isHere.has(keyOf(session))) continue; // Another session may be in its place by now.
      const { user, sender } = session;
      if (notice === 'token revoked') accounts.learnRevoked(user, [sender.generation]);
      else bus.deliver(user, notice);
      if (notice !== 'token revoked' && notice.type === 'nudge') continue; // A full window is no loss.
      log.warn('notice was lost', { user, notice: typeof notice === 'string' ? notice : notice.type });
    }
  }

  function compare(): Promise<void> {
    if (comparing !== undefined) {
      isAskedAgain = true;
      return comparing;
    }
    comparing = compareOnce()
      .catch((error: unknown) => {
        if (error instanceof DatabaseRefused) reportBroken(error);
        else if (!(error instanceof StoreUnavailable)) log.error('comparison failed', error);
      })
      .then(() => {
        comparing = undefined;
        if (!isAskedAgain) return undefined;
        isAskedAgain = false;
        return compare();
      });
    return comparing;
  }

  try {
    await bus.open();
  } catch (error) {
    await bus.close();
    throw error;
  }
  const timer: Timer = clock.every(BUS.compareEveryMs, () => {
    // Not with each comparison: a login that was verified has until the next time but one to become a session.
    accounts.keepVerified(new Set(bus.sessions().map(({ sender }) => sender.generation)));
    void compare();
  });
  return {
    accounts,
    bus,
    server: servers.self.id,
    others: () => servers.others,
    broken,
    compare,
    close: async () => {
      timer.cancel();
      await accounts.saveUses();
      await bus.close();
    },
  };
}

const keyOf = ({ user, sender, chat }: ListedSession): string =>
  [user, sender.generation, sender.fence, sender.outbox, chat?.device].join(' ');

const setOf = (sessions: readonly ListedSession[]): ReadonlySet<string> => new Set(sessions.map(keyOf));
