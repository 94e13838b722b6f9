/** What a client must not forget when its process dies, as records; and the port to where they are kept. */
import type { Push } from '../protocol/frames/message.js';
import type { MessageRef } from './delivery-tracking.js';
import type { SavedInbox } from './inbox.js';

export type ClientStateRecord =
  /** Whose state this is. */
  | { readonly type: 'user'; readonly user: string }
  /** An own message; `at` is this machine's time. */
  | {
      readonly type: 'queued';
      readonly id: string;
      readonly to: string;
      readonly body: string;
      readonly at: number;
    }
  | { readonly type: 'stored'; readonly ids: readonly string[] }
  | { readonly type: 'delivered'; readonly ids: readonly string[] }
  /** Only in snapshots: these were stored before it. */
  | { readonly type: 'awaiting'; readonly to: string; readonly ids: readonly string[] }
  | { readonly type: 'failed'; readonly id: string; readonly reason: string }
  | { readonly type: 'received'; readonly epoch: string; readonly push: Push }
  /** Everything received in this epoch up to this seq was shown, or is about to be (`showMark`). */
  | { readonly type: 'shown'; readonly epoch: string; readonly seq: number }
  /** Only in snapshots: the newest that was received before it. */
  | { readonly type: 'position'; readonly epoch: string; readonly seq: number };

/** An own message that is not settled. */
interface SavedMessage {
  readonly id: string;
  readonly to: string;
  readonly body: string;
  /** Of the body, as UTF-8. */
  readonly bytes: number;
}

/** What an earlier process left behind. */
export interface SavedState {
  /** To be sent again, in the order in which they were queued. */
  readonly queued: readonly SavedMessage[];
  /** Stored, not known to be delivered; oldest first. */
  readonly awaiting: readonly MessageRef[];
  readonly inbox: SavedInbox;
}

/** The state folder of one user, held by this process alone. */
export interface ClientState {
  readonly saved: SavedState;
  /** Resolves when the record, and every one before it, is durable. Rejects when it was not kept. */
  append(record: ClientStateRecord): Promise<void>;
  /** Makes durable what was handed over, and lets go of the folder. */
  close(): Promise<void>;
}

/** Another process holds the state folder. */
export class StateFolderLocked extends Error {
  override readonly name = 'StateLocked';
  constructor(
    readonly folder: string,
    /** Who holds it, for people: `process 4711`. */
    readonly holder: string,
  ) {
    super(`${folder} is held by ${holder}`);
  }
}

/** The state folder is another user's. */
export class StateFolderOfAnotherUser extends Error {
  override readonly name = 'StateOfAnother';
  constructor(
    readonly folder: string,
    readonly owner: string,
    user: string,
  ) {
    super(`${folder} belongs to the user ${owner}, not ${user}`);
  }
}
