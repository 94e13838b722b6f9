/** A store that forgets everything when it ends: for tests, and for the definition of what a store is. */
import { randomUUID } from 'node:crypto';
import { Mailbox, type MailboxLimits } from '../../src/file-store/mailbox.js';
import { type MailboxBackend, Mailboxes } from '../../src/file-store/mailbox-store.js';
import type { Clock } from '../../src/io/clock.js';
import { MAILBOX } from '../../src/store/limits.js';
import { type Store, StoreUnavailable } from '../../src/store/store.js';

interface MemoryStoreOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly limits?: Partial<MailboxLimits>;
}

export class MemoryStore extends Mailboxes implements Store {
  readonly epoch = randomUUID();

  constructor({ clock, limits }: MemoryStoreOptions) {
    super(memoryBacking({ ...MAILBOX, ...limits }), clock, 1);
  }

  async close(): Promise<void> {
    this.stop(new StoreUnavailable('the store is closed'));
  }
}

/** Here a record is "durable" at the end of the turn, so that the two stages exist as in every other store. */
function memoryBacking(limits: MailboxLimits): MailboxBackend {
  const users = new Set<string>();
  const nowhere = { lsn: 0, segment: 0, position: 0, bytes: 0 };
  return {
    load: async () => new Mailbox(limits),
    write: (_, listener) => queueMicrotask(() => listener.written(nowhere)),
    placed: (user) => users.add(user),
    users: async () => users,
  };
}
