/** How long a disk takes until a small append is durable: no message is stored faster. */
import { randomUUID } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock as clock } from '../../io/clock.js';

/** The measurement stops after this long, whatever number of appends was asked for. */
const MAX_MS = 1_000;
const APPEND_BYTES = 256;

/** `statfs` types of file systems in memory: tmpfs and ramfs. */
const IN_MEMORY: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

export const isInMemory = async (folder: string): Promise<boolean> => IN_MEMORY.has((await statfs(folder)).type);

/**
 * The times of small writes with fdatasync, in ms, shortest first: at least one. Synchronous, so that the event loop is not
 * measured too. The temporary file in the folder is removed. @throws system errors
 */
export function timeAppends(folder: string, count: number): readonly number[] {
  const path = join(folder, `doctor-${randomUUID()}.tmp`);
  const file = openSync(path, 'ax', 0o600);
  try {
    const bytes = Buffer.alloc(APPEND_BYTES, 'x');
    const startedAt = clock.monotonic();
    const times: number[] = [];
    while (times.length < count && (times.length === 0 || clock.monotonic() - startedAt < MAX_MS)) {
      const start = clock.monotonic();
      writeSync(file, bytes);
      fdatasyncSync(file);
      times.push(clock.monotonic() - start);
    }
    return times.sort((a, b) => a - b);
  } finally {
    closeSync(file);
    unlinkSync(path);
  }
}
