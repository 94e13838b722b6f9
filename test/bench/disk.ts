/** Latency of the disk itself: the lower bound for every durable answer. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Histogram } from './histogram.js';
import type { Percentiles } from './work.js';

const APPEND_BYTES = 256;
const APPENDS = 1_000;

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
