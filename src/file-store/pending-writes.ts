/** Records in flight: what happens to their mailbox when the journal has written or refused them. */
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
import type { DeviceState } from './device-cursors.js';
import type { InFlight, LoadedMailbox } from './loaded-mailbox.js';
import type { SessionChange } from './mailbox.js';
import type { EpochChange } from './mailbox-state.js';

type Reject = (error: Error) => void;

/** A record in flight, and those who wait for it. */
abstract class PendingWrite implements AppendListener, InFlight {
  #joined: { readonly resolve: () => void; readonly reject: Reject }[] | undefined;

  constructor(
    readonly loaded: LoadedMailbox,
    /** See InFlight; 0 where it has no meaning. */
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

  written(position: JournalPosition): void {
    this.loaded.recordsInFlight--;
    this.loaded.onWritten(this.loaded.user, position);
    this.loaded.mailbox.applied(position.lsn, position.crc);
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

/** R9: a message is stored with status 0. */
export class PendingMessage extends PendingWrite {
  constructor(
    loaded: LoadedMailbox,
    readonly message: NewMessage,
    /** The body's length in UTF-8. */
    readonly bytes: number,
    readonly resolve: (result: AppendResult) => void,
    reject: Reject,
  ) {
    super(loaded, loaded.mailbox.reserve(message, bytes), reject);
    loaded.messagesInFlight.push(this);
  }

  protected apply(): void {
    this.loaded.messagesInFlight.shift();
    this.loaded.mailbox.applyMessage(this.seq, this.message, this.bytes);
    this.resolve(this.result);
  }

  protected get result(): AppendResult {
    return { outcome: 'stored', seq: this.seq };
  }

  protected override rollBack(error: Error): void {
    this.loaded.messagesInFlight.pop();
    this.loaded.mailbox.release(this.message, this.bytes);
    this.loaded.senderHolds.refused(this.message, error); // R16: later messages of this sender must not overtake it
  }
}

/** The same, with a copy in the mailbox of the sender: both, or none (one record). */
export class PendingCopiedMessage extends PendingMessage {
  /** Of the copy. */
  readonly copySeq: number;

  constructor(
    loaded: LoadedMailbox,
    readonly sender: LoadedMailbox,
    message: NewMessage,
    bytes: number,
    resolve: (result: AppendResult) => void,
    reject: Reject,
  ) {
    super(loaded, message, bytes, resolve, reject);
    this.copySeq = sender.mailbox.reserveCopy(message);
    sender.messagesInFlight.push(this);
    sender.recordsInFlight++;
  }

  override written(position: JournalPosition): void {
    const { user, mailbox } = this.sender;
    this.sender.recordsInFlight--;
    this.sender.onWritten(user, position);
    mailbox.applied(position.lsn, position.crc);
    this.sender.messagesInFlight.shift();
    mailbox.applyCopy(this.copySeq, this.message, this.bytes);
    super.written(position);
  }

  protected override get result(): AppendResult {
    return { outcome: 'stored', seq: this.seq, copied: true };
  }

  protected override rollBack(error: Error): void {
    super.rollBack(error);
    this.sender.recordsInFlight--;
    this.sender.messagesInFlight.pop();
    this.sender.mailbox.releaseCopy();
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

/** An operator purges messages. */
export class PendingPurge extends PendingWrite {
  constructor(
    loaded: LoadedMailbox,
    readonly seqs: readonly number[],
    readonly at: number,
    readonly resolve: (messages: readonly ReadMessage[]) => void,
    reject: Reject,
  ) {
    super(loaded, 0, reject);
  }

  protected apply(): void {
    this.resolve(this.loaded.mailbox.applyPurge(this.seqs, this.at));
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
