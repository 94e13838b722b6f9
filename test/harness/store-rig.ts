/** Sets up a file store on an in-memory disk, with a fake clock and a log that keeps its lines. */
import { type FileStore, type FileStoreOptions, openFileStore } from '../../src/file-store/store/file-store.js';
import type { Log, LogFields } from '../../src/io/log.js';
import type { SentMessage } from './append.js';
import { createFakeClock, type FakeClock } from './fake-clock.js';
import type { MemoryDisk } from './files-memory.js';

export const FOLDER = '/data';
export const EVERYTHING = { messages: 1_000_000, bytes: 1e9 };

export interface LogLine {
  readonly event: string;
  readonly fields: LogFields | undefined;
}

/** A log that keeps its lines. */
export function keepingLog(): { readonly log: Log; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const keep = (event: string, fields?: LogFields): void => {
    lines.push({ event, fields });
  };
  return { lines, log: { debug: keep, info: keep, warn: keep, error: (event, _, fields) => keep(event, fields) } };
}

export interface StoreRig {
  readonly store: FileStore;
  readonly clock: FakeClock;
  readonly log: LogLine[];
}

/** The timers are the fake clock's, but deferred work runs with setImmediate: batches need no `advance`. */
export async function rigStore(disk: MemoryDisk, options: Partial<FileStoreOptions> = {}): Promise<StoreRig> {
  const clock = createFakeClock();
  const { log, lines } = keepingLog();
  const realTurns = {
    ...clock,
    defer: (run: () => void) => {
      setImmediate(run);
    },
  };
  const store = await openFileStore({ folder: FOLDER, files: disk.files, clock: realTurns, log, ...options });
  return { store, clock, log: lines };
}

export const message = (id: string, fields: Partial<SentMessage> = {}): SentMessage => ({
  to: 'bob',
  from: 'alice',
  id,
  body: `body of ${id}`,
  at: Date.UTC(2030, 0, 1),
  ...fields,
});

/** A system error. */
export const failure = (code: string): Error => Object.assign(new Error(code), { code });
