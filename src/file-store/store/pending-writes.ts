/** Records in flight: what happens to their mailbox when the journal has written or refused them. */

import { type CannotWrite, DiskBroken } from '../../disk/disk-errors.js';
import type { AppendListener, JournalPlace } from '../../disk/journal.js';
import type { DeviceState } from '../../store/mailbox-contents.js';
import { heldSender } from '../../store/sender-order.js';
import {
  type Audit,
  type Batch,
  type PushTrail,
  type ReadMessage,
  type SettleResult,
  StoreBroken,
  StoreUnavailable,
} from '../../store/store.js';
import { copiedMessageMembers, messageMembers, type RecordFrame, recordFrame } from '../files/journal-records.js';
import type { SessionChange } from '../mailbox/mailbox.js';
import type { EpochChange, KeptMessage } from '../mailbox/mailbox-state.js';
import type { InFlight, LoadedMailbox } from '../memory/loaded-mailbox.js';

type Reject = (error: Error) => void;

/** A record in flight, and those who wait for it. */
abstract class PendingWrite implements AppendListener, InFlight {
  #joined: { readonly resolve: () => void; readonly reject: Reject }[] | undefined;

  constructor(
    readonly loaded: LoadedMailbox,
    /** See InFlight; 0 where it has no meaning. Of messages, the first one's. */
    readonly seq: number,
    readonly reject: Reject,
  ) {
    loaded.recordsInFlight++;
  }

  /** The record is durable: applies it to the mailbox and resolves the call. */
  protected abstract apply(): void;

  /** The record was refused: undoes what the constructor changed. */
  protected rollBack(_error: Error): void {}

  join(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#joined ??= [];
      this.#joined.push({ resolve, reject });
    });
  }

  written(place: JournalPlace): void {
    this.loaded.recordsInFlight--;
    this.loaded.onWritten(this.loaded.user, place);
    this.loaded.mailbox.applied(place.lsn, place.crc);
    this.apply();
    if (this.#joined) for (const { resolve } of this.#joined) resolve();
  }

  refused(reason: CannotWrite | DiskBroken): void {
    const error = storeError(reason);
    this.loaded.recordsInFlight--;
    this.rollBack(error);
    this.reject(error);
    if (this.#joined) for (const { reject } of this.#joined) reject(error);
  }
}

/** As it will be kept, but for its seq. */
export type UnplacedMessage = Omit<KeptMessage, 'seq'> & { seq: number };

/** Whose messages are in flight. */
interface PendingBatch {
  /** They are durable. */
  decided(): void;
  /** @param indexes of the messages in their batch. */
  refused(indexes: readonly number[], error: Error): void;
}

/**
 * R9: messages of a batch are stored with status 0, each in a record of its own. With `copyTo`, a record also puts a copy into
 * the mailbox of the sender: both, or none.
 */
export class PendingMessages extends PendingWrite {
  /** To be appended to the journal. */
  readonly records: string[] = [];
  readonly #messages: KeptMessage[] = [];
  readonly #indexes: number[] = [];
  readonly #frame: RecordFrame;

  constructor(
    loaded: LoadedMailbox,
    readonly batch: Batch,
    readonly copyTo: LoadedMailbox | undefined,
    readonly owner: PendingBatch,
  ) {
    super(loaded, loaded.mailbox.lastReserved + 1, () => {});
    this.#frame = recordFrame(batch);
    loaded.messagesInFlight.push(this);
    if (copyTo) copyTo.recordsInFlight++;
  }

  /** Adds a message, gives it its seq, and returns that. @param index in its batch. */
  add(index: number, message: UnplacedMessage): number {
    const seq = this.loaded.mailbox.reserve(message, message.bytes);
    message.seq = seq;
    const { batch, copyTo } = this;
    const copySeq = copyTo?.mailbox.reserveCopy(message);
    this.#messages.push(message);
    this.#indexes.push(index);
    this.records.push(
      copySeq === undefined
        ? messageMembers(this.#frame, batch.at, message)
        : copiedMessageMembers(batch, message, copySeq),
    );
    return seq;
  }

  override written(place: JournalPlace): void {
    const { copyTo, batch } = this;
    if (copyTo) {
      const { mailbox, user } = copyTo;
      copyTo.recordsInFlight--;
      copyTo.onWritten(user, place);
      mailbox.applied(place.lsn, place.crc);
      const { to, device } = batch;
      for (const message of this.#messages) {
        const copy = { ...message, to, ...(device !== undefined && { device }) };
        mailbox.applyCopy(mailbox.last + 1, copy, message.bytes);
      }
    }
    super.written(place);
  }

  protected apply(): void {
    const { mailbox, messagesInFlight } = this.loaded;
    messagesInFlight.shift();
    for (const message of this.#messages) mailbox.applyReserved(message);
    this.owner.decided();
  }

  protected override rollBack(error: Error): void {
    const { copyTo, loaded, batch } = this;
    loaded.messagesInFlight.pop();
    if (copyTo) copyTo.recordsInFlight--;
    for (const message of this.#messages.reverse()) {
      loaded.mailbox.release(message, message.bytes);
      copyTo?.mailbox.releaseCopy();
      // R16: later messages of this sender must not overtake it
      loaded.senderHolds.refused({ from: heldSender(batch), id: message.id, at: batch.at }, error);
    }
    this.owner.refused(this.#indexes, error);
  }
}

/** R12: a device has everything up to `seq`. */
export class PendingAck extends PendingWrite {
  readonly #previous: InFlight | undefined;

  constructor(
    loaded: LoadedMailbox,
    readonly device: string,
    seq: number,
    readonly at: number,
    readonly trail: PushTrail | undefined,
    readonly resolve: (result: SettleResult) => void,
    reject: Reject,
  ) {
    super(loaded, seq, reject);
    this.#previous = loaded.acksInFlight.get(device);
    loaded.acksInFlight.set(device, this);
  }

  protected apply(): void {
    const { mailbox, acksInFlight } = this.loaded;
    if (acksInFlight.get(this.device) === this) acksInFlight.delete(this.device);
    this.resolve({ outcome: 'settled', messages: mailbox.applyAck(this.seq, this.at, this.trail, this.device) });
  }

  /** The previous ack may be durable by now: then none is in flight. */
  protected override rollBack(): void {
    const { mailbox, acksInFlight } = this.loaded;
    const previous = this.#previous;
    const isInFlight = previous !== undefined && previous.seq > (mailbox.cursorOf(this.device) ?? mailbox.last);
    if (isInFlight) acksInFlight.set(this.device, previous);
    else acksInFlight.delete(this.device);
  }
}

/** A session pushed messages up to `seq` and got no ack. */
export class PendingPushNote extends PendingWrite {
  constructor(
    loaded: LoadedMailbox,
    readonly device: string,
    readonly after: number,
    seq: number,
    readonly at: number,
    readonly trail: PushTrail | undefined,
    readonly resolve: () => void,
    reject: Reject,
  ) {
    super(loaded, seq, reject);
    loaded.pushNoteInFlight = this;
  }

  protected apply(): void {
    this.rollBack();
    this.loaded.mailbox.applyPushed(this.after, this.seq, this.at, this.trail, this.device);
    this.resolve();
  }

  protected override rollBack(): void {
    if (this.loaded.pushNoteInFlight === this) this.loaded.pushNoteInFlight = undefined;
  }
}

/** An operator, or their sender, purges messages. */
export class PendingPurge extends PendingWrite {
  constructor(
    loaded: LoadedMailbox,
    readonly seqs: readonly number[],
    readonly at: number,
    readonly isUnsent: boolean,
    readonly resolve: (messages: readonly ReadMessage[]) => void,
    reject: Reject,
  ) {
    super(loaded, 0, reject);
    if (isUnsent) {
      loaded.unsendsInFlight ??= new Set(); // Most mailboxes need none.
      loaded.unsendsInFlight.add(this);
    }
  }

  protected apply(): void {
    this.rollBack();
    this.resolve(this.loaded.mailbox.applyPurge(this.seqs, this.at, this.isUnsent));
  }

  protected override rollBack(): void {
    this.loaded.unsendsInFlight?.delete(this);
  }
}

/** The mailbox gets a new epoch. */
export class PendingEpoch extends PendingWrite {
  constructor(
    loaded: LoadedMailbox,
    readonly change: EpochChange,
    readonly resolve: () => void,
    reject: Reject,
  ) {
    super(loaded, 0, reject);
  }

  protected apply(): void {
    this.loaded.mailbox.applyEpoch(this.change);
    this.resolve();
  }
}

/** The user of the mailbox was removed. */
export class PendingRemoval extends PendingWrite {
  constructor(
    loaded: LoadedMailbox,
    readonly change: EpochChange,
    readonly resolve: (messages: readonly ReadMessage[]) => void,
    reject: Reject,
  ) {
    super(loaded, loaded.mailbox.lastReserved, reject);
  }

  protected apply(): void {
    this.resolve(this.loaded.mailbox.applyRemoval(this.seq, this.change));
  }
}

/** A device is added, or changed. */
export class PendingDevice extends PendingWrite {
  constructor(
    loaded: LoadedMailbox,
    readonly device: DeviceState,
    readonly resolve: () => void,
    reject: Reject,
  ) {
    super(loaded, 0, reject);
  }

  protected apply(): void {
    this.loaded.mailbox.applyDevice(this.device);
    this.resolve();
  }
}

/** A device is forgotten. */
export class PendingDeviceRemoval extends PendingWrite {
  constructor(
    loaded: LoadedMailbox,
    readonly device: string,
    readonly resolve: () => void,
    reject: Reject,
  ) {
    super(loaded, 0, reject);
  }

  protected apply(): void {
    this.loaded.mailbox.applyDeviceRemoval(this.device);
    this.resolve();
  }
}

/** A session began or ended, or its user or device was removed. */
export class PendingSighting extends PendingWrite {
  constructor(
    loaded: LoadedMailbox,
    readonly of: string,
    readonly session: SessionChange,
    readonly resolve: () => void,
    reject: Reject,
  ) {
    super(loaded, 0, reject);
  }

  protected apply(): void {
    this.loaded.mailbox.applySession(this.of, this.session);
    this.resolve();
  }
}

/** An audit entry. */
export class PendingAudit extends PendingWrite {
  constructor(
    loaded: LoadedMailbox,
    readonly audit: Audit,
    readonly resolve: () => void,
    reject: Reject,
  ) {
    super(loaded, 0, reject);
  }

  protected apply(): void {
    const { mailbox } = this.loaded;
    mailbox.deliveryLog.addAudit({ ...this.audit, lsn: mailbox.appliedLsn });
    this.resolve();
  }
}

const storeError = (reason: CannotWrite | DiskBroken): Error =>
  reason instanceof DiskBroken
    ? new StoreBroken(reason.message, { cause: reason })
    : new StoreUnavailable(reason.message, { cause: reason });
