/** A store whose calls can be held, made to fail, or end with the process: what a slow, full or broken disk does. */
import { SenderHolds } from '../../src/file-store/sender-holds.js';
import { type Store, StoreUnavailable } from '../../src/store/store.js';
import { type Deferred, deferred } from './deferred.js';

export type StoreMethod = Exclude<keyof Store, 'epoch' | 'close'>;

export class FaultyStore implements Store {
  /** What calls wait for before they reach the store. An open gate stays, so that nobody overtakes who waited. */
  readonly #gates = new Map<StoreMethod, Promise<void>>();
  readonly #errors = new Map<StoreMethod, Error>();
  readonly #heldBack = new Map<string, SenderHolds>();
  readonly #releases: (() => void)[] = [];
  /** There when the process is dead. */
  #death: Deferred<never> | undefined;
  /** How many calls wait. */
  held = 0;

  constructor(private readonly inner: Store) {}

  /** Calls of these methods wait until what is returned is called. Their order is kept. */
  hold(...methods: readonly StoreMethod[]): () => void {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    for (const method of methods) this.#gates.set(method, gate);
    this.#releases.push(release);
    return release;
  }

  /** Calls of these methods fail, until what is returned is called. */
  fail(error: Error, ...methods: readonly StoreMethod[]): () => void {
    for (const method of methods) this.#errors.set(method, error);
    return () => {
      for (const method of methods) this.#errors.delete(method);
    };
  }

  /** Every fault is over. */
  mend(): void {
    this.#errors.clear();
    for (const release of this.#releases.splice(0)) release();
  }

  /**
   * The process is dead: whatever it still asks for never happens. It would wait for ever; what is returned ends the
   * waiting, with an error, when nobody can hear it any more.
   */
  kill(): () => void {
    const death = deferred<never>();
    this.#death = death;
    void Promise.allSettled([death.promise]);
    return () => {
      this.mend();
      death.reject(new Error('the process is dead'));
    };
  }

  get epoch(): string {
    return this.inner.epoch;
  }

  append: Store['append'] = async (message) => {
    const held = this.#heldBackOf(message.to);
    const before = held.blockerOf(message)?.error;
    if (before) throw before;
    try {
      return await this.#pass('append', () => this.inner.append(message));
    } catch (error) {
      // Those behind it in the same turn fail as well: it stays the first.
      if (error instanceof StoreUnavailable && !held.blockerOf({ ...message, id: '' })) held.refused(message, error);
      throw error;
    }
  };
  claim: Store['claim'] = (user) => this.#pass('claim', () => this.inner.claim(user));
  settle: Store['settle'] = (...given) => this.#pass('settle', () => this.inner.settle(...given));
  read: Store['read'] = (user, after, limit) => this.#pass('read', () => this.inner.read(user, after, limit));
  notePushed: Store['notePushed'] = (...given) => this.#pass('notePushed', () => this.inner.notePushed(...given));
  purge: Store['purge'] = (...given) => this.#pass('purge', () => this.inner.purge(...given));
  find: Store['find'] = (user, from, ids) => this.#pass('find', () => this.inner.find(user, from, ids));

  users: Store['users'] = (after, limit) => this.#pass('users', () => this.inner.users(after, limit));
  inspect: Store['inspect'] = (user) => this.#pass('inspect', () => this.inner.inspect(user));
  audit: Store['audit'] = (audit) => this.#pass('audit', () => this.inner.audit(audit));
  audits: Store['audits'] = () => this.#pass('audits', () => this.inner.audits());

  close(): Promise<void> {
    return this.inner.close();
  }

  /** What fails here fails as it would in the store: in the order of sending (R16). */
  #heldBackOf(user: string): SenderHolds {
    const held = this.#heldBack.get(user) ?? new SenderHolds();
    this.#heldBack.set(user, held);
    return held;
  }

  async #pass<T>(method: StoreMethod, call: () => Promise<T>): Promise<T> {
    const gate = this.#gates.get(method);
    if (gate) {
      this.held++;
      await gate;
      this.held--;
    }
    const error = this.#errors.get(method);
    if (error) throw error;
    return this.#death?.promise ?? call();
  }
}
