/** Parses one segment of a conversation's history: its messages, each with its newest state. Pure. */
import {
  type MailboxPosition,
  parseRecord,
  type ReceivedRecord,
  type SegmentHeader,
  type SentRecord,
  type SentState,
} from './record.js';

/** A message in the history: received from the peer, or sent to it. */
export type HistoryMessage = ReceivedRecord | OwnMessage;
export interface OwnMessage extends SentRecord {
  readonly state: SentState;
  /** Why it failed, for people. */
  readonly why?: string;
}

export const isOwn = (message: HistoryMessage): message is OwnMessage => 'to' in message;

export interface Segment {
  /** Undefined when the first line is damaged. */
  readonly header: SegmentHeader | undefined;
  /** Oldest first. */
  readonly messages: readonly HistoryMessage[];
  /** The newest message that the server has pushed, in this segment or before it. */
  readonly received: MailboxPosition | undefined;
  /** The number of unread messages from the peer, earlier segments included. They are the newest ones. */
  readonly unread: number;
  /** Whether the last line ends with a newline. If not, a crash has torn it. */
  readonly isWhole: boolean;
}

export function readSegment(text: string): Segment {
  const lines = text.split('\n');
  const isWhole = lines.pop() === '';
  let header: SegmentHeader | undefined;
  let received: MailboxPosition | undefined;
  let unread = 0;
  const messages: HistoryMessage[] = [];
  /** The index of each own message in `messages`, by id. */
  const own = new Map<string, number>();
  for (const line of lines) {
    const record = parseRecord(line);
    if (record === undefined) continue;
    if ('history' in record) {
      header = record;
      ({ received, unread } = record);
    } else if ('from' in record) {
      messages.push(record);
      if (!record.isHistory) unread += 1;
      if (record.replay === undefined) received = { epoch: record.epoch, seq: record.seq };
    } else if ('to' in record) {
      own.set(record.id, messages.length);
      const { to, id, at, body, re } = record;
      if ('epoch' in record) received = { epoch: record.epoch, seq: record.seq };
      messages.push({
        to,
        id,
        at,
        body,
        ...(re !== undefined && { re }),
        state: 'epoch' in record ? 'stored' : 'queued',
      });
    } else if ('read' in record) unread = 0;
    else {
      const index = own.get(record.id) ?? -1;
      const message = messages[index];
      if (message === undefined || !isOwn(message)) continue;
      const { why: _, ...content } = message; // not the reason of an earlier failure
      const { state, why } = record;
      messages[index] = { ...content, state, ...(why !== undefined && { why }) };
    }
  }
  return { header, messages, received, unread, isWhole };
}
