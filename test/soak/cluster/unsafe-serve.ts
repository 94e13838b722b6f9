/**
 * `im serve` without what keeps a promise at a failover, for the control of the soak: its commits wait for no standby (a setting of
 * its role), nothing is written before the first read, and an outcome that nobody knows counts as success. The product has no such
 * switch: this changes what the driver is asked to do.
 */
import { join } from 'node:path';
import pg from 'pg';
import Serve from '../../../commands/serve.js';

export const UNSAFE_SERVE = import.meta.filename;

/** SQL: commits of the role of `im` wait for no standby, on new connections; there are no others. */
export const UNSAFE_ROLE = `ALTER ROLE im SET synchronous_commit = local;
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'im'`;

const BARRIER = "SELECT pg_logical_emit_message(true, 'im', '')";
const SETTING = "current_setting('synchronous_commit')";

interface Query {
  readonly text?: unknown;
}

function weaken(): void {
  const { prototype } = pg.Client;
  const query = prototype.query as unknown as (this: pg.Client, ...asked: unknown[]) => unknown;
  const weak = function (this: pg.Client, asked: unknown, ...rest: unknown[]): unknown {
    if (asked === 'COMMIT') {
      const committing = query.call(this, asked, ...rest) as Promise<unknown>;
      return committing.catch(() => ({ command: 'COMMIT', rows: [] }));
    }
    const { text } = asked as Query;
    if (typeof text !== 'string') return query.call(this, asked, ...rest);
    const changed = text.replace(BARRIER, 'SELECT 1').replace(SETTING, "'on'");
    return query.call(this, { ...(asked as Query), text: changed }, ...rest);
  };
  prototype.query = weak as unknown as typeof prototype.query;
  const { emit } = prototype;
  prototype.emit = function (this: pg.Client, event: string | symbol, ...rest: unknown[]) {
    return event === 'notice' ? true : emit.call(this, event, ...rest);
  };
}

if (process.argv[1] === import.meta.filename) {
  weaken();
  // As the program is asked for: `serve`, and flags.
  await Serve.run(process.argv.slice(3), join(import.meta.dirname, '../../../..'));
}
