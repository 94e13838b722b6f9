/**
 * What a handler returns: everything that should leave, and nothing that has left. A reply can only come out of a
 * function that has awaited the store, so "nothing is said before it is durable" is the shape of the code (R9, R14).
 */

import type { CloseReason } from '../protocol/close-codes.js';
import type { ServerFrame } from '../protocol/frame-catalogue.js';
import type { Ack } from '../protocol/frames/ack.js';
import { WIRE } from '../protocol/limits.js';
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
  const idsBySender = new Map<string, string[]>();
  for (const { from, id } of messages) {
    const ids = idsBySender.get(from);
    if (ids === undefined) idsBySender.set(from, [id]);
    else ids.push(id);
  }
  const addresses: AddressedNotice[] = [];
  for (const [user, ids] of idsBySender) {
    for (let first = 0; first < ids.length; first += WIRE.maxIdsPerFrame) {
      addresses.push({ user, notice: noticeOf(ids.slice(first, first + WIRE.maxIdsPerFrame)) });
    }
  }
  return addresses;
}
