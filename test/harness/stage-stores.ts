/** Where a stage keeps its mailboxes: what is left of a store after an orderly end, a crash, and a loss. */

import { openFileStore } from '../../src/file-store/file-store.js';
import type { MailboxLimits } from '../../src/file-store/mailbox.js';
import type { Clock } from '../../src/io/clock.js';
import { silentLog } from '../../src/io/log.js';
import type { Store } from '../../src/store/store.js';
import { FaultyDisk } from './faulty-disk.js';
import { MemoryStore } from './memory-store.js';
import type { MakeDisk, StageDisk } from './stage-disk.js';

export interface StageStores {
  /** The disk of the store that is open now; in memory there is none. */
  readonly disk: FaultyDisk | undefined;
  /** The store as its last process left it. */
  open(): Promise<Store>;
  /** The process ends in an orderly way. */
  close(store: Store): Promise<void>;
  /** The process dies: what it has written stays, and it writes nothing more that counts. */
  crash(store: Store): void;
  /** The next one to be opened is a new and empty one. */
  lose(): void;
  /** Lets go of everything. */
  end(): Promise<void>;
}

export interface StoresPorts {
  readonly clock: Clock;
  readonly limits: () => Partial<MailboxLimits>;
}

/** In memory a process cannot end without its store: the store outlives it. */
export function memoryStores({ clock, limits }: StoresPorts): StageStores {
  let store = new MemoryStore({ clock, limits: limits() });
  return {
    disk: undefined,
    open: async () => store,
    close: async () => {},
    crash: () => {},
    lose: () => {
      store = new MemoryStore({ clock, limits: limits() });
    },
    end: () => store.close(),
  };
}

export function fileStores(makeDisk: MakeDisk, { clock, limits }: StoresPorts): StageStores {
  const dead: Promise<void>[] = [];
  let disk = makeDisk('store');
  let faulty = new FaultyDisk(disk.files);
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
      old.become('sound'); // So that the dead one comes to its end.
      dead.push(store.close());
    },
    lose: () => use(makeDisk('store')),
    end: async () => {
      await Promise.all(dead);
    },
  };
}
