/** Latency of the disk itself: the lower bound for every durable answer. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Histogram } from './histogram.js';
import type { Percentiles } from './work.js';

const APPEND_BYTES = 256;
const APPENDS = 1_000;
/** `statfs` types of file systems in memory: tmpfs and ramfs. */
const IN_MEMORY: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

/** Latency of fdatasync after a small append, as the journal does it, ms. */
export function measureDatasync(folder: string): Percentiles {
  const times = new Histogram();
  const bytes = Buffer.alloc(APPEND_BYTES, 'x');
  const file = openSync(join(folder, 'datasync'), 'a');
  for (let append = 0; append < APPENDS; append++) {
    writeSync(file, bytes);
    const start = performance.now();
    fdatasyncSync(file);
    times.record(performance.now() - start);
  }
  closeSync(file);
  return times.percentiles();
}

export async function isInMemory(folder: string): Promise<boolean> {
  return IN_MEMORY.has((await statfs(folder)).type);
}
