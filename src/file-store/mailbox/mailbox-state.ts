/** The state of a mailbox, as it is read from its file and written to it. */
import { JsonLines } from '../../disk/json-layout.js';
import { quoteJson } from '../../protocol/json-quote.js';
import type { MailboxCore, KeptMessage as StoredMessage } from '../../store/mailbox-contents.js';
import type { Restored } from '../../store/store.js';
import type { DeliveryLogState } from './delivery-log.js';
import type { Sighting } from './sightings.js';

/** A new epoch of a mailbox, and earlier ones whose messages it had, or that clients knew. */
export interface EpochChange {
  readonly epoch: string;
  readonly past: readonly string[];
}

export interface KeptMessage extends StoredMessage {
  /** The lsn of the record that purged it; undefined in files of format 1, and of one that another engine purged. */
  readonly purgedLsn?: number;
}

/** As it is read. */
export interface MailboxState extends MailboxCore, DeliveryLogState {
  readonly messages: readonly KeptMessage[];
  /** Only in the mailbox of SYSTEM_USER; absent if there are none. */
  readonly sightings?: readonly Sighting[];
}

export const EMPTY_MAILBOX: MailboxState = { last: 0, delivered: 0, messages: [], seen: [], pushedAt: 0 };

/** As it is written. */
export type MailboxSnapshot = Omit<MailboxState, 'messages' | 'seen'> & {
  readonly messages: JsonLines;
  readonly seen: JsonLines;
};

/**
 * Messages as lines of the file, which are read in their order. Concatenated instead of JSON.stringify, because there may be
 * 100,000 of them, and in each checkpoint again: what a line has in common with the one before is put together once.
 */
export function messageLines(messages: readonly KeptMessage[]): JsonLines {
  let before: KeptMessage | undefined;
  let from = '';
  let rest = '';
  return new JsonLines(messages.length, (index) => {
    const message = messages[index] as KeptMessage;
    if (!isUsual(message)) return messageLine(message);
    const { seq, id, body, at, bytes, attempts } = message;
    if (message.from !== before?.from) from = `,"from":"${message.from}","id":"`;
    if (at !== before?.at || bytes !== before.bytes || attempts !== before.attempts) {
      rest = `","at":${at},"bytes":${bytes},"attempts":${attempts}}`;
    }
    before = message;
    return `{"seq":${seq}${from}${id}","body":"${body}${rest}`;
  });
}

/** Plain, and without the members that few messages have. A message with `re` is not plain. */
const isUsual = ({ isPlain, triedAt, purgedAt, to, restored }: KeptMessage): boolean =>
  isPlain === true && triedAt === undefined && purgedAt === undefined && to === undefined && restored === undefined;

function messageLine(message: KeptMessage): string {
  const { seq, from, id, body, at, bytes, attempts, triedAt, purgedAt, purgedLsn, unsent, crc, restored, re } = message;
  const copy = message.to === undefined ? '' : copyMembers(message.to, message.device);
  const tried = triedAt === undefined ? '' : `,"triedAt":${triedAt}`;
  const purged =
    purgedAt === undefined
      ? ''
      : `,"purgedAt":${purgedAt},"purgedLsn":${purgedLsn ?? 0},"crc":${crc}${unsent ? ',"unsent":true' : ''}`;
  return `{"seq":${seq},"from":"${from}","id":${quoteJson(id)},"body":${quoteJson(body)}${reMember(re)},"at":${at},"bytes":${bytes},"attempts":${attempts}${tried}${purged}${copy}${restoredMember(restored)}}`;
}

const copyMembers = (to: string, device: string | undefined): string =>
  `,"to":"${to}"${device === undefined ? '' : `,"device":"${device}"`}`;

/** What a message is about, as a member of a JSON object; empty if that is nothing. */
export const reMember = (re: string | undefined): string => (re === undefined ? '' : `,"re":${quoteJson(re)}`);

/** Who restored a message, as a member of a JSON object; empty if nobody did. */
export function restoredMember(restored: Restored | undefined): string {
  return restored === undefined ? '' : `,"restored":${JSON.stringify(restored)}`;
}
