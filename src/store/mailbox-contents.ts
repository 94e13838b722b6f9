/** Everything that a store keeps, in the form of no engine: to bring it from one engine to another. */
import type { Sighted } from './device-heads.js';
import type { PushedRange } from './push-ranges.js';
import type { Audit, ReadMessage, Restored } from './store.js';

export interface KeptMessage extends ReadMessage {
  /** Set if it was restored from an export, instead of sent. */
  readonly restored?: Restored;
}

/** What is left of a message that is no longer kept. */
export interface IdTombstone {
  readonly seq: number;
  readonly from: string;
  readonly id: string;
  /** CRC-32 of the body: together with its length it detects an id that is reused for another body. */
  readonly crc: number;
  /** The body's length in UTF-8. */
  readonly bytes: number;
  /** True if it was purged; otherwise it was delivered. `unsent`: its sender did. */
  readonly purged?: boolean;
  readonly unsent?: boolean;
}

/** A device with a cursor of its own. */
export interface DeviceState {
  readonly device: string;
  /** This device acked everything up to this seq, or it was there before the device. Never above that of the mailbox. */
  readonly cursor: number;
  /** When it was added, or last acked something, ms since 1970. */
  readonly at: number;
  /** Pushes to this device without an ack, from the message after its cursor on. Absent: none. */
  readonly attempts?: readonly number[];
  /** It wants copies of what the user sends from elsewhere. */
  readonly copies?: boolean;
  /** Up to this seq, everything was delivered before it was added. Absent: it began after what was delivered. */
  readonly history?: number;
}

/** Messages after `after`, up to `seq`, that a session pushed together and acked at `at`, or had not acked by then. */
export interface DeliveryRange extends PushedRange {
  readonly at: number;
  /** Absent: MAIN_DEVICE. */
  readonly device?: string;
}

/** What happened to the messages of a mailbox: for traces. Absent fields are empty, or 0. */
export interface DeliveryTraces {
  /** When a session last ended with unacked messages, ms since 1970; 0 if never. */
  readonly pushedAt: number;
  /** When the user last acked something, ms since 1970; 0 if never. */
  readonly ackedAt?: number;
  /** Oldest first. */
  readonly acks?: readonly DeliveryRange[];
  readonly pushes?: readonly DeliveryRange[];
}

/** What a mailbox keeps. */
export interface MailboxCore extends DeliveryTraces {
  /** The epoch of this mailbox, if it is not the store's. */
  readonly ownEpoch?: string | undefined;
  /** Its earlier epochs, the oldest first. */
  readonly pastEpochs?: readonly string[];
  /** The highest seq. */
  readonly last: number;
  /** The cursor: status 1 up to here, 0 after it. */
  readonly delivered: number;
  /** The devices; absent as long as MAIN_DEVICE was the only one: its cursor is `delivered`. */
  readonly devices?: readonly DeviceState[];
  /** With consecutive seqs, up to `last`. */
  readonly messages: readonly KeptMessage[];
  /** The tombstones; those of each sender in order. */
  readonly seen: readonly IdTombstone[];
}

/** One mailbox. */
export interface MailboxContents extends MailboxCore {
  readonly user: string;
  /** When sessions of the devices of this user last began or ended. */
  readonly sightings: readonly Sighted[];
}

/** Whether anything was ever written to the mailbox: otherwise its user was only seen. */
export const isWritten = ({ last, ownEpoch, devices, pushedAt, ackedAt = 0 }: MailboxContents): boolean =>
  last > 0 || ownEpoch !== undefined || devices !== undefined || pushedAt > 0 || ackedAt > 0;

/** A whole store at one moment. */
export interface WholeStore {
  readonly epoch: string;
  /** The audit entries, oldest first. */
  readonly audits: readonly Audit[];
  /** Each user once, in any order; also those who were only seen. May be read again from the start. */
  mailboxes(): AsyncIterable<MailboxContents>;
}
