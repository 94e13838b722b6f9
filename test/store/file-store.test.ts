/** The store in a folder, held against the contract: open all the time, and closed, or killed, between any two steps. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/io/clock.js';
import { silentLog } from '../../src/io/log.js';
import { openFileStore } from '../../src/store/file-store.js';
import type { Store } from '../../src/store/store.js';
import { describeStore, type OpenStore } from '../contract/store.js';

const START = 1_700_000_000_000;
const clock = { ...systemClock, now: () => START };

/** How the content gets from one step to the next. */
const inFolder =
  (again: (store: Store, open: () => Promise<Store>) => Promise<Store>): OpenStore =>
  async (limits) => {
    const folder = await mkdtemp(join(tmpdir(), 'im-store-'));
    const stores: Store[] = [];
    const open = async (): Promise<Store> => {
      const store = await openFileStore({ folder, clock, log: silentLog, limits });
      stores.push(store);
      return store;
    };
    const store = await open();
    return {
      store,
      again: () => again(stores.at(-1) as Store, open),
      async done() {
        for (const one of stores.reverse()) await one.close();
        await rm(folder, { recursive: true });
      },
    };
  };

describeStore(
  'files',
  inFolder(async (store) => store),
);

describeStore(
  'files, closed and opened after each step',
  inFolder(async (store, open) => {
    await store.close();
    return open();
  }),
);
