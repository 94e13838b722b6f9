/** Check of `im doctor` whether `im serve` would start on the data folder: it opens it as a start does, and changes nothing. */
import { openAccounts } from '../../accounts/file-accounts.js';
import { readLock } from '../../disk/lock.js';
import { openStoreFolder } from '../../file-store/store/open-store-folder.js';
import { systemClock as clock } from '../../io/clock.js';
import { dryFiles } from '../../io/dry-files.js';
import { realFiles } from '../../io/files.js';
import { silentLog as log } from '../../io/log.js';
import { dataFailure } from '../errors/data-failure.js';
import { Failure } from '../errors/failure.js';
import { refuseForeignFolder } from '../login/foreign-folder.js';
import type { Finding } from './doctor.js';

/** Nothing for a folder that is missing, or that a server has opened. */
export async function checkStore(data: string): Promise<readonly Finding[]> {
  const files = dryFiles(realFiles);
  if ((await files.list(data)).length === 0 || (await readLock(data)) !== undefined) return [];
  try {
    await refuseForeignFolder(data);
    await openAccounts({ folder: data, files, clock, log });
    await openStoreFolder({ folder: data, files, clock, log });
    return [{ check: 'store', state: 'ok', message: `im serve can start on ${data}` }];
  } catch (error) {
    const failure = dataFailure(error, data);
    if (!(failure instanceof Failure)) throw error;
    const { message, why, next, exit } = failure;
    return [
      { check: 'store', state: 'problem', message: why === undefined ? message : `${message}: ${why}`, next, exit },
    ];
  }
}
