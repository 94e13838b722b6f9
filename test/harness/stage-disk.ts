/** The disk of a process on a stage, and what is left on it after the process dies. */
import { cpSync, existsSync, readFile } from 'node:fs';
import { join } from 'node:path';
import { type Files, realFiles } from '../../src/io/files.js';
import { MemoryDisk } from './files-memory.js';
import { memoryLock } from './memory-lock.js';
import { seededRandom } from './seeded-random.js';

export interface StageDisk {
  readonly files: Files;
  readonly folder: string;
  /** The disk after the process dies at this moment. Later writes of the dead process do not change it. */
  afterDeath(): StageDisk;
}

/** Makes the first disk of a process; its name is `alice`, `store` … */
export type MakeDisk = (name: string) => StageDisk;

/** `Stage.rest` waits until Node has no file work left. In Node.js 26 reads by promise are not visible there: these are. */
const visibleFiles: Files = {
  ...realFiles,
  read: (path) =>
    new Promise((resolve, reject) =>
      readFile(path, (error, bytes) => (error === null ? resolve(bytes) : reject(error))),
    ),
};

/** Real folders below `base`. After a death the next process gets a copy of the folder. */
export function realDisks(base: string): MakeDisk {
  let made = 0;
  const disk = (name: string): StageDisk => {
    const folder = join(base, `${name.replaceAll(/[^a-z]/g, '-')}-${made++}`);
    return {
      files: { ...visibleFiles, ...memoryLock() },
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

/** Disks in memory, for processes that are killed: everything written is left. */
export const memoryDisks: MakeDisk = () => inMemory(new MemoryDisk(), (disk) => disk.clone());

/** Disks in memory, for power losses: everything synced is left, and any legal part of the rest. */
export function mortalDisks(seed: number): MakeDisk {
  const random = seededRandom(seed);
  return () => inMemory(new MemoryDisk(), (disk) => disk.crash((bound) => Math.floor(random() * bound)));
}

function inMemory(disk: MemoryDisk, die: (disk: MemoryDisk) => MemoryDisk): StageDisk {
  return {
    files: disk.files,
    folder: '/state',
    afterDeath: () => inMemory(die(disk), die),
  };
}
