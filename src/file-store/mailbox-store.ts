/**
 * The store's rules, whatever is behind them: which mailbox a call is for, who may move its cursor, what is on its way to
 * the disk. A backing loads mailboxes and makes records durable; it decides nothing.
 */

import type { AppendListener, JournalPosition } from '../disk/journal.js';
import type { Clock } from '../io/clock.js';
import type {
  AppendResult,
  Audit,
  Claim,
  MailboxHead,
  MessageStatus,
  NewMessage,
  PurgeResult,
  PushTrail,
  ReadLimit,
  ReadMessage,
  SettleResult,
} from '../store/store.js';
import { AUDIT_USER, ackMembers, auditMembers, messageMembers, pushedMembers } from './journal-records.js';
import { LoadedMailbox, type Settling } from './loaded-mailbox.js';
import type { Mailbox } from './mailbox.js';
import { findMessageStatus } from './message-status.js';
import { PendingAck, PendingAudit, PendingMessage, PendingPushNote } from './pending-writes.js';
import { purgeMailbox } from './purge.js';
import { SessionFences } from './session-fences.js';

export interface MailboxBackend {
  /** The mailbox with all its durable records. */
  load(user: string): Promise<Mailbox>;
  /** Who has a mailbox, in any order. */
  users(): Promise<Iterable<string>>;
  /** Makes a record durable, or refuses it; see JournalEntry. */
  write(members: string, listener: AppendListener): void;
  /** Told where each record was written. */
  placed(user: string, place: JournalPosition): void;
}

interface Waiting {
  readonly use: (loaded: LoadedMailbox) => void;
  readonly fail: (error: unknown) => void;
}

interface Opening {
  /** The calls that wait, in the order in which they were made. */
  readonly waiting: Waiting[];
  readonly done: Promise<void>;
}

/** What every store does, but for how it ends. */
export class Mailboxes {
  readonly #backing: MailboxBackend;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #claims: SessionFences;
  /** Those in memory. */
  readonly #loadedMailboxes = new Map<string, LoadedMailbox>(); // storage 9
  /** Those being loaded. */
  readonly #opening = new Map<string, Opening>();
  #stopped: Error | undefined;

  /** `fence`: higher than every fence that was ever given for these mailboxes. */
  constructor(backing: MailboxBackend, clock: Pick<Clock, 'now'>, fence: number) {
    this.#backing = backing;
    this.#clock = clock;
    this.#claims = new SessionFences(fence);
  }

  append(message: NewMessage): Promise<AppendResult> {
    const loaded = this.#here(message.to);
    return loaded ? this.#append(loaded, message) : this.#call(message.to, (loaded) => this.#append(loaded, message));
  }

  claim(user: string): Promise<Claim> {
    const fence = this.#claims.take(user); // R6: from now on older claims are stale
    return this.#call(user, async ({ mailbox: { delivered, last } }) => ({ fence, delivered, last }));
  }

  settle(user: string, seq: number, fence: number, trail?: PushTrail): Promise<SettleResult> {
    return this.#call(user, (loaded) => this.#settle(loaded, seq, fence, trail));
  }

  read(user: string, after: number, limit: ReadLimit): Promise<readonly ReadMessage[]> {
    return this.#call(user, (loaded) => this.#read(loaded, after, limit));
  }

  notePushed(user: string, seq: number, fence: number, at: number, trail?: PushTrail): Promise<void> {
    return this.#call(user, (loaded) => this.#notePushed(loaded, seq, fence, at, trail));
  }

  purge(user: string, seqs: readonly number[], at: number): Promise<PurgeResult> {
    return this.#call(user, (loaded) => purgeMailbox(loaded, seqs, at, this.#backing.write));
  }

  find(user: string, from: string, ids: readonly string[]): Promise<readonly MessageStatus[]> {
    return this.#call(user, (loaded) => findMessageStatus(loaded, from, ids));
  }

  /** How many mailboxes are in memory. */
  get loaded(): number {
    return this.#loadedMailboxes.size;
  }

  async users(after: string, limit: number): Promise<readonly string[]> {
    if (this.#stopped) throw this.#stopped;
    const users = [...(await this.#backing.users())].filter((user) => user > after);
    return users.sort().slice(0, limit);
  }

  inspect(user: string): Promise<MailboxHead> {
    return this.#glance(user, ({ delivered, last, purged, deliveryLog }) => ({
      delivered,
      last,
      purged,
      seenAt: deliveryLog.lastSeenAt,
    }));
  }

  audit(audit: Audit): Promise<void> {
    return this.#call(
      AUDIT_USER,
      (loaded) =>
        new Promise((resolve, reject) => {
          this.#backing.write(auditMembers(AUDIT_USER, audit), new PendingAudit(loaded, audit, resolve, reject));
        }),
    );
  }

  audits(): Promise<readonly Audit[]> {
    return this.#glance(AUDIT_USER, ({ deliveryLog }) => deliveryLog.audits);
  }

  /** What `look` sees of the mailbox. One that is there only to be looked at leaves memory at once. */
  look<T>(user: string, look: (mailbox: Mailbox) => T): Promise<T> {
    const loaded = this.#loadedMailboxes.get(user);
    if (loaded) return Promise.resolve(look(loaded.mailbox));
    return new Promise((resolve, fail) => {
      const use = (opened: LoadedMailbox): void => {
        resolve(look(opened.mailbox));
        queueMicrotask(() => {
          if (!opened.touched) this.#letGo(opened);
        });
      };
      this.#enter(user, { use, fail });
    });
  }

  /**
   * Lets go of mailboxes that so many sweeps have found unused (storage 14), and of those used least lately while all
   * together weigh more than `maxBytes`.
   */
  sweep(idleSweeps: number, maxBytes: number): void {
    let bytes = 0;
    for (const loaded of this.#loadedMailboxes.values()) {
      if (loaded.sweep() >= idleSweeps) this.#letGo(loaded);
      else bytes += loaded.mailbox.weight;
    }
    if (bytes <= maxBytes) return;
    for (const loaded of [...this.#loadedMailboxes.values()].sort((a, b) => b.idleSweeps - a.idleSweeps)) {
      if (bytes <= maxBytes) return;
      if (loaded.senderHolds.isEmpty && this.#letGo(loaded)) bytes -= loaded.mailbox.weight;
    }
  }

  /** Resolves when no call waits for its mailbox any more. */
  async whenOpened(): Promise<void> {
    while (this.#opening.size > 0) await Promise.all([...this.#opening.values()].map(({ done }) => done));
  }

  /** From now on every call fails with this error. What is on its way is still told what became of it. */
  stop(error: Error): void {
    this.#stopped ??= error;
  }

  #glance<T>(user: string, look: (mailbox: Mailbox) => T): Promise<T> {
    return this.#stopped ? Promise.reject(this.#stopped) : this.look(user, look);
  }

  /** Unless something of it is on its way to the disk. */
  #letGo(loaded: LoadedMailbox): boolean {
    return loaded.isSettled && this.#loadedMailboxes.delete(loaded.user);
  }

  #append(loaded: LoadedMailbox, message: NewMessage): Promise<AppendResult> {
    const { mailbox, senderHolds } = loaded;
    const { from, id, body } = message;
    const known = mailbox.seqOf(from, id);
    const isRevived = message.revives === true && known !== undefined && mailbox.stateOf(known) === 'purged';
    if (known !== undefined && !isRevived) return this.#answerKnown(loaded, known, body);
    const before = senderHolds.behind(message); // R16
    if (before) return before.error ? Promise.reject(before.error) : Promise.resolve({ outcome: 'full' });
    const bytes = Buffer.byteLength(body);
    if (!mailbox.hasRoom(from, bytes)) {
      senderHolds.refused(message);
      return Promise.resolve({ outcome: 'full' });
    }
    return new Promise((resolve, reject) => {
      const pending = new PendingMessage(loaded, message, bytes, resolve, reject);
      this.#backing.write(messageMembers(message, pending.seq), pending); // R9
    });
  }

  /** R8: it is not stored again. */
  async #answerKnown({ mailbox, inFlight }: LoadedMailbox, seq: number, body: string): Promise<AppendResult> {
    const original = inFlight.get(seq);
    const isSame = original ? original.message.body === body : mailbox.hasBody(seq, body);
    if (!isSame) return { outcome: 'conflict' };
    await original?.join();
    if (mailbox.stateOf(seq) === 'purged') return { outcome: 'purged' };
    return { outcome: 'duplicate', seq, delivered: seq <= mailbox.delivered };
  }

  #settle(loaded: LoadedMailbox, seq: number, fence: number, trail: PushTrail | undefined): Promise<SettleResult> {
    const { mailbox, settling, user } = loaded;
    if (!this.#claims.isCurrent(user, fence)) return Promise.resolve({ outcome: 'stale' }); // R6
    const cursor = Math.min(seq, mailbox.last);
    if (cursor <= (settling?.seq ?? mailbox.delivered)) return this.#settledBefore(settling);
    return new Promise((resolve, reject) => {
      const at = this.#clock.now();
      const pending = new PendingAck(loaded, cursor, at, trail, resolve, reject);
      this.#backing.write(ackMembers(user, cursor, at, trail), pending); // R12
    });
  }

  async #settledBefore(settling: Settling | undefined): Promise<SettleResult> {
    await settling?.join();
    return { outcome: 'settled', messages: [] };
  }

  /** A session that takes over reads while the older one's note is on its way: it counts. */
  async #read({ mailbox, noting }: LoadedMailbox, after: number, limit: ReadLimit): Promise<readonly ReadMessage[]> {
    if (noting) await Promise.allSettled([noting.join()]); // One that is refused is not counted.
    return mailbox.read(after, limit);
  }

  #notePushed(
    loaded: LoadedMailbox,
    seq: number,
    fence: number,
    at: number,
    trail: PushTrail | undefined,
  ): Promise<void> {
    const { mailbox, user, settling } = loaded;
    // An ack that is on its way came before the session's end.
    const after = Math.max(this.#claims.noted(user, fence), mailbox.delivered, settling?.seq ?? 0);
    const last = Math.min(seq, mailbox.last);
    if (last <= after) return Promise.resolve();
    this.#claims.note(user, fence, last);
    return new Promise((resolve, reject) => {
      const pending = new PendingPushNote(loaded, after, last, at, trail, resolve, reject);
      this.#backing.write(pushedMembers(user, after, last, at, trail), pending);
    });
  }

  #call<T>(user: string, use: (loaded: LoadedMailbox) => Promise<T>): Promise<T> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    const loaded = this.#here(user);
    if (loaded) return use(loaded);
    return new Promise((resolve, fail) => {
      const touch = (opened: LoadedMailbox): void => {
        opened.touched = true;
        resolve(use(opened));
      };
      this.#enter(user, { use: touch, fail });
    });
  }

  /** The mailbox, if it is in memory and may be used. */
  #here(user: string): LoadedMailbox | undefined {
    if (this.#stopped) return undefined;
    const loaded = this.#loadedMailboxes.get(user);
    if (loaded) loaded.touched = true;
    return loaded;
  }

  /** Calls for a mailbox that is being loaded take effect in the order in which they were made (R16). */
  #enter(user: string, waiting: Waiting): void {
    const loaded = this.#loadedMailboxes.get(user);
    const opening = this.#opening.get(user);
    if (loaded) waiting.use(loaded);
    else if (opening) opening.waiting.push(waiting);
    else this.#open(user, waiting);
  }

  #open(user: string, first: Waiting): void {
    const waiting = [first];
    const opened = (mailbox: Mailbox): void => {
      const loaded = new LoadedMailbox(user, mailbox, this.#backing.placed);
      this.#loadedMailboxes.set(user, loaded);
      this.#opening.delete(user);
      for (const { use } of waiting) use(loaded);
    };
    const failed = (error: unknown): void => {
      this.#opening.delete(user);
      for (const { fail } of waiting) fail(error);
    };
    this.#opening.set(user, { waiting, done: this.#backing.load(user).then(opened, failed) });
  }
}
