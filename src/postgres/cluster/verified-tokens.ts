/** Which tokens a server has verified and knows of no revocation of. A revocation that comes while a query is under way counts. */
import type { Identity } from '../../accounts/accounts.js';

type Token = Pick<Identity, 'user' | 'generation'>;

export class VerifiedTokens {
  /** Whose they are, by their numbers. */
  readonly #users = new Map<number, string>();
  /** Verified since the last `keep`: their sessions may be about to begin. */
  #lately = new Set<number>();
  /** Queries under way, and what was revoked while there was one. */
  #verifying = 0;
  readonly #revokedMeanwhile = new Set<number>();

  /** @param verify queries the database, and adds what is right. */
  async whileVerifying<T>(verify: () => Promise<T>): Promise<T> {
    this.#verifying++;
    try {
      return await verify();
    } finally {
      this.#verifying--;
      if (this.#verifying === 0) this.#revokedMeanwhile.clear();
    }
  }

  /** R7: false if it was revoked after the query had seen it. */
  add({ user, generation }: Token): boolean {
    if (this.#revokedMeanwhile.has(generation)) return false;
    this.#users.set(generation, user);
    this.#lately.add(generation);
    return true;
  }

  has({ user, generation }: Token): boolean {
    return this.#users.get(generation) === user;
  }

  /** They are revoked. */
  forget(generations: readonly number[]): void {
    for (const generation of generations) {
      this.#users.delete(generation);
      if (this.#verifying > 0) this.#revokedMeanwhile.add(generation);
    }
  }

  /** Forgets all but these, and those added since the last call. */
  keep(generations: ReadonlySet<number>): void {
    for (const generation of this.#users.keys())
      if (!generations.has(generation) && !this.#lately.has(generation)) this.#users.delete(generation);
    this.#lately = new Set();
  }
}
