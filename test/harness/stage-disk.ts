/** Where a process on a stage keeps its files, and what the next one finds there when it has died. */
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, readFile } from 'node:fs';
import { join } from 'node:path';
import { type Files, realFiles } from '../../src/io/files.js';
import { MemoryDisk } from './files-memory.js';
import { seededRandom } from './seeded-random.js';

export interface StageDisk {
  readonly files: Files;
  readonly folder: string;
  /** What is left when the process dies at this moment. Whatever the dead one still does changes nothing there. */
  afterDeath(): StageDisk;
}

/** Makes the first disk of a process: `alice`, `store`. */
export type MakeDisk = (name: string) => StageDisk;

/** The stage rests when the system has no file work left, and Node.js 26 does not tell of reads by promise. */
const visibleFiles: Files = {
  ...realFiles,
  read: (path) =>
    new Promise((resolve, reject) =>
      readFile(path, (error, bytes) => (error === null ? resolve(bytes) : reject(error))),
    ),
};

/** Real folders below `base`. A death copies the folder as it is and goes on with the copy. */
export function realDisks(base: string): MakeDisk {
  let made = 0;
  const disk = (name: string): StageDisk => {
    const folder = join(base, `${name.replaceAll(/[^a-z]/g, '-')}-${made++}`);
    return {
      files: visibleFiles,
      folder,
      afterDeath() {
        const next = disk(name);
        if (existsSync(folder)) cpSync(folder, next.folder, { recursive: true });
        return next;
      },
    };
  };
  return disk;
}

/** Disks in memory. The process is killed: the next one finds everything that it wrote. */
export const memoryDisks: MakeDisk = () => inMemory(new MemoryDisk(), (disk) => disk.clone());

/** Disks in memory. The power fails: the next process finds what was synced, and any legal part of what was not. */
export function mortalDisks(seed: number): MakeDisk {
  const random = seededRandom(seed);
  return () => inMemory(new MemoryDisk(), (disk) => disk.crash((bound) => Math.floor(random() * bound)));
}

function inMemory(disk: MemoryDisk, die: (disk: MemoryDisk) => MemoryDisk): StageDisk {
  const name = randomUUID(); // The lock is the kernel's, and knows of all disks of this machine.
  return {
    files: { ...disk.files, identify: async () => name },
    folder: '/state',
    afterDeath: () => inMemory(die(disk), die),
  };
}
