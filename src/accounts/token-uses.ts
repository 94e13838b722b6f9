/** The uses of tokens that are not saved yet, and when they are: a login does not wait for it, and a full disk keeps nobody out. */
import type { Log } from '../io/log.js';
import type { TokenRecord, TokenUses } from './account-table.js';
import { TOKEN_USES } from './limits.js';

interface UnsavedUsesOptions {
  /** The first use of a token is to be saved at once. */
  readonly isFirstUrgent?: boolean;
}

export class UnsavedUses {
  #uses = new Map<number, { readonly user: string; readonly at: number }>();
  readonly #beingSaved = new Set<TokenUses>();
  /** When it was last tried to save them for their own sake. */
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly log: Log,
    private readonly options: UnsavedUsesOptions = {},
  ) {}

  /** Those being saved included. */
  get all(): TokenUses {
    return new Map([...this.#beingSaved, this.#uses].flatMap((uses) => [...uses]));
  }

  /** @returns whether they are to be saved now. */
  note(user: string, { generation, usedAt, at: madeAt }: TokenRecord, at: number): boolean {
    this.#uses.set(generation, { user, at });
    const savedAt = usedAt ?? madeAt; // A new token is saved, too.
    const isOld = at - savedAt >= TOKEN_USES.savedEveryMs && at - this.#triedAt >= TOKEN_USES.triedEveryMs;
    const isDue = isOld || (this.options.isFirstUrgent === true && usedAt === undefined);
    if (isDue) this.#triedAt = at;
    return isDue;
  }

  /** Hands them to `save`, and takes them back if it rejects. @throws what it throws. */
  async saveWith<T>(save: (uses: TokenUses) => Promise<T>): Promise<T> {
    const uses = this.#uses;
    this.#uses = new Map();
    this.#beingSaved.add(uses);
    try {
      return await save(uses);
    } catch (error) {
      this.#uses = new Map([...uses, ...this.#uses]);
      throw error;
    } finally {
      this.#beingSaved.delete(uses);
    }
  }

  /** For their own sake, by `save`, if there are any. Logs an error, and does not throw it. */
  async trySaving(save: () => Promise<unknown>): Promise<void> {
    if (this.#uses.size === 0) return;
    try {
      await save();
    } catch (error) {
      this.log.warn('last use of tokens not saved', { why: (error as Error).message });
    }
  }
}
