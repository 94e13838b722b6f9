/** Waits until everything that is visible in the database is on the standbys, too. One commit for all who wait. */
import type { Database } from './database.js';

/** Writes to the log of the database, and to no table: everything before it is there when its commit is. */
const WRITE = { name: 'barrier', text: "SELECT pg_logical_emit_message(true, 'im', '')" };

export class Barrier {
  #running: Promise<void> | undefined;
  /** Begins when the running one has ended: what was read after that had begun may not be covered by it. */
  #next: Promise<void> | undefined;

  constructor(private readonly database: Database) {}

  /** @throws StoreUnavailable, OutcomeUnknown. */
  wait(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#commit();
      return this.#running;
    }
    this.#next ??= Promise.allSettled([this.#running]).then(() => {
      this.#next = undefined;
      this.#running = this.#commit();
      return this.#running;
    });
    return this.#next;
  }

  async #commit(): Promise<void> {
    try {
      await this.database.transaction(async (transaction) => transaction.write(WRITE));
    } finally {
      this.#running = undefined;
    }
  }
}
