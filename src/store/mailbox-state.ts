/** All that a mailbox is, between memory and its file. */

import { quote } from '../protocol/quote.js';
import type { JsonLines } from '../storage/json-layout.js';
import type { Seen } from './seen-ids.js';
import type { Audit, ReadMessage } from './store.js';

/** As it is read from the file. */
export interface MailboxState {
  /** The highest seq. */
  readonly last: number;
  /** The cursor: status 1 up to here, 0 above. */
  readonly delivered: number;
  /** When a session last pushed something that was not acked; 0 if never. */
  readonly pushedAt: number;
  /** When its user last acked something; 0, or not there, if never. */
  readonly ackedAt?: number;
  /** Consecutive, up to `last`. */
  readonly messages: readonly ReadMessage[];
  /** Consecutive, up to the message before the first of `messages`. */
  readonly seen: readonly Seen[];
  /** What operators did, oldest first; not there if nothing. */
  readonly audits?: readonly Audit[];
}

/** The same, as it is written. */
export type MailboxSnapshot = Omit<MailboxState, 'messages' | 'seen'> & {
  readonly messages: JsonLines;
  readonly seen: JsonLines;
};

/** A message in the file. Written by hand: there may be 100,000 of them. */
export function messageLine({ seq, from, id, body, at, bytes, attempts, triedAt }: ReadMessage): string {
  const tried = triedAt === undefined ? '' : `,"triedAt":${triedAt}`;
  return `{"seq":${seq},"from":${quote(from)},"id":${quote(id)},"body":${quote(body)},"at":${at},"bytes":${bytes},"attempts":${attempts}${tried}}`;
}
