/** A store in memory only: for tests above the Store port, and as a second implementation of it for the contract. */
import { randomUUID } from 'node:crypto';
import { Mailbox, type MailboxLimits } from '../../src/file-store/mailbox.js';
import { MailboxCache } from '../../src/file-store/mailbox-cache.js';
import { MailboxStore } from '../../src/file-store/mailbox-store.js';
import type { Clock } from '../../src/io/clock.js';
import { MAILBOX } from '../../src/store/limits.js';

interface MemoryStoreOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly limits?: Partial<MailboxLimits>;
}

export class MemoryStore extends MailboxStore {
  constructor({ clock, limits }: MemoryStoreOptions) {
    const users = new Set<string>();
    const mailboxes = new MailboxCache(
      async () => new Mailbox({ ...MAILBOX, ...limits }),
      (user) => users.add(user),
    );
    const position = { lsn: 0, segment: 0, position: 0, bytes: 0, crc: 0 };
    super(
      mailboxes,
      {
        epoch: randomUUID(),
        firstFence: 1,
        users: async () => users,
        hasMailbox: (user) => users.has(user),
        // A record is "durable" at the end of the turn, so that it is in flight first, as in every other store.
        append: (_, listener) => queueMicrotask(() => listener.written(position)),
        close: async () => {},
      },
      clock,
    );
  }
}
