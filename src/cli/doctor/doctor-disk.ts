/** What `im doctor` finds about a disk: how much room there is, and how long it takes until something is really on it. */
import { randomUUID } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../../disk/disk-errors.js';
import type { Clock } from '../../io/clock.js';
import { formatBytes } from '../queues/queue-text.js';
import type { Finding } from './doctor.js';

/** With less room than this, something is going to be refused soon; with less than that, now. */
const FEW_BYTES = 1_000_000_000;
const NO_BYTES = 50_000_000;

/** Appends that are measured, at the most, and for how long. */
const APPENDS = 100;
const MAX_MS = 1_000;
const APPEND_BYTES = 256;

/** No disk is that fast: a memory is, or something that says "done" too early. */
const TOO_FAST_US = 10;
/** Each `stored` takes at least as long. */
const SLOW_US = 20_000;

/** The kernel's numbers of file systems that live in memory: tmpfs and ramfs. */
const IN_MEMORY: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

/** The folder itself, or the one in which it will be made. */
export async function nearestFolder(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      if ((await stat(folder)).isDirectory()) return folder;
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw error;
    }
  }
}

/** How much this account may still write below a folder. */
export async function checkRoom(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  return assessRoom(folder, bavail * bsize);
}

export function assessRoom(folder: string, freeBytes: number): Finding {
  const message = `${formatBytes(freeBytes)} free at ${folder}`;
  const rest = { check: 'room', message, facts: { folder, freeBytes } };
  if (freeBytes >= FEW_BYTES) return { ...rest, state: 'ok' };
  if (freeBytes >= NO_BYTES) return { ...rest, state: 'warning', next: 'make room before it is full' };
  return { ...rest, state: 'problem', next: 'make room: a full disk takes no message', exit: 'data-unusable' };
}

/** Appends to a file of its own in this folder, as a journal does, and removes it. */
export async function checkDurability(folder: string, clock: Pick<Clock, 'monotonic'>): Promise<Finding> {
  try {
    const isInMemory = IN_MEMORY.has((await statfs(folder)).type);
    return assessDurability(folder, measureAppend(folder, clock), isInMemory);
  } catch (error) {
    const message = `nothing can be written at ${folder}: ${(error as Error).message}`;
    return { check: 'durability', state: 'problem', message, exit: 'data-unusable' };
  }
}

export function assessDurability(folder: string, medianUs: number, isInMemory: boolean): Finding {
  const message = `${medianUs} µs for a small write to be on disk at ${folder}`;
  const rest = { check: 'durability', facts: { folder, medianUs, isInMemory } };
  if (isInMemory) return { ...rest, state: 'warning', message: `${message}, which is in memory`, next: LOST };
  if (medianUs < TOO_FAST_US)
    return { ...rest, state: 'warning', message: `${message}: no disk is so fast`, next: LOST };
  if (medianUs <= SLOW_US) return { ...rest, state: 'ok', message };
  return { ...rest, state: 'warning', message, next: 'slow: no message is stored faster than that' };
}

const LOST = 'what is acknowledged may be lost when the power fails: use a disk that keeps it';

/** The median time of a small write and its fdatasync, in whole µs. Blocks: nothing else should be measured with it. */
function measureAppend(folder: string, clock: Pick<Clock, 'monotonic'>): number {
  const path = join(folder, `doctor-${randomUUID()}.tmp`);
  const file = openSync(path, 'ax', 0o600);
  try {
    const bytes = Buffer.alloc(APPEND_BYTES, 'x');
    const begun = clock.monotonic();
    const times: number[] = [];
    while (times.length < APPENDS && clock.monotonic() - begun < MAX_MS) {
      const start = clock.monotonic();
      writeSync(file, bytes);
      fdatasyncSync(file);
      times.push(clock.monotonic() - start);
    }
    times.sort((a, b) => a - b);
    return Math.round((times[Math.floor(times.length / 2)] ?? 0) * 1_000);
  } finally {
    closeSync(file);
    unlinkSync(path);
  }
}
