/** Checks of `im database check`: hosts, settings, standbys, the time of a commit, schema, servers. They change nothing. */
import { systemClock as clock } from '../../io/clock.js';
import { silentLog as log } from '../../io/log.js';
import type { Database } from '../../postgres/database/database.js';
import { readSchema } from '../../postgres/schema/migrations.js';
import { SCHEMA } from '../../postgres/schema/schema.js';
import type { DatabaseFlags } from '../database/database-flags.js';
import { openDatabase } from '../database/open-database.js';
import { Failure } from '../errors/failure.js';
import type { Check, Finding } from './doctor.js';

/** Commits whose median is told. */
const COMMITS = 20;
/** Slower is a warning. */
const SLOW_MS = 50;

export function databaseChecks({ database: address, 'single-node': isSingleNode }: DatabaseFlags): readonly Check[] {
  let opened: Database | undefined;
  const connect: Check = async () => {
    const findings: Finding[] = [];
    const onClearText = (hosts: string, next: string): void => {
      findings.push({ check: 'tls', state: 'warning', message: `${hosts}: reached without TLS`, next });
    };
    try {
      opened = await openDatabase({ address, isSingleNode, clock, log, onClearText });
      const { where } = opened;
      const message = `${where} takes commits that are on disk`;
      return [...findings, { check: 'database', state: 'ok', message, facts: { hosts: where } }];
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { message, why, exit } = error;
      return [...findings, { check: 'database', state: 'problem', message: why ?? message, exit }];
    }
  };
  const on =
    (check: (database: Database) => Promise<readonly Finding[]>): Check =>
    async () =>
      opened === undefined ? [] : check(opened);
  const end: Check = async () => {
    await opened?.close();
    return [];
  };
  return [connect, on(checkStandbys(isSingleNode)), on(checkCommit), on(checkSchema), on(checkServers), end];
}

interface Standby {
  readonly name: string;
  readonly state: string;
  readonly sync: string;
  /** ms */
  readonly lag: number;
}

const checkStandbys =
  (isSingleNode: boolean) =>
  async (database: Database): Promise<readonly Finding[]> => {
    const standbys = await database.query<Standby>({
      text: `SELECT application_name AS name, coalesce(state, 'unknown') AS state, coalesce(sync_state, 'unknown') AS sync,
        coalesce(extract(epoch FROM replay_lag) * 1000, 0)::bigint AS lag FROM pg_stat_replication ORDER BY application_name`,
    });
    const isHidden = standbys.some(({ state, sync }) => state === 'unknown' && sync === 'unknown');
    if (isHidden && !isSingleNode) {
      const message = `${standbys.length} connected; this role may not see how they are`;
      const next = 'as a superuser: GRANT pg_read_all_stats TO the role';
      return [{ check: 'standbys', state: 'warning', message, next, facts: { standbys: standbys.length } }];
    }
    const isWaitedFor = ({ state, sync }: Standby): boolean =>
      state === 'streaming' && (sync === 'sync' || sync === 'quorum');
    const waited = standbys.filter(isWaitedFor);
    const list = standbys.map(({ name, state, sync, lag }) => `${name} ${state} ${sync}, ${lag} ms behind`).join('; ');
    const rest = { check: 'standbys', facts: { standbys: standbys.length, synchronous: waited.length } };
    if (isSingleNode) return [{ ...rest, state: 'ok', message: list === '' ? 'none: one disk is meant' : list }];
    if (waited.length === 0) {
      const message = list === '' ? 'no standby is connected: nothing can be stored' : `no synchronous one: ${list}`;
      return [
        {
          ...rest,
          state: 'problem',
          message,
          next: 'start them, or name them in synchronous_standby_names',
          exit: 'data-unusable',
        },
      ];
    }
    if (waited.length > 1) return [{ ...rest, state: 'ok', message: list }];
    return [
      {
        ...rest,
        state: 'warning',
        message: list,
        next: 'with one synchronous standby, storing stops when it stops: have two',
      },
    ];
  };

async function checkCommit(database: Database): Promise<readonly Finding[]> {
  const times: number[] = [];
  for (let count = 0; count < COMMITS; count++) {
    const begun = clock.monotonic();
    await database.waitForStandbys();
    times.push(clock.monotonic() - begun);
  }
  const ms = times.sort((a, b) => a - b)[COMMITS / 2] ?? 0;
  const rest = {
    check: 'commit',
    message: `${ms.toFixed(1)} ms until a commit is durable (median of ${COMMITS})`,
    facts: { ms },
  };
  if (ms <= SLOW_MS) return [{ ...rest, state: 'ok' }];
  return [
    { ...rest, state: 'warning', next: 'no message is stored faster: look at the disks, and the way to the standbys' },
  ];
}

async function checkSchema(database: Database): Promise<readonly Finding[]> {
  const found = await readSchema(database);
  const known = SCHEMA.length;
  const rest = { check: 'schema', facts: { schema: found?.schema ?? 0, known, epoch: found?.epoch } };
  if (found === undefined)
    return [
      {
        ...rest,
        state: 'warning',
        message: 'there are no tables yet',
        next: 'im serve makes them, or: im database migrate',
      },
    ];
  const message = `schema ${found.schema}, epoch ${found.epoch}`;
  if (found.oldest > known)
    return [
      {
        ...rest,
        state: 'problem',
        message: `${message}; this version knows ${known}`,
        next: 'install a newer version of im',
        exit: 'data-unusable',
      },
    ];
  if (found.schema < known)
    return [
      {
        ...rest,
        state: 'warning',
        message: `${message}; this version has ${known}`,
        next: 'im serve updates it, or: im database migrate',
      },
    ];
  return [{ ...rest, state: 'ok', message }];
}

async function checkServers(database: Database): Promise<readonly Finding[]> {
  if ((await readSchema(database)) === undefined) return [];
  const servers = await database.query<{ id: string; version: string; since: number; isAlive: boolean }>({
    text: `SELECT id, version, (extract(epoch FROM clock_timestamp() - started_at) * 1000)::bigint AS since,
      lease_until > clock_timestamp() AS "isAlive" FROM server ORDER BY started_at`,
  });
  const alive = servers.filter(({ isAlive }) => isAlive);
  const list = alive.map(
    ({ id, version, since }) => `${id.slice(0, 8)} (im ${version}, for ${Math.round(since / 1_000)} s)`,
  );
  const message = alive.length === 0 ? 'no server uses it now' : `${alive.length} running: ${list.join(', ')}`;
  return [{ check: 'servers', state: 'ok', message, facts: { servers: alive.length } }];
}
