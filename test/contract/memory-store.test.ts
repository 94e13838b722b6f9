/** The contract of the Store port, run on the store in memory. */
import { createFakeClock } from '../harness/fake-clock.js';
import { MemoryStore } from '../harness/memory-store.js';
import { describeStore } from './store.js';

describeStore('memory', async (limits) => {
  const store = new MemoryStore({ clock: createFakeClock(1_700_000_000_000), limits });
  return { store, again: async () => store, done: () => store.close() };
});
