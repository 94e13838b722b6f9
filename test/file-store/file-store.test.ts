/** The store in a folder, held against the contract: open all the time, and closed, or killed, between any two steps. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileStore } from '../../src/file-store/file-store.js';
import { systemClock } from '../../src/io/clock.js';
import { silentLog } from '../../src/io/log.js';
import type { Store } from '../../src/store/store.js';
import { describeStore, type OpenStore } from '../contract/store.js';

const START = 1_700_000_000_000;
const clock = { ...systemClock, now: () => START };

/** A folder on its way through the lives of a store. */
interface Stay {
  readonly store: Store;
  readonly folder: string;
  open(folder: string): Promise<Store>;
}

/** How the content gets from one step to the next. */
const inFolder =
  (again: (stay: Stay) => Promise<Store>): OpenStore =>
  async (limits) => {
    const base = await mkdtemp(join(tmpdir(), 'im-store-'));
    const stays: Stay[] = [];
    const open = async (folder: string): Promise<Store> => {
      const store = await openFileStore({ folder, clock, log: silentLog, limits });
      stays.push({ store, folder, open });
      return store;
    };
    const store = await open(join(base, '0'));
    return {
      store,
      again: () => again(stays.at(-1) as Stay),
      async done() {
        for (const stay of stays) await stay.store.close();
        await rm(base, { recursive: true });
      },
    };
  };

describeStore(
  'files',
  inFolder(async ({ store }) => store),
);

describeStore(
  'files, closed and opened after each step',
  inFolder(async ({ store, folder, open }) => {
    await store.close();
    return open(folder);
  }),
);

describeStore(
  'files, as a killed process leaves them after each step',
  inFolder(async ({ folder, open }) => {
    await cp(folder, `${folder}0`, { recursive: true });
    return open(`${folder}0`);
  }),
);
