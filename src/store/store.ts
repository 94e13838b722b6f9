/**
 * The Store port: mailboxes of durable messages. Asynchronous, one user per call, so that an engine that several servers
 * share can implement it. `test/contract/store.ts` defines its behaviour; every implementation passes that suite.
 * Every call may reject with StoreUnavailable, StoreBroken and OutcomeUnknown.
 */

/** Messages of one sender to one mailbox, in order. The caller has checked their sizes, and that the target exists. */
export interface Batch {
  /** The target: whose mailbox. */
  readonly to: string;
  readonly from: string;
  /** The server's time, ms since 1970. */
  readonly at: number;
  /** The device that sent them; undefined for a session in mode `send`. */
  readonly device?: string;
  /** The session that sends them; undefined for an operator who restores them. */
  readonly sender?: SenderSession;
  /** An operator restores them: each is stored even if it was purged before; see also `parked`. */
  readonly restored?: Restored;
  /** Set if it is known that JSON of all ids and bodies is only quotes around them. Ignored with `restored`, and with `re`. */
  readonly isPlain?: boolean;
  readonly messages: readonly NewMessage[];
}

/** A session that sends. The store checks it where several servers share it: what one of them knows may be old by now. */
export interface SenderSession {
  /** Of its token: see Identity (R7). */
  readonly generation: number;
  /** Of a chat session: that of its claim of `Batch.device`. In mode `send`: that of its claim of `outbox`; absent without one. */
  readonly fence?: number;
  readonly outbox?: string;
}

/** A message to be stored. */
export interface NewMessage {
  readonly id: string;
  readonly body: string;
  /** When it was sent, if that is not the time of the batch: a restored one keeps its time. */
  readonly at?: number;
  /** The id of the message that it is about. Kept and pushed with it, but no part of what a resend has to repeat (R8). */
  readonly re?: string;
  /**
   * Of a restored one: the seq that it had when its receiver parked it. It is stored anew although it was delivered, unless that was
   * done before: then it is known with a higher seq.
   */
  readonly parked?: number | undefined;
}

/** Who restored a message from an export, and when, ms since 1970. */
export interface Restored {
  readonly by: string;
  readonly at: number;
}

/** A message in a mailbox. */
export interface StoredMessage {
  /** Position in the mailbox: 1, 2, 3 … without gaps. */
  readonly seq: number;
  readonly from: string;
  readonly id: string;
  readonly body: string;
  readonly at: number;
  /** Set on a copy of a message that the user of this mailbox sent: its target. */
  readonly to?: string;
  /** Of a copy: the device that sent the message. */
  readonly device?: string;
  /** See `NewMessage.re`. */
  readonly re?: string;
}

/** The result of `append` for one message. The server answers `stored` and `duplicate` with the frame `stored`. */
export type AppendResult =
  /**
   * Durable with status 0: stored, not delivered (R9, R14). `copied`: so is a copy in the mailbox of the sender, because another
   * device of the sender wants it.
   */
  | { readonly outcome: 'stored'; readonly seq: number; readonly copied?: true }
  /** A resend: this (sender, id) with this body is durable already (R8). `delivered`: its status is 1. */
  | { readonly outcome: 'duplicate'; readonly seq: number; readonly delivered: boolean }
  /** A resend of a purged message: not stored again, and never delivered. `unsent`: nor is it restored. */
  | { readonly outcome: 'purged' | 'unsent' }
  /** This (sender, id) belongs to a message with another body. Nothing was stored. */
  | { readonly outcome: 'conflict' }
  /**
   * The quota of the mailbox, or the sender's share of it, is used up. Nothing was stored. Later messages of this
   * sender are refused too, until this one is sent again, or for MAILBOX.heldBackMs (R16: order); with the fence of a session,
   * only those of this session, for MAILBOX.heldBackInSessionMs.
   */
  | { readonly outcome: 'full' }
  /** There is no such target, or the target takes no messages of this sender. Only from a store that knows the accounts. */
  | { readonly outcome: 'unknown-user' }
  | { readonly outcome: 'blocked' }
  /** It cannot be written now. Nothing was stored, and later messages of this sender are refused as after `full`. */
  | { readonly outcome: 'unavailable'; readonly error: StoreUnavailable };

/** The newest message of a mailbox that a client has: an identity that no other message ever has. */
export interface LastReceived {
  readonly epoch: string;
  readonly seq: number;
  readonly from: string;
  readonly id: string;
}

/** Who claims a mailbox. */
export interface Claimant {
  /** Which of the user's devices. Default MAIN_DEVICE. */
  readonly device?: string | undefined;
  /** The newest message that it has. */
  readonly last?: LastReceived | undefined;
  /** Whether it wants copies of what the user sends from elsewhere. Default false. */
  readonly copies?: boolean | undefined;
  /** Whether it wants, if it has no message, what is kept of delivered ones. Default false. */
  readonly history?: boolean | undefined;
  /**
   * Whether the client has gone by now. Asked late, when the claim is decided: one that waited, for a database that was away, ends no
   * newer session of the same client.
   */
  readonly isGone?: (() => boolean) | undefined;
}

/** A session's right to move the cursor of a device. A newer claim of the same device revokes it (fencing). */
export interface Claim {
  /** Higher than in every earlier claim of this mailbox. */
  readonly fence: number;
  /** See `Store.epoch`: the mailbox's own, once it has one. */
  readonly epoch: string;
  /** The mailbox went back: it does not have the message that the client has, and has got a new epoch for that. */
  readonly isRestored: boolean;
  /**
   * The cursor of the device, or below it the newest message that it has: what follows is still to be pushed to it. Not below the
   * first message that is kept.
   */
  readonly delivered: number;
  /** How many messages before that the device never acked, and never will get, because they are no longer kept. */
  readonly missed: number;
  /**
   * Up to this seq, what it gets is history: it was delivered before the device was added, or acked by another machine of the same
   * name. 0: nothing is.
   */
  readonly history: number;
  /** The highest seq. */
  readonly last: number;
  /** Devices that were dropped for this one: see MAILBOX.maxDevices. */
  readonly dropped: readonly string[];
}

/** The result of `settle`. */
export type SettleResult =
  /** Durable. `messages` are those whose status became 1, in order, without purged ones. Empty for a repeated ack. */
  | { readonly outcome: 'settled'; readonly messages: readonly SettledMessage[] }
  /** The claim was revoked by a newer one. Nothing changed. */
  | { readonly outcome: 'stale' };

/** A message that became delivered, or was purged, and its sender, who is notified. */
export interface SettledMessage {
  readonly seq: number;
  readonly from: string;
  readonly id: string;
}

/** The state of one (sender, id) in a mailbox. */
export interface MessageStatus {
  readonly id: string;
  readonly state: 'stored' | 'delivered' | 'purged' | 'unsent' | 'unknown';
}

/** Who reads: a session pushes what it reads to a device. */
export interface Reader {
  readonly device: string;
  readonly fence: number;
}

/** Limits of one `read`. It returns at least one message if there is one. */
export interface ReadLimit {
  readonly messages: number;
  readonly bytes: number;
}

/** A message as `read` returns it. */
export interface ReadMessage extends StoredMessage {
  /** The body's length in UTF-8, which quotas, windows and `ReadLimit` count. */
  readonly bytes: number;
  /** As `Batch.isPlain`. */
  readonly isPlain?: true;
  /** In how many earlier sessions it was pushed without an ack. */
  readonly attempts: number;
  /** When the last of those sessions ended, ms since 1970; absent if there was none. */
  readonly triedAt?: number;
  /** When it was purged, ms since 1970: its body is empty, `bytes` is unchanged, and it is never delivered. */
  readonly purgedAt?: number;
  /** Set if its sender purged it (`Store.unsend`), instead of an operator. */
  readonly unsent?: boolean;
  /** The CRC-32 of a purged body, to distinguish a resend from a conflict (R8). */
  readonly crc?: number;
}

/** What `purge` did with one message. */
export type PurgeOutcome = 'purged' | 'delivered' | 'unknown' | 'full';

/** The result of `purge`. Durable. */
export interface PurgeResult {
  /** One for each seq, in the given order. */
  readonly outcomes: readonly PurgeOutcome[];
  /** The messages that this call purged. */
  readonly messages: readonly SettledMessage[];
}

/** Messages of one sender to one mailbox that are not to be delivered any more. */
export interface Unsend {
  /** The target: whose mailbox. */
  readonly to: string;
  readonly from: string;
  readonly ids: readonly string[];
  /** ms since 1970. */
  readonly at: number;
  /** Of the sender's token: see SenderSession. */
  readonly generation?: number;
}

/**
 * What `unsend` did with one message. `unsent`: now or before. Too late, and nothing was done: `pushed`, it may have been shown, though
 * it is not acked; `delivered`; `purged`, by an operator. `unknown`: the sender has sent no such message. `full`: as of `purge`.
 */
export type UnsendOutcome = 'unsent' | 'pushed' | 'delivered' | 'purged' | 'unknown' | 'full';

/** The result of `unsend`. Durable. */
export interface UnsendResult {
  /** One for each id, in the given order. */
  readonly outcomes: readonly UnsendOutcome[];
  /** The messages that this call purged. */
  readonly messages: readonly SettledMessage[];
}

/** Which session pushed messages, and when. Kept for traces. */
export interface PushTrail {
  readonly session: string;
  /** One entry per batch that was pushed together: its last seq, and when, ms since 1970. In order. */
  readonly pushes: readonly (readonly [seq: number, at: number])[];
}

/** A message that waits in the mailbox of somebody else, for its sender: without its seq, which would count what others sent. */
export interface SentMessage {
  readonly to: string;
  readonly id: string;
  readonly body: string;
  readonly at: number;
  /** As those of a ReadMessage. */
  readonly bytes: number;
  readonly attempts: number;
  readonly re?: string;
}

/** A page of them. */
export interface SentPage {
  /** By mailbox, in an order of the store; those in one mailbox by seq. Empty at the end. */
  readonly messages: readonly SentMessage[];
  /** Mailboxes that may have further ones, and could not be read yet. A call reads some of them: later pages may have more. */
  readonly unread: number;
}

/** What happened to a chat session. */
export type SessionEvent = 'began' | 'ended';

/** A device of a user. */
export interface DeviceHead {
  readonly device: string;
  /** Its cursor. */
  readonly delivered: number;
  /** When it was last here: a session began, acked something or ended. ms since 1970; 0 if that is not known. */
  readonly seenAt: number;
  /** Whether it has a session, as far as this store was told. */
  readonly isOnline: boolean;
  /** The name and version of its client. */
  readonly agent?: string;
}

/** The state of a mailbox without its messages. */
export interface MailboxHead {
  /** The cursor. */
  readonly delivered: number;
  /** The highest seq. */
  readonly last: number;
  /** How many after the cursor are not waiting for delivery: they were purged, or are copies. */
  readonly purged: number;
  /** When the user was last here: a chat session began, acked something or ended. ms since 1970; 0 if never. */
  readonly seenAt: number;
  /** As `Store.devices`. Absent as long as there is only MAIN_DEVICE, whose cursor is `delivered`. */
  readonly devices?: readonly DeviceHead[];
}

/** The mailbox of a user, in a list; or why it cannot be read now. */
export type ListedMailbox = { readonly user: string } & (MailboxHead | { readonly fault: string });

/** An audit entry: what one run of an operator's command did to queues. */
export interface Audit {
  /** Who did it, and when the entry was written, ms since 1970. */
  readonly by: string;
  readonly at: number;
  /** Id of the run. */
  readonly run: string;
  readonly what: 'replay' | 'restore' | 'purge';
  /** Whose mailbox; absent if the run was not limited to one. */
  readonly user?: string;
  /** The filters of the command line. */
  readonly filter: string;
  /** How many messages were done, and how many were not. */
  readonly done: number;
  readonly left: number;
  /** The seqs that were done, up to a limit: first and last seq of each range, alternating. */
  readonly ranges?: readonly number[];
}

/** What happened to a message. `at` is in ms since 1970. `device` is absent as long as the user has only MAIN_DEVICE. */
export type TrailEvent =
  /** R9: it was durable. */
  | { readonly event: 'stored'; readonly at: number }
  /** An operator put it back from an export; `stored` is when it was first stored, here or on another server. */
  | { readonly event: 'restored'; readonly at: number; readonly by: string }
  /** R10: it was pushed to a session. */
  | { readonly event: 'pushed'; readonly at: number; readonly device?: string; readonly session: string }
  /** The session ended, or stalled, without an ack of it. */
  | { readonly event: 'not acked'; readonly at: number; readonly device?: string; readonly session?: string }
  /** R12: the first device has acked it: it is delivered; its sender is notified. */
  | { readonly event: 'acked'; readonly at: number; readonly device?: string; readonly session?: string }
  /** An operator purged it; its sender is notified. A session may have shown it before. */
  | { readonly event: 'purged'; readonly at: number }
  /** Its sender purged it: no session has had it. */
  | { readonly event: 'unsent'; readonly at: number; readonly by: string }
  /** An operator replayed it: it is pushed again. */
  | { readonly event: 'replayed'; readonly at: number; readonly by: string; readonly run: string };

/** What happened to a message, in order, as far as its mailbox has kept it. */
export interface MessageTrail {
  readonly seq: number;
  readonly id: string;
  readonly from: string;
  readonly status: 'undelivered' | 'delivered' | 'purged';
  /** The body's length in UTF-8; absent when only a tombstone is kept. */
  readonly bytes?: number;
  readonly events: readonly TrailEvent[];
  /** How many undelivered messages are before it. Only while it is undelivered. */
  readonly before?: number;
  /** Devices that have not acked it yet, by name, though another one has. Absent: none. */
  readonly behind?: readonly string[];
}

export interface Store {
  /** Identity of the store: a new store has a new epoch. A seq identifies a message only within an epoch. */
  readonly epoch: string;

  /**
   * Checks duplicate, conflict and quota of each message, and stores it (R8, R9): with the same results, in the same order, as if
   * each were a batch of its own. So a batch is no transaction: some of its messages may be stored, and others not. Resolves when
   * all results are durable.
   * Calls for one mailbox take effect in the order of the calls (R16). If a device of the sender other than `device` wants
   * copies, the mailbox of the sender gets one, atomically with the message. It counts as delivered, uses no quota, and is kept
   * and pushed like any message. There is none of a resend, nor of a message to oneself, nor while MAILBOX.maxUndelivered copies
   * wait behind an undelivered message.
   * @throws StoreUnavailable when the mailbox cannot be read now: nothing was stored.
   * @throws StoreBroken, OutcomeUnknown when it is unknown what is durable: the sender must get no answer.
   * @throws StaleSender when `sender` has been replaced or revoked: nothing was stored.
   */
  append(batch: Batch): Promise<readonly AppendResult[]>;

  /**
   * A new session of a device claims the mailbox: from now on older claims of this device are stale. A device that the
   * mailbox does not know begins after what is delivered; but if it has a `last`, after that, as far as it is kept; with
   * `history`, before everything that is kept. If the
   * mailbox does not have the message that the client has, an older copy of the store was restored, and seqs are used
   * again: then the mailbox gets an epoch of its own. Both are durable when this resolves.
   * @throws TooManyDevices.
   */
  claim(user: string, claimant?: Claimant): Promise<Claim>;

  /**
   * A new session in mode `send` goes on with this outbox: from now on older sessions of it cannot append, so that what they still
   * have in flight is not stored among what is sent again (R16). Resolves with its fence, higher than earlier ones of this outbox.
   * @param isGone as that of a claimant.
   */
  claimOutbox(user: string, outbox: string, isGone?: Claimant['isGone']): Promise<number>;

  /**
   * R12: moves the cursor of the device with this fence, and that of the mailbox if it is lower: everything up to and
   * including `seq` is delivered. Resolves when that is durable. A cursor never moves back, nor beyond the last seq.
   * `trail`: which session pushed the acked messages.
   */
  settle(user: string, seq: number, fence: number, trail?: PushTrail): Promise<SettleResult>;

  /**
   * Durable messages after `after`, in order; delivered ones too, as far as kept, if `after` is below the cursor. Their
   * `attempts` include every earlier `notePushed`; with a `reader`, those of its device.
   * @throws StaleClaim when the reader's claim was revoked by a newer one, which pushes them (R6).
   */
  read(user: string, after: number, limit: ReadLimit, reader?: Reader): Promise<readonly ReadMessage[]>;

  /**
   * The session with this fence pushed everything up to `seq` and ends, or stalls, without an ack: one more attempt for
   * each of these messages. Resolves when it is written; a loss of power may lose it.
   */
  notePushed(user: string, seq: number, fence: number, at: number, trail?: PushTrail): Promise<void>;

  /** The chat session with this fence began or ended. Resolves when that is durable. */
  noteSession(user: string, fence: number, event: SessionEvent, at: number, agent?: string): Promise<void>;

  /** The devices of a user, by name. Empty as long as nobody of that name was here. */
  devices(user: string): Promise<readonly DeviceHead[]>;

  /**
   * Forgets a device: what it has not got is not kept for it, and its session is stale. Resolves when durable; with false
   * if there is no such device.
   */
  removeDevice(user: string, device: string): Promise<boolean>;

  /**
   * An operator deletes undelivered messages. Their bodies are gone for good; seqs and ids stay, so that seqs have no
   * gaps and a resend is recognized (R8). Outcomes: `purged`: now or before; `delivered`: too late, nothing was done;
   * `unknown`: no such message; `full`: more than MAILBOX.maxUndelivered purged ones would be after the cursor. Resolves
   * when durable.
   */
  purge(user: string, seqs: readonly number[], at: number): Promise<PurgeResult>;

  /**
   * A sender deletes undelivered messages, as far as it is certain that no session has read them: as `purge` does, but they cannot be
   * restored, and count for the share of their sender until the cursor passes them. A session that begins at the same moment either
   * reads them as purged, or prevents this. Resolves when durable. Waits for messages that are being written.
   * @throws StaleSender when the token has been revoked.
   */
  unsend(unsend: Unsend): Promise<UnsendResult>;

  /**
   * The user is about to be shown messages without a session. Resolves, when it is durable that they can no longer be unsent, with the
   * seq up to which that holds: nothing after it may be shown.
   */
  countAsRead(user: string): Promise<number>;

  /**
   * The user was removed: empties the mailbox and gives it a new epoch, so that the name can be given again. Resolves
   * when durable, with the messages that were undelivered.
   */
  remove(user: string): Promise<readonly SettledMessage[]>;

  /** The states of messages from `from` to `user`, in the order of `ids`. Waits for those that are being written. */
  find(user: string, from: string, ids: readonly string[]): Promise<readonly MessageStatus[]>;

  /**
   * The undelivered messages of this sender in the mailboxes of others, page by page; at least one if there is one. Creates and
   * changes nothing.
   * @param after the last one of the page before.
   */
  sent(from: string, after: Pick<SentMessage, 'to' | 'id'> | undefined, limit: ReadLimit): Promise<SentPage>;

  /** The mailboxes of users with a name after `after`, sorted by name, at most `limit`. One that cannot be read has a `fault`. */
  heads(after: string, limit: number): Promise<readonly ListedMailbox[]>;

  /** The durable state of the user's mailbox. Creates and changes nothing. */
  inspect(user: string): Promise<MailboxHead>;

  /**
   * The messages with this id, of whatever sender, in the mailbox of the user, by seq: as far as the mailbox knows them, without
   * copies and those that are being written.
   */
  trails(user: string, id: string): Promise<readonly MessageTrail[]>;

  /** Writes an audit entry. Durable when it resolves; the newest MAILBOX.keptAudits are kept. */
  audit(audit: Audit): Promise<void>;

  /** The audit entries, oldest first. */
  audits(): Promise<readonly Audit[]>;

  /** Finishes the calls in progress, writes a checkpoint and releases all resources. Afterwards every call rejects. */
  close(): Promise<void>;
}

/** Nothing can be written now (disk full, queue full), or the mailbox cannot be read. A retry may succeed. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The connection to the engine was lost: nobody knows what is durable. The caller gives its peer no answer. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}

/** The sender's token was revoked (R7), or a newer session has taken its device or outbox over (R6). */
export class StaleSender extends Error {
  override readonly name = 'StaleSender';
  constructor(readonly reason: 'revoked' | 'replaced') {
    super(`the session was ${reason}`);
  }
}

/** A newer session of the device has claimed the mailbox (R6). */
export class StaleClaim extends Error {
  override readonly name = 'StaleClaim';
}

/** The user has as many devices as allowed, and each has a session. */
export class TooManyDevices extends Error {
  override readonly name = 'TooManyDevices';
}

/** The disk failed and durability is unknown: the process has to end (storage 3). */
export class StoreBroken extends Error {
  override readonly name = 'StoreBroken';
}
