/** The contract of the Store port, run on PostgreSQL. */
import { after, before } from 'node:test';
import type { PostgresStore } from '../../src/postgres/postgres-store.js';
import { describeStore } from '../contract/store.js';
import { type PostgresNode, startPostgres } from '../harness/postgres/postgres-node.js';
import { StoreRig } from './store-rig.js';

let node: PostgresNode;
let rig: StoreRig;
before(async () => {
  node = await startPostgres();
  rig = await StoreRig.open(await node.newDatabase());
});
after(async () => {
  await rig?.close();
  await node?.remove();
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
