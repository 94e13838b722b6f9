/** A store in memory only: for tests above the Store port, and as a second implementation of it for the contract. */
import { randomUUID } from 'node:crypto';
import type { JsonLines } from '../../src/disk/json-layout.js';
import { Mailbox, type MailboxLimits } from '../../src/file-store/mailbox/mailbox.js';
import { EMPTY_MAILBOX, type MailboxState } from '../../src/file-store/mailbox/mailbox-state.js';
import { MailboxCache } from '../../src/file-store/memory/mailbox-cache.js';
import { WaitingSenders } from '../../src/file-store/memory/waiting-senders.js';
import { MailboxStore } from '../../src/file-store/store/mailbox-store.js';
import type { Clock } from '../../src/io/clock.js';
import { MAILBOX } from '../../src/store/limits.js';

interface MemoryStoreOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly limits?: Partial<MailboxLimits>;
  /** Begins as an earlier store was when this was taken. */
  readonly saved?: SavedStore;
}

export interface SavedStore {
  readonly epoch: string;
  readonly mailboxes: ReadonlyMap<string, MailboxState>;
}

export class MemoryStore extends MailboxStore {
  readonly #users: Set<string>;

  constructor({ clock, limits, saved }: MemoryStoreOptions) {
    const users = new Set<string>(saved?.mailboxes.keys());
    const senders = new WaitingSenders([], users);
    const mailboxes = new MailboxCache(
      async (user) => Mailbox.restore({ ...MAILBOX, ...limits }, saved?.mailboxes.get(user) ?? EMPTY_MAILBOX),
      (user) => users.add(user),
      [senders],
    );
    const place = { lsn: 0, segment: 0, position: 0, sizes: [], crc: 0 };
    super(
      mailboxes,
      {
        epoch: saved?.epoch ?? randomUUID(),
        firstFence: 1,
        users: async () => users,
        senders,
        hasMailbox: (user) => users.has(user),
        // Records are "durable" at the end of the turn, so that they are in flight first, as in every other store.
        append: (_, listener) => queueMicrotask(() => listener.written(place)),
        close: async () => {},
      },
      clock,
    );
    this.#users = users;
  }

  /** The store as it is now. */
  async save(): Promise<SavedStore> {
    const mailboxes = new Map<string, MailboxState>();
    for (const user of this.#users) {
      mailboxes.set(user, await this.mailboxes.peek(user, stateOf));
    }
    return { epoch: this.epoch, mailboxes };
  }
}

function stateOf(mailbox: Mailbox): MailboxState {
  const { seen, messages, ...rest } = mailbox.snapshot();
  const parsed = <T>({ length, line }: JsonLines): T[] => Array.from({ length }, (_, at) => JSON.parse(line(at)) as T);
  return { ...rest, seen: parsed(seen), messages: parsed(messages) };
}
