/**
 * The port to the mailboxes: small, asynchronous, one user per call, so that a distributed engine can stand behind it.
 * `test/contract/store.ts` defines it; every implementation passes that suite unchanged.
 */

/** What a sender asks to keep. The caller has checked sizes and that the target exists. */
export interface NewMessage {
  /** The target: names the mailbox. */
  readonly to: string;
  readonly from: string;
  readonly id: string;
  readonly body: string;
  /** The server's time, ms since 1970. */
  readonly at: number;
  /** An operator puts it back: that it was purged does not keep it out. */
  readonly revives?: boolean;
}

/** A message in a mailbox. */
export interface StoredMessage {
  /** Position in the mailbox: 1, 2, 3 … without holes. */
  readonly seq: number;
  readonly from: string;
  readonly id: string;
  readonly body: string;
  readonly at: number;
}

/** What was decided about a message; `stored` and `duplicate` are answered with the frame `stored`. */
export type AppendResult =
  /** It is on disk with status 0 (R9, R14). */
  | { readonly outcome: 'stored'; readonly seq: number }
  /** This (sender, id) with this body was known, and is on disk (R8). `delivered`: its status is 1. */
  | { readonly outcome: 'duplicate'; readonly seq: number; readonly delivered: boolean }
  /** This (sender, id) with this body was purged: it is not stored again, and never delivered. */
  | { readonly outcome: 'purged' }
  /** This (sender, id) was used for another body. Nothing was stored. */
  | { readonly outcome: 'conflict' }
  /**
   * The mailbox, or the sender's share of it, has no room. Nothing was stored. Other messages of this sender are refused,
   * too, until this one comes again, or for a while (R16).
   */
  | { readonly outcome: 'full' };

/** A session's right to move a mailbox's cursor. A newer claim takes it away (fencing). */
export interface Claim {
  /** Higher than that of every earlier claim of this mailbox. */
  readonly fence: number;
  /** The cursor: everything up to this seq is delivered. */
  readonly delivered: number;
  /** The highest seq. */
  readonly last: number;
}

/** What an ack did. */
export type SettleResult =
  /** Durable. `messages` are those whose status became 1, in order, so none that was purged: empty when the cursor was there already. */
  | { readonly outcome: 'settled'; readonly messages: readonly SettledMessage[] }
  /** The session is not the mailbox's newest any more. Nothing changed. */
  | { readonly outcome: 'stale' };

/** One message that became delivered, or was purged: whom to tell. */
export interface SettledMessage {
  readonly seq: number;
  readonly from: string;
  readonly id: string;
}

/** The state of one (sender, id) in a mailbox. */
export interface MessageStatus {
  readonly id: string;
  readonly state: 'stored' | 'delivered' | 'purged' | 'unknown';
}

/** How much one `read` may return. At least one message comes when there is one. */
export interface ReadLimit {
  readonly messages: number;
  readonly bytes: number;
}

/** A message as a window reads it. */
export interface ReadMessage extends StoredMessage {
  /** The body's length as UTF-8: what quotas, windows and `ReadLimit` count. */
  readonly bytes: number;
  /** Earlier sessions it was pushed in. */
  readonly attempts: number;
  /** When the last of them ended without an ack of it; not there if there was none. */
  readonly triedAt?: number;
  /** When an operator purged it, ms since 1970: then its body is empty, `bytes` still what it was, and it is never delivered. */
  readonly purgedAt?: number;
  /** The CRC-32 of the body that a purged one had: a resend is told from another message (R8). */
  readonly crc?: number;
}

/** What became of a message that was to be purged; see `purge`. */
export type PurgeOutcome = 'purged' | 'delivered' | 'unknown' | 'full';

/** What a purge did. Durable. */
export interface PurgeResult {
  /** One for each seq, in their order. */
  readonly outcomes: readonly PurgeOutcome[];
  /** Those that were not purged before. */
  readonly messages: readonly SettledMessage[];
}

/** Which session pushed messages, and when: for those who ask later. */
export interface PushTrail {
  readonly session: string;
  /** By turns in which it pushed: the last seq of each, and when, ms since 1970. In order. */
  readonly pushes: readonly (readonly [seq: number, at: number])[];
}

/** How a mailbox stands. */
export interface MailboxHead {
  /** The cursor. */
  readonly delivered: number;
  /** The highest seq. */
  readonly last: number;
  /** How many after the cursor were purged: they wait for nothing. */
  readonly purged: number;
  /** When a session of its user last acked something, or ended without an ack of what was pushed; 0 if never. */
  readonly seenAt: number;
}

/** What an operator did to queues: one run of a command. */
export interface Audit {
  /** Who, and when it was written down, ms since 1970. */
  readonly by: string;
  readonly at: number;
  /** Names the run. */
  readonly run: string;
  readonly what: 'replay' | 'restore' | 'purge';
  /** Whose mailbox; not there when there may be several. */
  readonly user?: string;
  /** Which messages were meant, as it was asked for. */
  readonly filter: string;
  /** How many it was done to, and how many it was not done to. */
  readonly done: number;
  readonly left: number;
  /** The seqs it was done to, as far as there is room: the first and the last of each run of them, by turns. */
  readonly ranges?: readonly number[];
}

export interface Store {
  /** Names this store's life: a new store, a new epoch. */
  readonly epoch: string;

  /**
   * Decides duplicate, conflict and quota, and stores, in one atomic step (R8, R9). Resolves when the answer is durable.
   * Calls for one mailbox take effect in the order in which they were made (R16).
   * @throws StoreUnavailable when nothing can be written now, and nothing of this message was kept. Other messages of this
   * sender wait behind it as behind one that was `full`.
   * @throws StoreBroken when the disk failed: durability is unknown, nothing may be answered.
   */
  append(message: NewMessage): Promise<AppendResult>;

  /** A new session takes the mailbox: from now on older claims are stale. */
  claim(user: string): Promise<Claim>;

  /**
   * R12: everything up to and including `seq` is delivered. Resolves when that is durable. Never moves back, never
   * beyond the last seq. `trail`: which session pushed what is acked.
   */
  settle(user: string, seq: number, fence: number, trail?: PushTrail): Promise<SettleResult>;

  /**
   * Messages after `after`, in order, only such as are durable. Kept delivered ones too, if `after` is below the cursor.
   * Notes of pushes that were made before it are counted.
   */
  read(user: string, after: number, limit: ReadLimit): Promise<readonly ReadMessage[]>;

  /**
   * The session with this fence has pushed everything up to `seq` and ends (or stalls) without an ack of it: later
   * sessions count one attempt more. Resolves when noted; a note may be lost with the power.
   */
  notePushed(user: string, seq: number, fence: number, at: number, trail?: PushTrail): Promise<void>;

  /**
   * An operator deletes undelivered messages: the bodies are gone for good; seqs and ids stay, so that seqs have no holes and
   * a resend is known (R8). Outcomes: `purged`, now or before; `delivered`: too late, nothing is done; `unknown`: there is no
   * such message; `full`: as many purged ones wait for the user to come as messages may. Resolves when it is durable.
   */
  purge(user: string, seqs: readonly number[], at: number): Promise<PurgeResult>;

  /** The state of the sender's messages to `user`, in the order asked. Waits for those that are being written. */
  find(user: string, from: string, ids: readonly string[]): Promise<readonly MessageStatus[]>;

  /** Who has a mailbox: by name, those after `after`, at most `limit`. */
  users(after: string, limit: number): Promise<readonly string[]>;

  /** How the mailbox of this user stands, by what is durable. Looking at it changes nothing. */
  inspect(user: string): Promise<MailboxHead>;

  /** Writes down what an operator did. Durable when it resolves; the newest MAILBOX.keptAudits are kept. @throws as `append`. */
  audit(audit: Audit): Promise<void>;

  /** What was written down, oldest first. */
  audits(): Promise<readonly Audit[]>;

  /** Finishes what was begun, writes a checkpoint and lets go of everything. Afterwards every call fails. */
  close(): Promise<void>;
}

/** Nothing can be written now (disk full, too much waiting). The same call may succeed later. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The disk failed in a way after which nothing can be promised (storage 3). The process has to end. */
export class StoreBroken extends Error {
  override readonly name = 'StoreBroken';
}
