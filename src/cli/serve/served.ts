/** What `im serve` serves: a data folder, or a database that several servers share. */
import type { Accounts } from '../../accounts/accounts.js';
import type { Clock } from '../../io/clock.js';
import type { Log } from '../../io/log.js';
import type { Prove } from '../../io/server-proof.js';
import type { Bounds } from '../../protocol/limits.js';
import type { Undelivered } from '../../server/metrics.js';
import type { Bus } from '../../server/session-bus.js';
import type { MAILBOX } from '../../store/limits.js';
import type { Store } from '../../store/store.js';
import type { Failure } from '../errors/failure.js';

export interface ServedOptions {
  /** Of each mailbox. */
  readonly limits: Partial<Bounds<typeof MAILBOX>>;
  /** So many records, or messages, became durable together, and how long that took. */
  readonly onCommit: (records: number, ms: number) => void;
  readonly clock: Clock;
  readonly log: Log;
  /** Of `im`: the other servers are told. */
  readonly version: string;
}

export interface Served {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly bus: Bus;
  /** Where it is, in the first line of output: its folder, or the hosts of its database. */
  readonly place: { readonly data: string } | { readonly database: string };
  /** The server listens: commands on this machine find it from now on, and recognise its certificate by the fingerprint. */
  announce(url: string, fingerprint: string | undefined): Promise<void>;
  /** Proves that this server is the one that was announced; undefined if nothing was. */
  readonly prove?: Prove;
  /** Why nothing can be stored now; undefined when it can. */
  whyNot(): Promise<string | undefined>;
  /** For the metrics. */
  undelivered(): Promise<Undelivered>;
  /** Resolves when nothing can be made durable any more (storage 3). */
  readonly broken: Promise<Failure>;
  /** Resolves when everything is on disk (unless the disk has failed) and all is released. */
  close(): Promise<void>;
}
