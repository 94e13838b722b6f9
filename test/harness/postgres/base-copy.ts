/**
 * A copy of the data folder of a running primary, for a standby to start from. Made with the functions for backups and a plain
 * copy, because the npm binaries have no pg_basebackup: one way, wherever the programs come from.
 */
import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, giveTo } from './account.js';
import { withClient } from './postgres-node.js';

/** Files that belong to the running server, not to its data. */
const NOT_COPIED = new Set(['postmaster.pid', 'postmaster.opts', 'postgresql.auto.conf', 'pg_internal.init']);
/** Folders that a copy begins empty. It gets its journal from the primary. */
const EMPTIED = new Set([
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_wal',
]);

export interface CopyTask {
  /** Of a superuser at the primary. */
  readonly url: string;
  readonly from: string;
  /** Data folders that do not exist yet; all get the same copy. */
  readonly to: readonly string[];
  readonly account: Account;
}

/** The copies are standbys: they follow whoever their `primary_conninfo` names. */
export async function copyData({ url, from, to, account }: CopyTask): Promise<void> {
  await withClient(url, async (client) => {
    // The session must last as long as the copy.
    await client.query("SELECT pg_backup_start('copy', fast => true)");
    await Promise.all(to.map((folder) => copyFolder(from, folder, account)));
    const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)');
    for (const folder of to) {
      for (const [name, text] of Object.entries({ backup_label: rows[0].labelfile, 'standby.signal': '' })) {
        await writeFile(join(folder, name), text, { mode: 0o600 });
        giveTo(account, join(folder, name));
      }
    }
  });
}

async function copyFolder(from: string, to: string, account: Account): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  giveTo(account, to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const { name } = entry;
    const [source, target] = [join(from, name), join(to, name)];
    if (NOT_COPIED.has(name) || name.startsWith('pgsql_tmp')) continue;
    if (EMPTIED.has(name)) {
      await mkdir(target, { mode: 0o700 });
      giveTo(account, target);
    } else if (entry.isDirectory()) await copyFolder(source, target, account);
    else await copyOne(source, target, account);
  }
}

async function copyOne(from: string, to: string, account: Account): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // removed meanwhile: the journal says so, too
    throw error;
  }
  giveTo(account, to);
}
