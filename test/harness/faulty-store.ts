/** A store whose calls can be held, fail, or never return: as with a slow, full or broken disk, or a killed process. */
import { SenderHolds } from '../../src/file-store/memory/sender-holds.js';
import { type AppendResult, type Batch, type Store, StoreUnavailable } from '../../src/store/store.js';
import { type Deferred, deferred } from './deferred.js';

export type StoreMethod = Exclude<keyof Store, 'epoch' | 'close'>;

export class FaultyStore implements Store {
  /** What calls await before they reach the store. An open gate stays, so that no call overtakes one that waited. */
  readonly #gates = new Map<StoreMethod, Promise<void>>();
  readonly #errors = new Map<StoreMethod, Error>();
  readonly #holds = new Map<string, SenderHolds>();
  readonly #releases: (() => void)[] = [];
  /** Set when the process is dead. */
  #death: Deferred<never> | undefined;
  /** How many calls are held, and how many messages these store. */
  held = 0;
  heldMessages = 0;

  constructor(private readonly inner: Store) {}

  /** Holds calls of these methods until the returned function is called. Their order is kept. */
  hold(...methods: readonly StoreMethod[]): () => void {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    for (const method of methods) this.#gates.set(method, gate);
    this.#releases.push(release);
    return release;
  }

  /** Makes calls of these methods fail until the returned function is called. */
  fail(error: Error, ...methods: readonly StoreMethod[]): () => void {
    for (const method of methods) this.#errors.set(method, error);
    return () => {
      for (const method of methods) this.#errors.delete(method);
    };
  }

  /** Ends all faults. */
  mend(): void {
    this.#errors.clear();
    for (const release of this.#releases.splice(0)) release();
  }

  /**
   * The process is dead: its calls do nothing and never return. The returned function rejects them, for the end of the
   * test, when nobody observes the errors.
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

  append: Store['append'] = async (batch) => {
    const { to, from, at } = batch;
    const holds = this.#holdsOf(to);
    const results: (AppendResult | undefined)[] = batch.messages.map(({ id }) => {
      const refusal = holds.blockerOf({ from, id, at })?.error;
      return refusal instanceof StoreUnavailable ? { outcome: 'unavailable', error: refusal } : undefined;
    });
    const passed = batch.messages.filter((_, index) => results[index] === undefined);
    if (passed.length > 0) {
      const appended = await this.#append({ ...batch, messages: passed }, holds);
      for (const [index, message] of batch.messages.entries())
        results[index] ??= appended[passed.indexOf(message)] as AppendResult;
    }
    return results as AppendResult[];
  };

  async #append(batch: Batch, holds: SenderHolds): Promise<readonly AppendResult[]> {
    const { from, at, messages } = batch;
    try {
      return await this.#pass('append', () => this.inner.append(batch), messages.length);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      // Later messages of the same turn fail as well: the first one stays the blocker.
      const isHeld = holds.blockerOf({ from, id: '', at }) !== undefined;
      if (!isHeld) holds.refused({ from, id: messages[0]?.id ?? '', at }, error);
      return messages.map(() => ({ outcome: 'unavailable', error }));
    }
  }

  claim: Store['claim'] = (...given) => this.#pass('claim', () => this.inner.claim(...given));
  claimOutbox: Store['claimOutbox'] = (...given) => this.#pass('claimOutbox', () => this.inner.claimOutbox(...given));
  settle: Store['settle'] = (...given) => this.#pass('settle', () => this.inner.settle(...given));
  read: Store['read'] = (...given) => this.#pass('read', () => this.inner.read(...given));
  notePushed: Store['notePushed'] = (...given) => this.#pass('notePushed', () => this.inner.notePushed(...given));
  noteSession: Store['noteSession'] = (...given) => this.#pass('noteSession', () => this.inner.noteSession(...given));
  devices: Store['devices'] = (user) => this.#pass('devices', () => this.inner.devices(user));
  removeDevice: Store['removeDevice'] = (...given) =>
    this.#pass('removeDevice', () => this.inner.removeDevice(...given));
  purge: Store['purge'] = (...given) => this.#pass('purge', () => this.inner.purge(...given));
  unsend: Store['unsend'] = (unsend) => this.#pass('unsend', () => this.inner.unsend(unsend));
  countAsRead: Store['countAsRead'] = (user) => this.#pass('countAsRead', () => this.inner.countAsRead(user));
  remove: Store['remove'] = (user) => this.#pass('remove', () => this.inner.remove(user));
  find: Store['find'] = (user, from, ids) => this.#pass('find', () => this.inner.find(user, from, ids));

  heads: Store['heads'] = (after, limit) => this.#pass('heads', () => this.inner.heads(after, limit));
  sent: Store['sent'] = (...args) => this.#pass('sent', () => this.inner.sent(...args));
  inspect: Store['inspect'] = (user) => this.#pass('inspect', () => this.inner.inspect(user));
  trails: Store['trails'] = (...args) => this.#pass('trails', () => this.inner.trails(...args));
  audit: Store['audit'] = (audit) => this.#pass('audit', () => this.inner.audit(audit));
  audits: Store['audits'] = () => this.#pass('audits', () => this.inner.audits());

  close(): Promise<void> {
    return this.inner.close();
  }

  /** As in the real store, a refused message blocks later ones of its sender (R16). */
  #holdsOf(user: string): SenderHolds {
    const holds = this.#holds.get(user) ?? new SenderHolds();
    this.#holds.set(user, holds);
    return holds;
  }

  async #pass<T>(method: StoreMethod, call: () => Promise<T>, messages = 0): Promise<T> {
    const gate = this.#gates.get(method);
    if (gate) {
      this.held++;
      this.heldMessages += messages;
      await gate;
      this.held--;
      this.heldMessages -= messages;
    }
    const error = this.#errors.get(method);
    if (error) throw error;
    return this.#death?.promise ?? call();
  }
}
