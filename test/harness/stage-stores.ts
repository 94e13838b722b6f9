/** The store of a stage, in memory or in files, over orderly ends, crashes and losses. */

import type { MailboxLimits } from '../../src/file-store/mailbox/mailbox.js';
import { openFileStore } from '../../src/file-store/store/file-store.js';
import type { Clock } from '../../src/io/clock.js';
import { silentLog } from '../../src/io/log.js';
import type { Store } from '../../src/store/store.js';
import { FaultyDisk } from './faulty-disk.js';
import { MemoryStore, type SavedStore } from './memory-store.js';
import type { MakeDisk, StageDisk } from './stage-disk.js';

export interface StageStores {
  /** The disk of the current store; undefined in memory. */
  readonly disk: FaultyDisk | undefined;
  /** Opens the store as its last process left it. */
  open(): Promise<Store>;
  /** Ends the process in an orderly way. */
  close(store: Store): Promise<void>;
  /** The process dies: later writes of the store object have no effect. */
  crash(store: Store): void;
  /** The next store is a new, empty one. */
  lose(): void;
  /** Keeps a copy of the store. To be called while no process uses it. */
  save(): Promise<void>;
  /** The next store is that copy. @throws Error when there is none. */
  restore(): void;
  /** Closes everything. */
  end(): Promise<void>;
}

export interface StoresPorts {
  readonly clock: Clock;
  readonly limits: () => Partial<MailboxLimits>;
}

/** In memory the store outlives its process. */
export function memoryStores({ clock, limits }: StoresPorts): StageStores {
  let store = new MemoryStore({ clock, limits: limits() });
  let saved: SavedStore | undefined;
  return {
    disk: undefined,
    open: async () => store,
    close: async () => {},
    crash: () => {},
    lose: () => {
      store = new MemoryStore({ clock, limits: limits() });
    },
    async save() {
      saved = await store.save();
    },
    restore() {
      if (!saved) throw new Error('no copy of the store was made');
      store = new MemoryStore({ clock, limits: limits(), saved });
    },
    end: () => store.close(),
  };
}

export function fileStores(makeDisk: MakeDisk, { clock, limits }: StoresPorts): StageStores {
  const dead: Promise<void>[] = [];
  let disk = makeDisk('store');
  let faulty = new FaultyDisk(disk.files);
  let saved: StageDisk | undefined;
  const use = (next: StageDisk): void => {
    disk = next;
    faulty = new FaultyDisk(disk.files);
  };
  return {
    get disk() {
      return faulty;
    },
    open: () => openFileStore({ folder: disk.folder, files: faulty.files, clock, log: silentLog, limits: limits() }),
    close: (store) => store.close(),
    crash(store) {
      const old = faulty;
      use(disk.afterDeath());
      old.become('sound'); // so that the dead store can be closed
      dead.push(store.close());
    },
    lose: () => use(makeDisk('store')),
    async save() {
      saved = disk.afterDeath();
    },
    restore() {
      if (!saved) throw new Error('no copy of the store was made');
      use(saved.afterDeath());
    },
    end: async () => {
      await Promise.all(dead);
    },
  };
}
