/** All that a mailbox is, between memory and its file. */

import type { JsonLines } from '../disk/json-layout.js';
import { quoteJson } from '../protocol/json-quote.js';
import type { ReadMessage } from '../store/store.js';
import type { DeliveryLogState } from './delivery-log.js';
import type { IdTombstone } from './id-tombstones.js';

/** As it is read from the file. */
export interface MailboxState extends DeliveryLogState {
  /** The highest seq. */
  readonly last: number;
  /** The cursor: status 1 up to here, 0 above. */
  readonly delivered: number;
  /** Consecutive, up to `last`. */
  readonly messages: readonly ReadMessage[];
  /** Consecutive, up to the message before the first of `messages`. */
  readonly seen: readonly IdTombstone[];
}

/** The same, as it is written. */
export type MailboxSnapshot = Omit<MailboxState, 'messages' | 'seen'> & {
  readonly messages: JsonLines;
  readonly seen: JsonLines;
};

/** A message in the file. Written by hand: there may be 100,000 of them. */
export function messageLine(message: ReadMessage): string {
  const { seq, from, id, body, at, bytes, attempts, triedAt, purgedAt, crc } = message;
  const tried = triedAt === undefined ? '' : `,"triedAt":${triedAt}`;
  const purged = purgedAt === undefined ? '' : `,"purgedAt":${purgedAt},"crc":${crc}`;
  return `{"seq":${seq},"from":${quoteJson(from)},"id":${quoteJson(id)},"body":${quoteJson(body)},"at":${at},"bytes":${bytes},"attempts":${attempts}${tried}${purged}}`;
}
