/** What a client tells its owner: one typed stream. */
import type { ErrorFrame } from '../protocol/frames/error.js';
import type { Welcome } from '../protocol/frames/welcome.js';

/** The four honest words of R17. */
export type MessageState = 'queued' | 'stored' | 'delivered' | 'failed';

/** A message from somebody, durable on this side before anyone is told of it. */
export interface IncomingMessage {
  /** The life of the store that numbered it: `seq` counts within it. */
  readonly epoch: string;
  readonly seq: number;
  readonly id: string;
  readonly from: string;
  readonly body: string;
  /** The server's time of storing, ms since 1970. */
  readonly at: number;
  readonly attempt: number;
  /** Set when it was pushed again on an operator's request: show it as a replay. */
  readonly replay?: string;
}

/** Why a client ended for good. */
export interface ClientEnd {
  /**
   * `closed`: by us. `lost`: the connection is gone, and it does not reconnect. `locked`: another process keeps the state
   * folder. `failed`: `cause` says what. Or the word of a terminal close code: `unauthorized`, `replaced`, `revoked` …
   */
  readonly reason: string;
  /** The WebSocket's close code, if the connection ended it. */
  readonly code?: number;
  /** More, for people, such as the system's word for why the server cannot be reached. */
  readonly detail?: string;
  /** What `onMessage` threw, or what is wrong with the state folder. */
  readonly cause?: unknown;
}

export type ClientEvent =
  | { readonly type: 'connecting'; readonly attempt: number }
  | { readonly type: 'online'; readonly welcome: Welcome }
  /**
   * The connection is gone, or an attempt failed; the next attempt begins in `retryInMs`. `reason` is the word of the close
   * code, or `timeout`, `silent` (nothing was heard for `idleMs`), `fault` (the server broke the protocol), `lost`.
   */
  | {
      readonly type: 'offline';
      readonly reason: string;
      readonly code: number;
      /** More, for people; may be empty. */
      readonly detail: string;
      readonly retryInMs: number;
    }
  /**
   * An own message changed its state. `refusal` is there when it failed, and when it was refused for now (`queued`: it is
   * tried again); `duplicate` when the server had it before.
   */
  | {
      readonly type: 'state';
      readonly to: string;
      readonly id: string;
      readonly state: MessageState;
      readonly duplicate?: boolean;
      readonly refusal?: ErrorFrame;
    }
  /** Told before `onMessage` is called. */
  | { readonly type: 'message'; readonly message: IncomingMessage }
  /**
   * Another process holds the state folder. A client in mode `chat` takes over once it is logged in: the server ends the
   * other's session, and that lets go. Until then nothing is sent or shown.
   */
  | { readonly type: 'locked'; readonly folder: string; readonly holder: string }
  /** The state folder is ours: what is written beside it is ours too. Never told without one. */
  | { readonly type: 'opened' }
  /** Nothing more will happen. */
  | ({ readonly type: 'ended' } & ClientEnd);
