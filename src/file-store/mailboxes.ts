/**
 * The store's rules, whatever is behind them: which mailbox a call is for, who may move its cursor, what is on its way to
 * the disk. A backing loads mailboxes and makes records durable; it decides nothing.
 */

import type { JournalEntry, Place } from '../disk/journal.js';
import type { Clock } from '../io/clock.js';
import type {
  Appended,
  Audit,
  Claim,
  Found,
  MailboxHead,
  NewMessage,
  Purged,
  ReadLimit,
  ReadMessage,
  Settled,
  Trail,
} from '../store/store.js';
import { AUDIT_USER, ackMembers, auditMembers, messageMembers, pushedMembers } from './journal-records.js';
import { type Settling, Slot } from './loaded-mailbox.js';
import type { Mailbox } from './mailbox.js';
import { find } from './message-status.js';
import { AckEntry, AuditEntry, MessageEntry, NoteEntry } from './pending-writes.js';
import { purge } from './purge.js';
import { Claims } from './session-fences.js';

export interface Backing {
  /** The mailbox with all its durable records. */
  load(user: string): Promise<Mailbox>;
  /** Who has a mailbox, in any order. */
  users(): Promise<Iterable<string>>;
  /** Makes a record durable, or refuses it; see JournalEntry. */
  write(members: string, entry: JournalEntry): void;
  /** Told where each record was written. */
  placed(user: string, place: Place): void;
}

interface Waiting {
  readonly use: (slot: Slot) => void;
  readonly fail: (error: unknown) => void;
}

interface Opening {
  /** The calls that wait, in the order in which they were made. */
  readonly waiting: Waiting[];
  readonly done: Promise<void>;
}

/** What every store does, but for how it ends. */
export class Mailboxes {
  readonly #backing: Backing;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #claims: Claims;
  /** Those in memory. */
  readonly #slots = new Map<string, Slot>(); // storage 9
  /** Those being loaded. */
  readonly #opening = new Map<string, Opening>();
  #stopped: Error | undefined;

  /** `fence`: higher than every fence that was ever given for these mailboxes. */
  constructor(backing: Backing, clock: Pick<Clock, 'now'>, fence: number) {
    this.#backing = backing;
    this.#clock = clock;
    this.#claims = new Claims(fence);
  }

  append(message: NewMessage): Promise<Appended> {
    const slot = this.#here(message.to);
    return slot ? this.#append(slot, message) : this.#call(message.to, (slot) => this.#append(slot, message));
  }

  claim(user: string): Promise<Claim> {
    const fence = this.#claims.take(user); // R6: from now on older claims are stale
    return this.#call(user, async ({ mailbox: { delivered, last } }) => ({ fence, delivered, last }));
  }

  settle(user: string, seq: number, fence: number, trail?: Trail): Promise<Settled> {
    return this.#call(user, (slot) => this.#settle(slot, seq, fence, trail));
  }

  read(user: string, after: number, limit: ReadLimit): Promise<readonly ReadMessage[]> {
    return this.#call(user, (slot) => this.#read(slot, after, limit));
  }

  notePushed(user: string, seq: number, fence: number, at: number, trail?: Trail): Promise<void> {
    return this.#call(user, (slot) => this.#notePushed(slot, seq, fence, at, trail));
  }

  purge(user: string, seqs: readonly number[], at: number): Promise<Purged> {
    return this.#call(user, (slot) => purge(slot, seqs, at, this.#backing.write));
  }

  find(user: string, from: string, ids: readonly string[]): Promise<readonly Found[]> {
    return this.#call(user, (slot) => find(slot, from, ids));
  }

  /** How many mailboxes are in memory. */
  get loaded(): number {
    return this.#slots.size;
  }

  async users(after: string, limit: number): Promise<readonly string[]> {
    if (this.#stopped) throw this.#stopped;
    const users = [...(await this.#backing.users())].filter((user) => user > after);
    return users.sort().slice(0, limit);
  }

  inspect(user: string): Promise<MailboxHead> {
    return this.#glance(user, ({ delivered, last, purged, annals }) => ({
      delivered,
      last,
      purged,
      seenAt: annals.lastSeenAt,
    }));
  }

  audit(audit: Audit): Promise<void> {
    return this.#call(
      AUDIT_USER,
      (slot) =>
        new Promise((resolve, reject) => {
          this.#backing.write(auditMembers(AUDIT_USER, audit), new AuditEntry(slot, audit, resolve, reject));
        }),
    );
  }

  audits(): Promise<readonly Audit[]> {
    return this.#glance(AUDIT_USER, ({ annals }) => annals.audits);
  }

  /** What `look` sees of the mailbox. One that is there only to be looked at leaves memory at once. */
  look<T>(user: string, look: (mailbox: Mailbox) => T): Promise<T> {
    const slot = this.#slots.get(user);
    if (slot) return Promise.resolve(look(slot.mailbox));
    return new Promise((resolve, fail) => {
      const use = (opened: Slot): void => {
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
    for (const slot of this.#slots.values()) {
      if (slot.sweep() >= idleSweeps) this.#letGo(slot);
      else bytes += slot.mailbox.weight;
    }
    if (bytes <= maxBytes) return;
    for (const slot of [...this.#slots.values()].sort((a, b) => b.idleSweeps - a.idleSweeps)) {
      if (bytes <= maxBytes) return;
      if (slot.heldBack.isEmpty && this.#letGo(slot)) bytes -= slot.mailbox.weight;
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
  #letGo(slot: Slot): boolean {
    return slot.isSettled && this.#slots.delete(slot.user);
  }

  #append(slot: Slot, message: NewMessage): Promise<Appended> {
    const { mailbox, heldBack } = slot;
    const { from, id, body } = message;
    const known = mailbox.seqOf(from, id);
    const isRevived = message.revives === true && known !== undefined && mailbox.stateOf(known) === 'purged';
    if (known !== undefined && !isRevived) return this.#answerKnown(slot, known, body);
    const before = heldBack.behind(message); // R16
    if (before) return before.error ? Promise.reject(before.error) : Promise.resolve({ outcome: 'full' });
    const bytes = Buffer.byteLength(body);
    if (!mailbox.hasRoom(from, bytes)) {
      heldBack.refused(message);
      return Promise.resolve({ outcome: 'full' });
    }
    return new Promise((resolve, reject) => {
      const entry = new MessageEntry(slot, message, bytes, resolve, reject);
      this.#backing.write(messageMembers(message, entry.seq), entry); // R9
    });
  }

  /** R8: it is not stored again. */
  async #answerKnown({ mailbox, inFlight }: Slot, seq: number, body: string): Promise<Appended> {
    const original = inFlight.get(seq);
    const isSame = original ? original.message.body === body : mailbox.hasBody(seq, body);
    if (!isSame) return { outcome: 'conflict' };
    await original?.join();
    if (mailbox.stateOf(seq) === 'purged') return { outcome: 'purged' };
    return { outcome: 'duplicate', seq, delivered: seq <= mailbox.delivered };
  }

  #settle(slot: Slot, seq: number, fence: number, trail: Trail | undefined): Promise<Settled> {
    const { mailbox, settling, user } = slot;
    if (!this.#claims.isCurrent(user, fence)) return Promise.resolve({ outcome: 'stale' }); // R6
    const cursor = Math.min(seq, mailbox.last);
    if (cursor <= (settling?.seq ?? mailbox.delivered)) return this.#settledBefore(settling);
    return new Promise((resolve, reject) => {
      const at = this.#clock.now();
      const entry = new AckEntry(slot, cursor, at, trail, resolve, reject);
      this.#backing.write(ackMembers(user, cursor, at, trail), entry); // R12
    });
  }

  async #settledBefore(settling: Settling | undefined): Promise<Settled> {
    await settling?.join();
    return { outcome: 'settled', messages: [] };
  }

  /** A session that takes over reads while the older one's note is on its way: it counts. */
  async #read({ mailbox, noting }: Slot, after: number, limit: ReadLimit): Promise<readonly ReadMessage[]> {
    if (noting) await Promise.allSettled([noting.join()]); // One that is refused is not counted.
    return mailbox.read(after, limit);
  }

  #notePushed(slot: Slot, seq: number, fence: number, at: number, trail: Trail | undefined): Promise<void> {
    const { mailbox, user, settling } = slot;
    // An ack that is on its way came before the session's end.
    const after = Math.max(this.#claims.noted(user, fence), mailbox.delivered, settling?.seq ?? 0);
    const last = Math.min(seq, mailbox.last);
    if (last <= after) return Promise.resolve();
    this.#claims.note(user, fence, last);
    return new Promise((resolve, reject) => {
      const entry = new NoteEntry(slot, after, last, at, trail, resolve, reject);
      this.#backing.write(pushedMembers(user, after, last, at, trail), entry);
    });
  }

  #call<T>(user: string, use: (slot: Slot) => Promise<T>): Promise<T> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    const slot = this.#here(user);
    if (slot) return use(slot);
    return new Promise((resolve, fail) => {
      const touch = (opened: Slot): void => {
        opened.touched = true;
        resolve(use(opened));
      };
      this.#enter(user, { use: touch, fail });
    });
  }

  /** The mailbox, if it is in memory and may be used. */
  #here(user: string): Slot | undefined {
    if (this.#stopped) return undefined;
    const slot = this.#slots.get(user);
    if (slot) slot.touched = true;
    return slot;
  }

  /** Calls for a mailbox that is being loaded take effect in the order in which they were made (R16). */
  #enter(user: string, waiting: Waiting): void {
    const slot = this.#slots.get(user);
    const opening = this.#opening.get(user);
    if (slot) waiting.use(slot);
    else if (opening) opening.waiting.push(waiting);
    else this.#open(user, waiting);
  }

  #open(user: string, first: Waiting): void {
    const waiting = [first];
    const opened = (mailbox: Mailbox): void => {
      const slot = new Slot(user, mailbox, this.#backing.placed);
      this.#slots.set(user, slot);
      this.#opening.delete(user);
      for (const { use } of waiting) use(slot);
    };
    const failed = (error: unknown): void => {
      this.#opening.delete(user);
      for (const { fail } of waiting) fail(error);
    };
    this.#opening.set(user, { waiting, done: this.#backing.load(user).then(opened, failed) });
  }
}
