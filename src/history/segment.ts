/** A segment of the history of one conversation, read as a whole: its messages, each with what became of it. Pure. */
import {
  type Header,
  type HistoryRecord,
  type MailboxPosition,
  parseRecord,
  type ReceivedRecord,
  type SentRecord,
  type SentState,
} from './record.js';

/** A message as the history knows it. */
export type HistoryMessage = PeerMessage | OwnMessage;
export type PeerMessage = ReceivedRecord;
export interface OwnMessage extends SentRecord {
  readonly state: SentState;
  readonly why?: string;
}

export const isOwn = (said: HistoryMessage): said is OwnMessage => 'to' in said;

/** What a segment says. */
export interface Segment {
  /** Undefined when its first line is damaged. */
  readonly header: Header | undefined;
  /** In the order in which they came. */
  readonly messages: readonly HistoryMessage[];
  /** The newest message from the peer, here or before. */
  readonly received: MailboxPosition | undefined;
  /** How many of the newest messages from the peer are unread, those of earlier segments included. */
  readonly unread: number;
  /** Lines that could not be read. */
  readonly damaged: number;
  /** Whether the last line has its newline; without it, a crash cut it off. */
  readonly isWhole: boolean;
}

export function readSegment(text: string): Segment {
  const lines = text.split('\n');
  const isWhole = lines.pop() === '';
  const reading = new Reading();
  for (const line of lines) reading.take(line === '' ? undefined : parseRecord(line), line);
  return { ...reading.result(), isWhole };
}

class Reading {
  #header: Header | undefined;
  readonly #said: HistoryMessage[] = [];
  readonly #mine = new Map<string, number>();
  #received: MailboxPosition | undefined;
  #unread = 0;
  #damaged = 0;

  take(record: HistoryRecord | undefined, line: string): void {
    if (record === undefined) {
      if (line !== '') this.#damaged += 1;
    } else if ('history' in record) {
      this.#header = record;
      this.#received = record.received;
      this.#unread = record.unread;
    } else if ('from' in record) {
      this.#said.push(record);
      this.#unread += 1;
      if (record.replay === undefined) this.#received = record;
    } else if ('to' in record) {
      this.#mine.set(record.id, this.#said.length);
      this.#said.push({ ...record, state: 'queued' });
    } else if ('read' in record) this.#unread = 0;
    else {
      const index = this.#mine.get(record.id);
      const said = index === undefined ? undefined : this.#said[index];
      if (index !== undefined && said && isOwn(said)) this.#said[index] = withState(said, record.state, record.why);
    }
  }

  result(): Omit<Segment, 'isWhole'> {
    const received = this.#received && { epoch: this.#received.epoch, seq: this.#received.seq };
    return { header: this.#header, messages: this.#said, received, unread: this.#unread, damaged: this.#damaged };
  }
}

/** The message with another state; the reason of an earlier failure goes. */
function withState({ to, id, at, body }: OwnMessage, state: SentState, why: string | undefined): OwnMessage {
  return { to, id, at, body, state, ...(why !== undefined && { why }) };
}
