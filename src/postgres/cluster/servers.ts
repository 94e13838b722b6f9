/** Which servers share the database: each has a row with a lease. Only for hints: what is safe comes from the fences. */
import { randomBytes } from 'node:crypto';
import type { Transaction } from '../database/database.js';
import { LEASE } from '../limits.js';
import { isServerId } from './bus-items.js';

/** Runs one statement, and resolves with its rows. */
export type Query = Transaction['query'];

export interface ServerInfo {
  readonly id: string;
  /** The version of `im`. */
  readonly version: string;
  /** How many migrations it knows. */
  readonly schema: number;
}

/** What a renewal found out. */
export interface Renewal {
  /** Other servers that were there and have not renewed their leases: what they had to tell may be lost. */
  readonly expired: readonly string[];
  /** The own lease had expired meanwhile: others may have told this server nothing. */
  readonly wasExpired: boolean;
}

/** A new id for each run of a server. */
export const newServerId = (): string => randomBytes(8).toString('hex');

const RENEW = {
  name: 'renew-lease',
  text: `
    WITH forgotten AS (
      DELETE FROM server WHERE id <> $1 AND lease_until < clock_timestamp() - $5 * interval '1 ms'
    ), renewed AS (
      INSERT INTO server (id, version, schema, lease_until)
      VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 ms')
      ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until
    )
    SELECT id, version, schema, lease_until > clock_timestamp() AS live FROM server`,
};

/** The servers as this one knows them, and its own lease. */
export class Servers {
  #others: readonly ServerInfo[] = [];
  #isRegistered = false;
  constructor(readonly self: ServerInfo) {}

  /** The other servers with a lease, as of the last renewal. */
  get others(): readonly ServerInfo[] {
    return this.#others;
  }

  /** Renews the own lease, and learns which other servers there are. @throws what `query` throws. */
  async renew(query: Query): Promise<Renewal> {
    const { id, version, schema } = this.self;
    const known = await query<ServerInfo & { readonly live: boolean }>(RENEW, [
      id,
      version,
      schema,
      LEASE.expiresAfterMs,
      LEASE.forgottenAfterMs,
    ]);
    const own = known.find((server) => server.id === id);
    const others = known.filter((server) => server.id !== id && isServerId(server.id));
    const dead = new Set(others.filter(({ live }) => !live).map((server) => server.id));
    const expired = this.#others.map((server) => server.id).filter((other) => dead.has(other));
    const wasExpired = this.#isRegistered && !own?.live;
    this.#others = others.filter(({ live }) => live);
    this.#isRegistered = true;
    return { expired, wasExpired };
  }

  /** Gives up the own lease: this server ends. */
  async remove(query: Query): Promise<void> {
    await query({ text: 'DELETE FROM server WHERE id = $1' }, [this.self.id]);
    this.#isRegistered = false;
  }
}
