/** The contract of the Store port, run on files: open all the time, or closed or killed between any two steps. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openFileStore } from '../../../src/file-store/store/file-store.js';
import { systemClock } from '../../../src/io/clock.js';
import { silentLog } from '../../../src/io/log.js';
import type { Store } from '../../../src/store/store.js';
import { describeStore, type OpenStore } from '../../contract/store.js';
import { fastTmpdir } from '../../harness/fast-disk.js';

const START = 1_700_000_000_000;
const clock = { ...systemClock, now: () => START };

/** An open store and its folder. */
interface OpenFolder {
  readonly store: Store;
  readonly folder: string;
  open(folder: string): Promise<Store>;
}

/** @param again gives the store for the next step, with the same content. */
const inFolder =
  (again: (opened: OpenFolder) => Promise<Store>): OpenStore =>
  async (limits) => {
    const base = await mkdtemp(join(fastTmpdir(), 'im-store-'));
    const opened: OpenFolder[] = [];
    const open = async (folder: string): Promise<Store> => {
      const store = await openFileStore({ folder, clock, log: silentLog, limits });
      opened.push({ store, folder, open });
      return store;
    };
    const store = await open(join(base, '0'));
    return {
      store,
      again: () => again(opened.at(-1) as OpenFolder),
      async done() {
        for (const { store: one } of opened) await one.close();
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
  'files, killed after each step',
  inFolder(async ({ folder, open }) => {
    await cp(folder, `${folder}0`, { recursive: true });
    return open(`${folder}0`);
  }),
);
