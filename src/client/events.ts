/** The events of a client, as one typed stream. */
import type { ErrorFrame } from '../protocol/frames/error.js';
import type { Welcome } from '../protocol/frames/welcome.js';

/** R17: the state of a message is one of these four words. */
export type MessageState = 'queued' | 'stored' | 'delivered' | 'failed';

/** A message from another user. With a state folder it is durable on this side before the handler is called. */
export interface IncomingMessage {
  /** `seq` counts within an epoch. Usually that of the server's store. */
  readonly epoch: string;
  readonly seq: number;
  readonly id: string;
  readonly from: string;
  readonly body: string;
  /** When the server stored it; ms since 1970. */
  readonly at: number;
  /** The number of sessions in which it was pushed, this one included. */
  readonly attempt: number;
  /** Set when an operator had it pushed again: show it as a replay. */
  readonly replay?: string;
  /** Set on a copy of a message that the user, who is `from`, sent from elsewhere: its target. See `ClientOptions.copies`. */
  readonly to?: string;
  /** The user's other devices had it before this one was added. See `ClientOptions.history`. */
  readonly isHistory?: true;
  /** The id of the message that it is about, as its sender says: an answer, a quote. There may be no such message. */
  readonly re?: string;
}

/** What `new-epoch` means, for people. */
export const NEW_EPOCH_TEXT =
  'your mailbox on this server starts anew (an older copy was restored, or you were removed and added again): messages may be missing on it';

/** What `missed` means, for people. */
export const missedText = (count: number): string =>
  `this device was away for too long: up to ${count} ${count === 1 ? 'message is' : 'messages are'} no longer on the server; your other devices have them`;

/** What `history` means, for people. */
export const historyText = (count: number): string =>
  `${count === 1 ? 'one message' : `up to ${count} messages`} from your other devices; older ones are not on the server`;

/** Why a client has ended for good. */
export interface ClientEnd {
  /**
   * `closed`: by `close()`. `lost`: the connection is lost, and `reconnect` is off. `locked`: another process holds the state
   * folder. `failed`: see `cause`. Or the reason of a final close code: `unauthorized`, `replaced`, `revoked` …
   */
  readonly reason: string;
  /** The WebSocket close code, if the connection ended it. */
  readonly code?: number;
  /** More for people, such as the system's reason why the server cannot be reached. */
  readonly detail?: string;
  /** The error of `onMessage`, of an event listener, or of the state folder. */
  readonly cause?: unknown;
}

export type ClientEvent =
  | { readonly type: 'connecting'; readonly attempt: number }
  | { readonly type: 'online'; readonly welcome: Welcome }
  /**
   * The connection is lost, or an attempt failed; the next attempt begins in `retryInMs`. `reason` is that of the close code,
   * or `timeout`, `silent` (nothing was received for `idleMs`), `fault` (the server broke the protocol), `lost`.
   */
  | {
      readonly type: 'offline';
      readonly reason: string;
      readonly code: number;
      /** More for people; may be empty. */
      readonly detail: string;
      readonly retryInMs: number;
    }
  /**
   * An own message changed its state. `refusal` is set when it `failed`, and when it was refused for now (`queued`: it is
   * retried). A body that is larger than the server takes fails with the code `too-large`. `duplicate`: the server had it before.
   */
  | {
      readonly type: 'state';
      readonly to: string;
      readonly id: string;
      readonly state: MessageState;
      readonly duplicate?: boolean;
      readonly refusal?: ErrorFrame;
    }
  /** Emitted before `onMessage` is called. */
  | { readonly type: 'message'; readonly message: IncomingMessage }
  /**
   * This mailbox is not the one that the client knew: the server has other data, or an older copy of them, or the user was
   * removed and added again. Messages that the server had stored since that copy may be missing. Those that were received
   * before are not shown again. Emitted after `online`.
   */
  | { readonly type: 'new-epoch'; readonly epoch: string; readonly previous: string }
  /**
   * This device was away for so long that the server no longer keeps everything: at most so many messages never arrive here.
   * The user's other devices have them. Emitted after `online`; repeated at the next login if the server does not learn of it.
   */
  | { readonly type: 'missed'; readonly count: number }
  /**
   * Everything that waited at the first login was handled: it was shown, or there was nothing to show. Emitted once, after `online`;
   * at once if nothing waited. If a new epoch begins before that, what waits there counts instead.
   */
  | { readonly type: 'caught-up' }
  /** This device is new: at most so many messages follow that other devices have had. Emitted after `online`. */
  | { readonly type: 'history'; readonly count: number }
  /** Another device of the user has read the messages of this peer, as far as they are not after this seq. Best effort. */
  | { readonly type: 'read'; readonly peer: string; readonly epoch: string; readonly seq: number }
  /**
   * Another process holds the state folder; until it is released, nothing is sent or shown. In mode `chat` the client takes
   * over once it is logged in: the server ends the other session, and that process releases the folder.
   */
  | { readonly type: 'locked'; readonly folder: string; readonly holder: string }
  /** This process holds the state folder, and may write beside it as well. Only with a state folder. */
  | { readonly type: 'opened' }
  /** The last event. */
  | ({ readonly type: 'ended' } & ClientEnd);
