/** What went wrong with the database, and what that means for the caller. Pure. */

/** There is no usable connection, and nothing was committed: the same call may succeed later. */
export class DatabaseAway extends Error {
  override readonly name = 'DatabaseAway';
}

/** The database must not, or cannot, be used as it is: a setting, its schema, another epoch, or who connects. The message says what to do. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';
}

/** The SQLSTATE of an error that the database reported; undefined for others, such as a broken connection. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object) ? code : undefined;
}

/** Whether it refuses whoever connects (28, 42501), or has no such database (3D000). */
export const refusesUser = (error: unknown): boolean => /^(28...|3D000|42501)$/.test(sqlStateOf(error) ?? '');

/**
 * Whether the connection is of no use any more: it is broken (08), was terminated (57P01 to 57P05), its server has become a
 * standby (25006), or refuses more of them (53300).
 */
export function endsConnection(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === undefined || /^(08...|57P0.|25006|25P03|53300|XX...|58...)$/.test(state);
}

/** Whether the transaction was rolled back and may succeed when it is repeated: a conflict, a deadlock, no memory or disk. */
export const isPassing = (error: unknown): boolean => /^(40...|55P03|57014|53...)$/.test(sqlStateOf(error) ?? '');
