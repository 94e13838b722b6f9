/** What waits for the journal, and what happens to a mailbox when it is told: two stages, never mixed. */

import { type CannotWrite, DiskBroken } from '../disk/disk-errors.js';
import type { AppendListener, JournalPosition } from '../disk/journal.js';
import {
  type AppendResult,
  type Audit,
  type NewMessage,
  type PushTrail,
  type ReadMessage,
  type SettleResult,
  StoreBroken,
  StoreUnavailable,
} from '../store/store.js';
import type { InFlight, LoadedMailbox, Settling } from './loaded-mailbox.js';

type Refuse = (error: Error) => void;

/** A record on its way. */
abstract class PendingWrite implements AppendListener {
  #joined: { readonly resolve: () => void; readonly refuse: Refuse }[] | undefined;

  constructor(
    readonly loaded: LoadedMailbox,
    readonly seq: number,
    readonly refuse: Refuse,
  ) {
    loaded.records++;
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

  written(place: JournalPosition): void {
    this.loaded.records--;
    this.loaded.placed(this.loaded.user, place);
    this.apply();
    if (this.#joined) for (const { resolve } of this.#joined) resolve();
  }

  refused(fault: CannotWrite | DiskBroken): void {
    const error = storeError(fault);
    this.loaded.records--;
    this.takeBack(error);
    this.refuse(error);
    if (this.#joined) for (const { refuse } of this.#joined) refuse(error);
  }
}

/** R9: stored with status 0. */
export class PendingMessage extends PendingWrite implements InFlight {
  constructor(
    loaded: LoadedMailbox,
    readonly message: NewMessage,
    /** The body's length as UTF-8. */
    readonly bytes: number,
    readonly resolve: (appended: AppendResult) => void,
    refuse: Refuse,
  ) {
    super(loaded, loaded.mailbox.reserve(message, bytes), refuse);
    loaded.inFlight.push(this);
  }

  protected apply(): void {
    this.loaded.inFlight.shift();
    this.loaded.mailbox.applyMessage(this.seq, this.message, this.bytes);
    this.resolve({ outcome: 'stored', seq: this.seq });
  }

  protected takeBack(error: Error): void {
    this.loaded.inFlight.pop();
    this.loaded.mailbox.release(this.message, this.bytes);
    this.loaded.senderHolds.refused(this.message, error); // R16
  }
}

/** R12: everything up to `seq` is delivered. */
export class PendingAck extends PendingWrite implements Settling {
  readonly #before: Settling | undefined;

  constructor(
    loaded: LoadedMailbox,
    seq: number,
    readonly at: number,
    readonly trail: PushTrail | undefined,
    readonly resolve: (settled: SettleResult) => void,
    refuse: Refuse,
  ) {
    super(loaded, seq, refuse);
    this.#before = loaded.settling;
    loaded.settling = this;
  }

  protected apply(): void {
    if (this.loaded.settling === this) this.loaded.settling = undefined;
    this.resolve({ outcome: 'settled', messages: this.loaded.mailbox.applyAck(this.seq, this.at, this.trail) });
  }

  protected takeBack(): void {
    this.loaded.settling = this.#before;
  }
}

/** A session's push without an ack. */
export class PendingPushNote extends PendingWrite implements Settling {
  constructor(
    loaded: LoadedMailbox,
    readonly after: number,
    seq: number,
    readonly at: number,
    readonly trail: PushTrail | undefined,
    readonly resolve: () => void,
    refuse: Refuse,
  ) {
    super(loaded, seq, refuse);
    loaded.noting = this;
  }

  protected apply(): void {
    this.takeBack();
    this.loaded.mailbox.applyPushed(this.after, this.seq, this.at, this.trail);
    this.resolve();
  }

  protected takeBack(): void {
    if (this.loaded.noting === this) this.loaded.noting = undefined;
  }
}

/** Messages that an operator deletes. */
export class PendingPurge extends PendingWrite {
  constructor(
    loaded: LoadedMailbox,
    readonly seqs: readonly number[],
    readonly at: number,
    readonly resolve: (messages: readonly ReadMessage[]) => void,
    refuse: Refuse,
  ) {
    super(loaded, 0, refuse);
  }

  protected apply(): void {
    this.resolve(this.loaded.mailbox.applyPurge(this.seqs, this.at));
  }

  protected takeBack(): void {
    // Nothing was reserved for it.
  }
}

/** What an operator did. */
export class PendingAudit extends PendingWrite {
  constructor(
    loaded: LoadedMailbox,
    readonly audit: Audit,
    readonly resolve: () => void,
    refuse: Refuse,
  ) {
    super(loaded, 0, refuse);
  }

  protected apply(): void {
    this.loaded.mailbox.deliveryLog.audited(this.audit);
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
