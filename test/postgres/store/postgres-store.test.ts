/** The contract of the Store port, run on PostgreSQL. */
import { after, before } from 'node:test';
import type { PostgresStore } from '../../../src/postgres/store/postgres-store.js';
import { describeStore } from '../../contract/store.js';
import { type SharedPostgres, sharedPostgres } from '../../harness/postgres/shared.js';
import { StoreRig } from '../store-rig.js';

let postgres: SharedPostgres;
let rig: StoreRig;
before(async () => {
  postgres = await sharedPostgres();
  rig = await StoreRig.open(await postgres.newDatabase());
});
after(async () => {
  await rig?.close();
  await postgres?.close();
});

describeStore('postgres', async (limits) => {
  const epoch = await rig.reset();
  const stores = [rig.store(epoch, { limits })];
  const [store] = stores as [PostgresStore];
  return {
    store,
    again: async () => {
      const next = rig.store(epoch, { limits });
      stores.push(next);
      return next;
    },
    done: async () => {
      await Promise.all(stores.map((one) => one.close()));
    },
  };
});
