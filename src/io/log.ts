/** The log as an interface. Data goes into fields, not into sentences; never a body, never a token. */

/** Data of an event. A field with the value undefined is left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** Something is broken. `cause` is logged with its stack and its own causes. */
  error(event: string, cause: unknown, fields?: LogFields): void;
}

/** Drops everything. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
};
