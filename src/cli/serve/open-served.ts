/** Opens what `im serve` serves. */
import type { Clock } from '../../io/clock.js';
import type { Log } from '../../io/log.js';
import type { Bounds } from '../../protocol/limits.js';
import type { MAILBOX } from '../../store/limits.js';
import { Failure } from '../errors/failure.js';
import { resolveTarget } from '../login/target.js';
import type { Served } from './served.js';
import { openServedFolder } from './served-folder.js';

interface ServedFlags {
  readonly data?: string | undefined;
  readonly database?: string | undefined;
  readonly 'single-node': boolean;
}

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

/** @throws Failure `usage` or `data-unusable` when it cannot be used. */
export async function openServed(flags: ServedFlags, options: ServedOptions): Promise<Served> {
  const { data, database } = flags;
  if (database === undefined) {
    const { data: folder } = await resolveTarget({ data });
    return openServedFolder({ folder, ...options });
  }
  if (data !== undefined) {
    throw new Failure('usage', 'a server has its messages in a data folder or in a database, not in both', {
      next: 'leave out --data (IM_DATA); im import brings a data folder into the database',
    });
  }
  const { openServedDatabase } = await import('./served-database.js');
  return openServedDatabase({ address: database, isSingleNode: flags['single-node'], ...options });
}
