/** What waits for the journal, and what happens to a mailbox when it is told: two stages, never mixed. */

import { type CannotWrite, DiskBroken } from '../disk/disk-errors.js';
import type { JournalEntry, Place } from '../disk/journal.js';
import {
  type Appended,
  type Audit,
  type NewMessage,
  type ReadMessage,
  type Settled,
  StoreBroken,
  StoreUnavailable,
  type Trail,
} from '../store/store.js';
import type { InFlight, Settling, Slot } from './loaded-mailbox.js';

type Refuse = (error: Error) => void;

/** A record on its way. */
abstract class Entry implements JournalEntry {
  #joined: { readonly resolve: () => void; readonly refuse: Refuse }[] | undefined;

  constructor(
    readonly slot: Slot,
    readonly seq: number,
    readonly refuse: Refuse,
  ) {
    slot.records++;
  }

  /** It is durable: it becomes part of the mailbox. */
  protected abstract apply(): void;
  /** It never was. */
  protected abstract takeBack(error: Error): void;

  join(): Promise<void> {
    return new Promise((resolve, refuse) => {
      this.#joined ??= [];
      this.#joined.push({ resolve, refuse });
    });
  }

  written(place: Place): void {
    this.slot.records--;
    this.slot.placed(this.slot.user, place);
    this.apply();
    if (this.#joined) for (const { resolve } of this.#joined) resolve();
  }

  refused(fault: CannotWrite | DiskBroken): void {
    const error = storeError(fault);
    this.slot.records--;
    this.takeBack(error);
    this.refuse(error);
    if (this.#joined) for (const { refuse } of this.#joined) refuse(error);
  }
}

/** R9: stored with status 0. */
export class MessageEntry extends Entry implements InFlight {
  constructor(
    slot: Slot,
    readonly message: NewMessage,
    /** The body's length as UTF-8. */
    readonly bytes: number,
    readonly resolve: (appended: Appended) => void,
    refuse: Refuse,
  ) {
    super(slot, slot.mailbox.reserve(message, bytes), refuse);
    slot.inFlight.push(this);
  }

  protected apply(): void {
    this.slot.inFlight.shift();
    this.slot.mailbox.applyMessage(this.seq, this.message, this.bytes);
    this.resolve({ outcome: 'stored', seq: this.seq });
  }

  protected takeBack(error: Error): void {
    this.slot.inFlight.pop();
    this.slot.mailbox.release(this.message, this.bytes);
    this.slot.heldBack.refused(this.message, error); // R16
  }
}

/** R12: everything up to `seq` is delivered. */
export class AckEntry extends Entry implements Settling {
  readonly #before: Settling | undefined;

  constructor(
    slot: Slot,
    seq: number,
    readonly at: number,
    readonly trail: Trail | undefined,
    readonly resolve: (settled: Settled) => void,
    refuse: Refuse,
  ) {
    super(slot, seq, refuse);
    this.#before = slot.settling;
    slot.settling = this;
  }

  protected apply(): void {
    if (this.slot.settling === this) this.slot.settling = undefined;
    this.resolve({ outcome: 'settled', messages: this.slot.mailbox.applyAck(this.seq, this.at, this.trail) });
  }

  protected takeBack(): void {
    this.slot.settling = this.#before;
  }
}

/** A session's push without an ack. */
export class NoteEntry extends Entry implements Settling {
  constructor(
    slot: Slot,
    readonly after: number,
    seq: number,
    readonly at: number,
    readonly trail: Trail | undefined,
    readonly resolve: () => void,
    refuse: Refuse,
  ) {
    super(slot, seq, refuse);
    slot.noting = this;
  }

  protected apply(): void {
    this.takeBack();
    this.slot.mailbox.applyPushed(this.after, this.seq, this.at, this.trail);
    this.resolve();
  }

  protected takeBack(): void {
    if (this.slot.noting === this) this.slot.noting = undefined;
  }
}

/** Messages that an operator deletes. */
export class PurgeEntry extends Entry {
  constructor(
    slot: Slot,
    readonly seqs: readonly number[],
    readonly at: number,
    readonly resolve: (messages: readonly ReadMessage[]) => void,
    refuse: Refuse,
  ) {
    super(slot, 0, refuse);
  }

  protected apply(): void {
    this.resolve(this.slot.mailbox.applyPurge(this.seqs, this.at));
  }

  protected takeBack(): void {
    // Nothing was reserved for it.
  }
}

/** What an operator did. */
export class AuditEntry extends Entry {
  constructor(
    slot: Slot,
    readonly audit: Audit,
    readonly resolve: () => void,
    refuse: Refuse,
  ) {
    super(slot, 0, refuse);
  }

  protected apply(): void {
    this.slot.mailbox.annals.audited(this.audit);
    this.resolve();
  }

  protected takeBack(): void {
    // Nothing was reserved for it.
  }
}

const storeError = (fault: CannotWrite | DiskBroken): Error =>
  fault instanceof DiskBroken
    ? new StoreBroken(fault.message, { cause: fault })
    : new StoreUnavailable(fault.message, { cause: fault });
