/**
 * A handler: a function from a frame, its session and the dependencies to an outcome, which is everything that should be sent.
 * A handler sends nothing itself, so that a reply can only leave after the handler has awaited the store: nothing is
 * acknowledged before it is durable (R9, R14).
 */
import type { Accounts } from '../accounts/accounts.js';
import type { CloseReason } from '../protocol/close-codes.js';
import type { ClientFrameOf, ClientFrameType, ServerFrame } from '../protocol/frame-catalogue.js';
import type { Ack } from '../protocol/frames/ack.js';
import { groupIds } from '../protocol/group-ids.js';
import type { Claim, PushTrail, SettledMessage, Store } from '../store/store.js';
import type { OwnReads } from './own-reads.js';
import type { Bus, Notice } from './session-bus.js';
import type { AuthenticatedUser } from './session-rules.js';

/** Rejects with StoreUnavailable or AccountsUnavailable when nothing can be written now; else for a bug or a broken store. */
export type Handler<T extends ClientFrameType> = (
  frame: ClientFrameOf<T>,
  session: SessionView,
  deps: HandlerDependencies,
) => Outcome | Promise<Outcome>;

/** The state of the session when the frame is handled. */
export interface SessionView {
  readonly auth: AuthenticatedUser;
  /** The highest seq that was pushed in this session. */
  readonly pushed: number;
  /** The highest seq that this device has acked. */
  readonly acked: number;
  /** See DeliveryWindow. Only valid until the handler first awaits. */
  readonly pushes: PushTrail['pushes'];
  /** The server's time, ms since 1970. */
  readonly now: number;
}

/** Everything that a handler may use: no socket, no clock, no file. */
export interface HandlerDependencies {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly bus: Pick<Bus, 'online' | 'replayRoom'>;
  readonly ownReads: Pick<OwnReads, 'run'>;
}

/** What to do after a frame was handled, in the order of these fields. */
export interface Outcome {
  /** Set when a login succeeded: the session is logged in. */
  readonly auth?: AuthenticatedUser;
  /** Set with `auth` in mode `chat`: the session has a mailbox. */
  readonly claim?: Claim;
  /** The store could not write this ack: it is handled again at the next tick. A later ack replaces it. */
  readonly retryAck?: Ack;
  /** Everything up to this seq is acked: the delivery window moves. */
  readonly acked?: number;
  /** How many messages became delivered: those that no other device had acked before. */
  readonly delivered?: number;
  /** Frames for the peer, in this order. */
  readonly replies?: readonly ServerFrame[];
  /** Notices for sessions of any user, through the bus. */
  readonly notices?: readonly AddressedNotice[];
  /** Closes the session with this reason. */
  readonly close?: CloseReason;
}

interface AddressedNotice {
  readonly user: string;
  readonly notice: Notice;
}

/** There may be new messages in the mailbox. */
export const NUDGE: Notice = { type: 'nudge' };

/** A notice for each sender, with its ids in the order given; several if there are more ids than a frame can hold. */
export function bySender(
  messages: readonly SettledMessage[],
  noticeOf: (ids: readonly string[]) => Notice,
): readonly AddressedNotice[] {
  return groupIds(
    messages,
    ({ from }) => from,
    (user, ids) => ({ user, notice: noticeOf(ids) }),
  );
}
