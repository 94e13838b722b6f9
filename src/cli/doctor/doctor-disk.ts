/** Checks of `im doctor` on the data folder and its disk: free space, and how long a small write takes to be durable. */
import { statfs } from 'node:fs/promises';
import { formatBytes } from '../output/bytes.js';
import { isInMemory, timeAppends } from './append-time.js';
import type { Finding } from './doctor.js';
import { checkFolder, checkHolder, nearestFolder } from './doctor-machine.js';
import { checkStore } from './doctor-store.js';

/** Free space: less is a warning, and less than `MIN_BYTES` a problem. */
const LOW_BYTES = 1_000_000_000;
const MIN_BYTES = 50_000_000;

const MAX_APPENDS = 100;

/** No disk is faster: this is memory, or a disk that reports a write as done too early. */
const TOO_FAST_US = 10;
/** Slower is a warning: no message is stored faster than one append. */
const SLOW_US = 20_000;

/** `statfs` types of file systems that other machines may have mounted, too (statfs(2)). */
const SHARED: Readonly<Record<number, string>> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB',
  16914839: '9P',
  1702057286: 'FUSE',
  12805120: 'Ceph',
  1397113167: 'AFS',
  198183888: 'Lustre',
  18225520: 'GFS2',
  1196443219: 'GPFS',
  1952539503: 'OCFS2',
};

/** All checks of the data folder; only the first one when the folder cannot be used. @param uid as for `checkFolder`. */
export async function checkData(data: string, uid: number | undefined): Promise<readonly Finding[]> {
  const own = await checkFolder('data', data, uid);
  if (own.state === 'problem') return [own];
  const folder = await nearestFolder(data);
  const [{ type }, space] = [await statfs(folder), await checkSpace(folder)];
  const disk = [own, space, await checkDurability(folder), assessSharing(folder, type)];
  return [...disk, await checkHolder(data), ...(await checkStore(data))];
}

/** @param type of the file system, from statfs. */
export function assessSharing(folder: string, type: number): Finding {
  const name = SHARED[type >>> 0];
  const rest = { check: 'sharing', facts: { folder, fileSystem: name ?? 'local' } };
  if (name === undefined) return { ...rest, state: 'ok', message: `${folder} is on a local file system` };
  const message = `${folder} is on ${name}: a lock in it may not be seen by other machines`;
  const next = 'let only one machine use it at a time, or choose a local disk: two servers on it lose messages';
  return { ...rest, state: 'warning', message, next };
}

/** Free space for this account. */
async function checkSpace(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  return assessSpace(folder, bavail * bsize);
}

export function assessSpace(folder: string, freeBytes: number): Finding {
  const message = `${formatBytes(freeBytes)} free at ${folder}`;
  const rest = { check: 'space', message, facts: { folder, freeBytes } };
  if (freeBytes >= LOW_BYTES) return { ...rest, state: 'ok' };
  if (freeBytes >= MIN_BYTES) return { ...rest, state: 'warning', next: 'free some space before it is full' };
  return { ...rest, state: 'problem', next: 'free some space: a full disk stores no message', exit: 'data-unusable' };
}

/** Measures appends to a temporary file in this folder, written as the journal is, and removes it. */
export async function checkDurability(folder: string): Promise<Finding> {
  try {
    return assessDurability(folder, measureAppend(folder), await isInMemory(folder));
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
    return { ...rest, state: 'warning', message: `${message}: no disk is this fast`, next: LOST };
  if (medianUs <= SLOW_US) return { ...rest, state: 'ok', message };
  return { ...rest, state: 'warning', message, next: 'slow: storing a message takes at least this long' };
}

const LOST = 'acknowledged messages may be lost in a power failure: use a disk that keeps them';

/** Median time of a small write with fdatasync, in whole µs. */
function measureAppend(folder: string): number {
  const times = timeAppends(folder, MAX_APPENDS);
  return Math.round((times[Math.floor(times.length / 2)] ?? 0) * 1_000);
}
