/** Parses one segment of a conversation's history: its messages, each with its newest state. Pure. */
import {
  type HistoryRecord,
  type MailboxPosition,
  parseRecord,
  type ReceivedRecord,
  type SegmentHeader,
  type SentRecord,
  type SentState,
} from './record.js';

/** A message in the history: received from the peer, or sent to it. */
export type HistoryMessage = PeerMessage | OwnMessage;
export type PeerMessage = ReceivedRecord;
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
  /** The newest message from the peer, in this segment or before it. */
  readonly received: MailboxPosition | undefined;
  /** The number of unread messages from the peer, earlier segments included. They are the newest ones. */
  readonly unread: number;
  /** The number of lines that could not be parsed. */
  readonly damaged: number;
  /** Whether the last line ends with a newline. If not, a crash has torn it. */
  readonly isWhole: boolean;
}

export function readSegment(text: string): Segment {
  const lines = text.split('\n');
  const isWhole = lines.pop() === '';
  const reader = new SegmentReader();
  for (const line of lines) reader.apply(line === '' ? undefined : parseRecord(line), line);
  return { ...reader.result(), isWhole };
}

class SegmentReader {
  #header: SegmentHeader | undefined;
  readonly #messages: HistoryMessage[] = [];
  /** The index of each own message in `#messages`, by id. */
  readonly #own = new Map<string, number>();
  #received: MailboxPosition | undefined;
  #unread = 0;
  #damaged = 0;

  apply(record: HistoryRecord | undefined, line: string): void {
    if (record === undefined) {
      if (line !== '') this.#damaged += 1;
    } else if ('history' in record) {
      this.#header = record;
      this.#received = record.received;
      this.#unread = record.unread;
    } else if ('from' in record) {
      this.#messages.push(record);
      this.#unread += 1;
      if (record.replay === undefined) this.#received = record;
    } else if ('to' in record) {
      this.#own.set(record.id, this.#messages.length);
      this.#messages.push({ ...record, state: 'queued' });
    } else if ('read' in record) this.#unread = 0;
    else {
      const index = this.#own.get(record.id);
      const message = index === undefined ? undefined : this.#messages[index];
      if (index !== undefined && message && isOwn(message)) {
        this.#messages[index] = withState(message, record.state, record.why);
      }
    }
  }

  result(): Omit<Segment, 'isWhole'> {
    const received = this.#received && { epoch: this.#received.epoch, seq: this.#received.seq };
    return { header: this.#header, messages: this.#messages, received, unread: this.#unread, damaged: this.#damaged };
  }
}

/** The message with another state, and without the reason of an earlier failure. */
function withState({ to, id, at, body }: OwnMessage, state: SentState, why: string | undefined): OwnMessage {
  return { to, id, at, body, state, ...(why !== undefined && { why }) };
}
