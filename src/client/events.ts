/** What a client tells its owner: one typed stream. */
import type { ErrorFrame } from '../protocol/frames/error.js';
import type { Welcome } from '../protocol/frames/welcome.js';

/** The four honest words of R17. */
export type MessageState = 'queued' | 'stored' | 'delivered' | 'failed';

/** A message from somebody, durable on this side before anyone is told of it. */
export interface IncomingMessage {
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

export type ClientEvent =
  | { readonly type: 'connecting'; readonly attempt: number }
  | { readonly type: 'online'; readonly welcome: Welcome }
  /** The connection is gone; the next attempt begins in `retryInMs`. */
  | { readonly type: 'offline'; readonly reason: string; readonly code: number; readonly retryInMs: number }
  /** An own message changed its state. `refusal` is there when it failed, `duplicate` when the server had it before. */
  | {
      readonly type: 'state';
      readonly to: string;
      readonly id: string;
      readonly state: MessageState;
      readonly duplicate?: boolean;
      readonly refusal?: ErrorFrame;
    }
  | { readonly type: 'message'; readonly message: IncomingMessage }
  /** Nothing more will happen. */
  | { readonly type: 'ended'; readonly reason: string; readonly code?: number };
