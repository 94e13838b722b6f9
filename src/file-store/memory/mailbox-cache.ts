/** The mailboxes in memory: loaded when needed, evicted when idle or too large together (storage 14). */
import type { JournalPlace } from '../../disk/journal.js';
import type { Mailbox } from '../mailbox/mailbox.js';
import { LoadedMailbox } from './loaded-mailbox.js';

/** Is told which mailboxes are in memory. */
export interface CacheWatcher {
  loaded(user: string): void;
  evicted(user: string, mailbox: Mailbox): void;
}

interface WaitingCall {
  readonly run: (loaded: LoadedMailbox) => void;
  readonly reject: (error: unknown) => void;
}

interface Loading {
  /** The calls that wait for the mailbox, in order. */
  readonly calls: WaitingCall[];
  readonly done: Promise<void>;
}

/** Mailboxes per step of a sweep. */
const SWEEP_STEP = 1_000;

export class MailboxCache {
  readonly #load: (user: string) => Promise<Mailbox>;
  readonly #onWritten: (user: string, place: JournalPlace) => void;
  readonly #watchers: readonly CacheWatcher[];
  readonly #loaded = new Map<string, LoadedMailbox>(); // storage 9: a Map, never {}
  readonly #loading = new Map<string, Loading>();
  /** Of those that were in memory before: see `LoadedMailbox.pushable`. Absent: it had nothing then that was not pushable. */
  readonly #pushable = new Map<string, number>();

  /**
   * @param load reads a mailbox with all its durable records.
   * @param onWritten called with the place of records that become durable.
   */
  constructor(
    load: (user: string) => Promise<Mailbox>,
    onWritten: (user: string, place: JournalPlace) => void,
    watchers: readonly CacheWatcher[] = [],
  ) {
    this.#load = load;
    this.#onWritten = onWritten;
    this.#watchers = watchers;
  }

  /** The mailboxes in memory. */
  get all(): Iterable<LoadedMailbox> {
    return this.#loaded.values();
  }

  /** How many mailboxes are in memory. */
  get size(): number {
    return this.#loaded.size;
  }

  /** The mailbox if it is in memory. Counts as a use. */
  get(user: string): LoadedMailbox | undefined {
    const loaded = this.#loaded.get(user);
    if (loaded) loaded.wasUsed = true;
    return loaded;
  }

  isLoading(user: string): boolean {
    return this.#loading.has(user);
  }

  /**
   * Calls `use` with the mailbox: at once if it is in memory, otherwise when it is loaded. Calls for one mailbox are
   * made in the order in which they were asked for (R16). @throws whatever `load` rejects with.
   */
  use<T>(user: string, use: (loaded: LoadedMailbox) => Promise<T>): Promise<T> {
    const loaded = this.get(user);
    if (loaded) return use(loaded);
    return new Promise((resolve, reject) => {
      const run = (opened: LoadedMailbox): void => {
        opened.wasUsed = true;
        resolve(use(opened));
      };
      this.#whenLoaded(user, { run, reject });
    });
  }

  /** As `use`, but only reads, and does not count as a use: a mailbox that was loaded for it is evicted at once. */
  peek<T>(user: string, read: (mailbox: Mailbox) => T): Promise<T> {
    const loaded = this.#loaded.get(user);
    if (loaded) return Promise.resolve(read(loaded.mailbox));
    return new Promise((resolve, reject) => {
      const run = (opened: LoadedMailbox): void => {
        resolve(read(opened.mailbox));
        queueMicrotask(() => {
          if (!opened.wasUsed) this.#evict(opened);
        });
      };
      this.#whenLoaded(user, { run, reject });
    });
  }

  /**
   * Evicts mailboxes that were idle for `idleSweeps` sweeps, and the least recently used ones beyond `maxBytes`; of those that
   * were idle for `soon.idleSweeps`, the ones beyond `soon.maxBytes`.
   */
  sweep(idleSweeps: number, maxBytes: number, soon = { idleSweeps, maxBytes }): void {
    const steps = this.sweepInSteps(idleSweeps, maxBytes, soon);
    while (!steps.next().done);
  }

  /** As `sweep`, but yields every millisecond of work or so: of 100,000 mailboxes it takes 100 ms. */
  *sweepInSteps(idleSweeps: number, maxBytes: number, soon = { idleSweeps, maxBytes }): Generator<void, void> {
    let bytes = 0;
    let count = 0;
    /** By the number of sweeps since their last use. */
    const idle: LoadedMailbox[][] = [];
    for (const loaded of this.#loaded.values()) {
      if (++count % SWEEP_STEP === 0) yield;
      const sweeps = loaded.sweep();
      if (sweeps >= idleSweeps) {
        this.#evict(loaded);
        continue;
      }
      bytes += loaded.mailbox.memoryBytes;
      idle[sweeps] ??= [];
      idle[sweeps].push(loaded);
    }
    while (idle.length > 0) {
      const enough = idle.length > soon.idleSweeps ? soon.maxBytes : maxBytes;
      if (bytes <= enough) return;
      for (const loaded of idle.pop() ?? []) {
        if (++count % SWEEP_STEP === 0) yield;
        if (bytes <= enough) return;
        const isThere = this.#loaded.get(loaded.user) === loaded;
        if (isThere && loaded.senderHolds.isEmpty && this.#evict(loaded)) bytes -= loaded.mailbox.memoryBytes;
      }
    }
  }

  /** Resolves when no mailbox is being loaded. */
  async idle(): Promise<void> {
    while (this.#loading.size > 0) await Promise.all([...this.#loading.values()].map(({ done }) => done));
  }

  /** False if the mailbox has to stay, because of records in flight. */
  #evict(loaded: LoadedMailbox): boolean {
    const { user, mailbox, pushable } = loaded;
    if (loaded.recordsInFlight > 0 || !this.#loaded.delete(user)) return false;
    if (pushable < mailbox.last) this.#pushable.set(user, pushable);
    for (const watcher of this.#watchers) watcher.evicted(user, mailbox);
    return true;
  }

  #whenLoaded(user: string, call: WaitingCall): void {
    const loading = this.#loading.get(user);
    if (loading) {
      loading.calls.push(call);
      return;
    }
    const calls = [call];
    const succeed = (mailbox: Mailbox): void => {
      const loaded = new LoadedMailbox(user, mailbox, this.#onWritten, this.#pushable.get(user));
      this.#pushable.delete(user);
      this.#loaded.set(user, loaded);
      for (const watcher of this.#watchers) watcher.loaded(user);
      this.#loading.delete(user);
      for (const { run } of calls) run(loaded);
    };
    const fail = (error: unknown): void => {
      this.#loading.delete(user);
      for (const { reject } of calls) reject(error);
    };
    this.#loading.set(user, { calls, done: this.#load(user).then(succeed, fail) });
  }
}
