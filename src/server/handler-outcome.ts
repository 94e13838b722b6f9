/**
 * What a handler returns: everything that should leave, and nothing that has left. A reply can only come out of a
 * function that has awaited the store, so "nothing is said before it is durable" is the shape of the code (R9, R14).
 */

import type { CloseReason } from '../protocol/close-codes.js';
import type { ServerFrame } from '../protocol/frame-catalogue.js';
import type { Ack } from '../protocol/frames/ack.js';
import { groupIds } from '../protocol/group-ids.js';
import type { Claim, SettledMessage } from '../store/store.js';
import type { Notice } from './session-bus.js';
import type { AuthenticatedUser } from './session-rules.js';

export interface Outcome {
  /** To the peer, in this order. */
  readonly replies?: readonly ServerFrame[];
  /** To the sessions of other users (or of this one), through the bus, after the replies. */
  readonly notices?: readonly AddressedNotice[];
  /** The session is logged in from now on. `claim` is there if it has a mailbox. */
  readonly auth?: AuthenticatedUser;
  readonly claim?: Claim;
  /** Everything up to this seq is settled: the delivery window opens. */
  readonly settled?: number;
  /** Could not be kept now: to be handled again at the next tick. A later one that covers it replaces it. */
  readonly retryAck?: Ack;
  /** Last of all. */
  readonly close?: CloseReason;
}

interface AddressedNotice {
  readonly user: string;
  readonly notice: Notice;
}

export const NUDGE: Notice = { type: 'nudge' };

export const NOTHING: Outcome = {};

/** One notice a sender, with the ids in the order in which they were stored; more where a frame cannot hold them. */
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
