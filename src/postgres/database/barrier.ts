/** Waits until everything that is visible in the database is on the standbys, too. One commit for all who wait. */
import type { Database } from './database.js';

export class Barrier {
  #running: Promise<string> | undefined;
  /** Begins when the running one has ended: what was read after that had begun may not be covered by it. */
  #next: Promise<string> | undefined;

  constructor(private readonly database: Database) {}

  /** Resolves with the server of the database where it is so. @throws StoreUnavailable, OutcomeUnknown. */
  wait(): Promise<string> {
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

  async #commit(): Promise<string> {
    try {
      return await this.database.waitForStandbys();
    } finally {
      this.#running = undefined;
    }
  }
}
