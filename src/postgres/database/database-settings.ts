/** Settings of a database that keep the promise: stored is stored. Checked for each connection and in each transaction. Pure. */
import { DatabaseRefused } from './database-errors.js';

/** One row; also the database's time, ms since 1970. */
export const SETTINGS = `
  SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
    current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('synchronous_standby_names') AS synchronous_standby_names, pg_is_in_recovery() AS in_recovery,
    current_setting('server_encoding') AS encoding, current_setting('server_version_num')::int AS version,
    (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now`;

export interface Settings {
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly synchronous_commit: string;
  readonly synchronous_standby_names: string;
  readonly in_recovery: boolean;
  readonly encoding: string;
  readonly version: number;
  readonly now: number;
}

/** By major version: the first minor release whose commits wait for the standbys from the very start on. */
const FIRST_MINOR: ReadonlyMap<number, number> = new Map([
  [15, 13],
  [16, 9],
  [17, 5],
]);

/** @throws DatabaseRefused. @param isSingleNode one disk is meant: no standby is needed. */
export function checkSettings(settings: Settings, isSingleNode: boolean): void {
  const { fsync, full_page_writes, synchronous_commit, synchronous_standby_names, encoding, version } = settings;
  const [major, minor] = [Math.floor(version / 10_000), version % 10_000];
  if (major < 15) throw new DatabaseRefused(`the database is PostgreSQL ${major}: 15 or newer is needed`);
  const first = FIRST_MINOR.get(major) ?? 0;
  if (minor < first && !isSingleNode)
    throw new DatabaseRefused(
      `PostgreSQL ${major}.${minor} may confirm a commit before a standby has it, just after a start: install ${major}.${first} or newer`,
    );
  if (encoding !== 'UTF8')
    throw new DatabaseRefused(`the database has the encoding ${encoding}: create one with ENCODING 'UTF8'`);
  if (fsync !== 'on') throw refused('fsync', fsync, 'a loss of power would lose stored messages');
  if (full_page_writes !== 'on') throw refused('full_page_writes', full_page_writes, 'a loss of power would damage it');
  if (synchronous_commit !== 'on' && synchronous_commit !== 'remote_apply')
    throw refused('synchronous_commit', synchronous_commit, 'a commit would not wait for the disks');
  if (synchronous_standby_names.trim() === '' && !isSingleNode)
    throw new DatabaseRefused(
      'synchronous_standby_names is empty: stored messages would be on one disk only. Name two standbys, or say --single-node',
    );
}

const refused = (name: string, value: string, why: string): DatabaseRefused =>
  new DatabaseRefused(`${name} is ${value}: ${why}. Set it to on`);
