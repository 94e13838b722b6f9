/** One line of the history: what it says, how it is written, and how it is read again. Pure. */

/** What became of an own message; the words of R17. */
export type SentState = 'queued' | 'stored' | 'delivered' | 'failed';

/** The first line of each segment: what the segments before it would say. */
export interface Header {
  /** The number of the layout. */
  readonly history: number;
  readonly peer: string;
  /** The newest message from the peer before this segment. */
  readonly received?: MailboxPosition;
  /** How many messages from the peer before this segment are unread. */
  readonly unread: number;
}

/** A place in the own mailbox, in one life of the store. */
export interface MailboxPosition {
  readonly epoch: string;
  readonly seq: number;
}

/** A message from the peer. */
export interface ReceivedRecord extends MailboxPosition {
  readonly from: string;
  readonly id: string;
  /** The server's time of storing; ms since 1970. */
  readonly at: number;
  readonly body: string;
  /** When it came in here; ms since 1970. */
  readonly came: number;
  /** Set when an operator had it pushed again. */
  readonly replay?: string;
}

/** An own message; its state is `queued` until a StateRecord says otherwise. */
export interface SentRecord {
  readonly to: string;
  readonly id: string;
  /** This machine's time of writing; ms since 1970. */
  readonly at: number;
  readonly body: string;
}

/** An own message, written above, has got so far. */
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

export type HistoryRecord = Header | ReceivedRecord | SentRecord | MessageStateRecord | ReadRecord;

export const HISTORY_FORMAT = 1;

export const toLine = (record: HistoryRecord): string => `${JSON.stringify(record)}\n`;

/** What the fields of each kind of record must be; the first field tells the kind. */
const KINDS: readonly (readonly (readonly [name: string, type: string])[])[] = [
  [
    ['history', 'number'],
    ['peer', 'string'],
    ['unread', 'number'],
  ],
  [
    ['from', 'string'],
    ['epoch', 'string'],
    ['seq', 'number'],
    ['id', 'string'],
    ['at', 'number'],
    ['body', 'string'],
    ['came', 'number'],
  ],
  [
    ['to', 'string'],
    ['id', 'string'],
    ['at', 'number'],
    ['body', 'string'],
  ],
  [
    ['state', 'string'],
    ['id', 'string'],
  ],
  [['read', 'number']],
];

/** Undefined when the line is none of them: cut off by a crash, or damaged. */
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
