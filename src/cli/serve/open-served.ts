/** Opens what `im serve` serves. */
import { Failure } from '../errors/failure.js';
import { resolveTarget } from '../login/target.js';
import type { Served, ServedOptions } from './served.js';
import { openServedFolder } from './served-folder.js';

interface ServedFlags {
  readonly data?: string | undefined;
  readonly database?: string | undefined;
  readonly 'single-node': boolean;
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
