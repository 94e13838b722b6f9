/** The port to queues, which are read from a data folder or from a server, and the messages in them. */
import type { Audit, ReadMessage } from '../store/store.js';

export const QUEUE_STATES = ['undelivered', 'delivered', 'purged'] as const;
export type QueueState = (typeof QUEUE_STATES)[number];

/** A message as it is listed, exported and restored. */
export interface QueuedMessage extends ReadMessage {
  /** 0: it is not known, as that of a message that the reader sent to somebody else. */
  readonly seq: number;
  /** The target: whose mailbox it is in. */
  readonly to: string;
  /** Status 0, status 1, or purged, by an operator or its sender, before it was delivered. */
  readonly status: QueueState;
  /** Read from a file where `im listen --park` put it: it was acked, and not handled. */
  readonly isParked?: true;
}

/** @param to whose mailbox. @param delivered its cursor. */
export function queuedMessage(to: string, delivered: number, message: ReadMessage): QueuedMessage {
  if (message.purgedAt !== undefined) return { to, status: 'purged', ...message };
  return { to, status: message.seq > delivered ? 'undelivered' : 'delivered', ...message };
}

/** When a user was last here. */
export interface Presence {
  /** A chat session began, acked something or ended. ms since 1970; 0 if never. */
  readonly seenAt: number;
  /** Whether a chat session is connected now. */
  readonly online: boolean;
}

/** A device of a user. */
export interface QueueDevice extends Presence {
  readonly device: string;
  /** How many messages in the mailbox it has not acked. */
  readonly behind: number;
}

/** One mailbox at one moment. */
export interface Queue {
  readonly user: string;
  /** The cursor: everything up to here is delivered. */
  readonly delivered: number;
  /** The highest seq. */
  readonly last: number;
  /** Undefined: it is not told. */
  readonly presence: Presence | undefined;
  /** The devices of its user, by name. Empty as long as nobody of that name was here. */
  devices(): readonly QueueDevice[];
  /** The kept messages with a seq above `after`, in order, in chunks. */
  messages(after: number): AsyncIterable<readonly QueuedMessage[]> | Iterable<readonly QueuedMessage[]>;
}

/** A mailbox that cannot be read; the others can. */
export interface UnreadableQueue {
  readonly user: string;
  readonly fault: Error;
}

export interface QueueSource {
  /** Sorted by user. Call it once per source. */
  queues(): AsyncIterable<Queue | UnreadableQueue>;
  /** The audit entries, oldest first. */
  audits(): Promise<readonly Audit[]>;
  close(): Promise<void>;
}
