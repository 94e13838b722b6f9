/** The lines of a history segment: the records, and how they are written and parsed. Pure. */

/** The state of an own message; the four words of R17. */
export type SentState = 'queued' | 'stored' | 'delivered' | 'failed';

/** The first line of each segment: what would otherwise have to be read from the segments before it. */
export interface SegmentHeader {
  /** The version of the format. */
  readonly history: number;
  readonly peer: string;
  /** The newest message from the peer before this segment. */
  readonly received?: MailboxPosition;
  /** The number of unread messages from the peer before this segment. */
  readonly unread: number;
}

/** A position in the own mailbox on the server. */
export interface MailboxPosition {
  /** Identifies the store: `seq` counts within it. */
  readonly epoch: string;
  readonly seq: number;
}

/** A message from the peer. */
export interface ReceivedRecord extends MailboxPosition {
  readonly from: string;
  readonly id: string;
  /** When the server stored it; ms since 1970. */
  readonly at: number;
  readonly body: string;
  /** When this machine received it; ms since 1970. */
  readonly came: number;
  /** Set when an operator had it pushed again. */
  readonly replay?: string;
  /** The id of the message that it is about. There may be no such message. */
  readonly re?: string;
  /** Other devices had it before this one was added: it is not unread. */
  readonly isHistory?: true;
}

/** An own message. Its state is `queued` until a MessageStateRecord changes it. */
export interface SentRecord {
  readonly to: string;
  readonly id: string;
  /** When it was written, by this machine's clock; ms since 1970. */
  readonly at: number;
  readonly body: string;
  /** The id of the message that it is about. */
  readonly re?: string;
}

/** An own message that another device sent: the copy that the server has pushed. Its state is `stored` at first. */
export type CopyRecord = SentRecord & MailboxPosition;

/** What the server has pushed. */
export type PushedRecord = ReceivedRecord | CopyRecord;

/** The new state of an own message that is in the same segment, above. */
interface MessageStateRecord {
  readonly id: string;
  readonly state: SentState;
  /** Why it failed, for people. */
  readonly why?: string;
}

/** Everything above has been read; ms since 1970. */
interface ReadRecord {
  readonly read: number;
}

export type HistoryRecord = SegmentHeader | ReceivedRecord | SentRecord | CopyRecord | MessageStateRecord | ReadRecord;

export const HISTORY_FORMAT = 1;

/** A message as the client hands it over: from a peer or, with `to`, a copy of an own one. */
type PushedMessage = Omit<ReceivedRecord, 'came'> & { readonly to?: string };

/**
 * The record of a message that was received at `came` (ms since 1970). It has only the fields of a record: a message from the
 * client has more.
 */
export function toPushedRecord(message: PushedMessage, came: number): PushedRecord {
  const { from, epoch, seq, id, at, body, replay, to, isHistory, re } = message;
  const about = re !== undefined && { re };
  if (to !== undefined) return { to, id, at, body, ...about, epoch, seq };
  return {
    from,
    epoch,
    seq,
    id,
    at,
    body,
    came,
    ...(replay !== undefined && { replay }),
    ...about,
    ...(isHistory && { isHistory }),
  };
}

/** The peer to whose conversation a record belongs. */
export const peerOf = (record: ReceivedRecord | SentRecord): string => ('to' in record ? record.to : record.from);

export const toLine = (record: HistoryRecord): string => `${JSON.stringify(record)}\n`;

/** The required fields of each kind of record and their types; the first field identifies the kind. */
const KINDS = [
  { history: 'number', peer: 'string', unread: 'number' },
  { from: 'string', epoch: 'string', seq: 'number', id: 'string', at: 'number', body: 'string', came: 'number' },
  { to: 'string', id: 'string', at: 'number', body: 'string' },
  { state: 'string', id: 'string' },
  { read: 'number' },
].map((types) => Object.entries(types));

/** Undefined when the line is no record: torn by a crash, or damaged. */
export function parseRecord(line: string): HistoryRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const kind = KINDS.find(([first]) => first !== undefined && first[0] in fields);
  return kind?.every(([name, type]) => typeof fields[name] === type) ? (value as HistoryRecord) : undefined;
}
