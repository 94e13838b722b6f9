/** The durable state of a client: its journal records, and the port to the state folder. */
import { encode } from '../../protocol/codec.js';
import { quoteJson } from '../../protocol/json-quote.js';
import type { ReceivedMessage, SavedInbox } from '../inbox/inbox.js';
import type { MessageRef } from '../outbox/delivery-tracking.js';

export type ClientStateRecord =
  /** The user to whom the state folder belongs, and its name as an outbox: see Login. Older folders have none yet. */
  | { readonly type: 'user'; readonly user: string; readonly outbox?: string }
  /** An own message; `at` is this machine's time, ms since 1970. */
  | {
      readonly type: 'queued';
      readonly id: string;
      readonly to: string;
      readonly body: string;
      readonly re?: string;
      readonly at: number;
    }
  | { readonly type: 'stored'; readonly ids: readonly string[] }
  | { readonly type: 'delivered'; readonly ids: readonly string[] }
  /** Only in snapshots: messages that are stored and not delivered. */
  | { readonly type: 'awaiting'; readonly to: string; readonly ids: readonly string[] }
  /** `reason` is the code of the refusal. */
  | { readonly type: 'failed'; readonly id: string; readonly reason: string }
  | ReceivedMessage
  /** Everything received in this epoch up to this seq was shown, or is about to be (`markShown: 'before'`). */
  | { readonly type: 'shown'; readonly epoch: string; readonly seq: number }
  /** Only in snapshots: messages that were received. The newest one is the position in the mailbox. */
  | {
      readonly type: 'ids';
      readonly epoch: string;
      readonly ids: readonly (readonly [seq: number, from: string, id: string, crc: number])[];
    }
  /** Only in snapshots: the newest received message. */
  | { readonly type: 'position'; readonly epoch: string; readonly seq: number };

/** The members of a record as JSON, without the braces. A received message is written by hand, in half the time of JSON.stringify. */
export function encodeRecord(record: ClientStateRecord): string {
  if (record.type !== 'received') return JSON.stringify(record).slice(1, -1);
  const { epoch, push, isKnown, isHistory } = record;
  const marks = `${isKnown ? ',"isKnown":true' : ''}${isHistory ? ',"isHistory":true' : ''}`;
  return `"type":"received","epoch":${quoteJson(epoch)},"push":${encode(push)}${marks}`;
}

interface SavedMessage extends MessageRef {
  readonly body: string;
  readonly re?: string;
  /** Of the body, as UTF-8. */
  readonly bytes: number;
}

/** The state as an earlier process left it. */
export interface SavedState {
  /** The name of this folder as an outbox, the same for ever. */
  readonly outbox: string;
  /** Own messages to send again, in the order in which they were queued. */
  readonly queued: readonly SavedMessage[];
  /** Own messages that are stored and not known to be delivered, oldest first. */
  readonly awaiting: readonly MessageRef[];
  /** Own messages that failed because the server no longer has them, oldest first; at most CLIENT.maxGone. */
  readonly gone: readonly MessageRef[];
  readonly inbox: SavedInbox;
}

/** The state folder of one user, locked by this process. */
export interface ClientState {
  readonly saved: SavedState;
  /** Resolves when the record and all before it are durable. Rejects when it could not be written. */
  append(record: ClientStateRecord): Promise<void>;
  /** The same for several records, in this order. If it rejects, the first of them may have been written. */
  appendAll(records: readonly ClientStateRecord[]): Promise<void>;
  /** Makes everything durable, and releases the folder. */
  close(): Promise<void>;
}

/** Another process holds the state folder. */
export class StateFolderLocked extends Error {
  override readonly name = 'StateFolderLocked';
  constructor(
    readonly folder: string,
    /** The process that holds it, for people: `process 4711`. */
    readonly holder: string,
  ) {
    super(`${folder} is held by ${holder}`);
  }
}

/** The system refuses to open the folder, such as one on a read-only disk. `cause` is the system error. */
export class StateFolderUnusable extends Error {
  override readonly name = 'StateFolderUnusable';
  constructor(
    readonly folder: string,
    override readonly cause: NodeJS.ErrnoException,
  ) {
    super(`${folder} cannot be used: ${cause.message}`);
  }
}

export class StateFolderOfAnotherUser extends Error {
  override readonly name = 'StateFolderOfAnotherUser';
  constructor(
    readonly folder: string,
    readonly owner: string,
    user: string,
  ) {
    super(`${folder} belongs to the user ${owner}, not ${user}`);
  }
}
