/** The client: wiring between wire, link, outbox and inbox. The public face of src/client. */
import type { ErrorFrame } from '../protocol/frames/error.js';
import type { Mode } from '../protocol/frames/login.js';
import type { ClientEvent, IncomingMessage } from './events.js';

export interface ClientOptions {
  /** `ws://127.0.0.1:4690` or `wss://…`. */
  readonly url: string;
  readonly user: string;
  readonly token: string;
  /** Default `chat`. `send` gets no messages and ends nobody's session. */
  readonly mode?: Exclude<Mode, 'operate'>;
  /** Name and version of the program, for the server's log. */
  readonly agent?: string;
  /**
   * Folder in which outbox and inbox survive the death of this process (one process at a time holds it). Without it they
   * live in memory: right for `mode: 'send'`.
   */
  readonly stateFolder?: string;
  /** Whether to come back after a broken connection. Default true; terminal close codes end the client all the same. */
  readonly reconnect?: boolean;
  /**
   * Shows a message. It is called for one message after the other, in order, when the message is durable; when what it
   * returns resolves, the message counts as shown and is acked (R12, R15). When it fails, the client ends with that error
   * and the message stays undelivered. Needed in mode `chat`.
   */
  readonly onMessage?: (message: IncomingMessage) => void | Promise<void>;
}

/** One message on its way out. Each promise resolves at most once; `stored` and `delivered` reject with SendRefused or ClientEnded. */
export interface Outgoing {
  readonly id: string;
  /** It is in the outbox: durable, if there is a state folder. */
  readonly queued: Promise<void>;
  /** The server has it on disk. */
  readonly stored: Promise<{ readonly duplicate: boolean }>;
  /** The target's client has acked it. */
  readonly delivered: Promise<void>;
}

export interface Client {
  /** @throws RangeError when `to`, `id` or `body` can never be sent. */
  send(to: string, body: string, options?: { readonly id?: string }): Outgoing;
  /** Everything that happens, as one typed stream. Returns how to stop listening. */
  subscribe(listener: (event: ClientEvent) => void): () => void;
  /** Resolves with the reason when the client has ended for good: closed, replaced, refused. */
  readonly ended: Promise<ClientEnd>;
  /** Ends the client; what is in the outbox stays there. Resolves when everything is let go of. */
  close(): Promise<void>;
}

export interface ClientEnd {
  /** `closed` by us, or the word of the close code, or `lost` when it does not reconnect. */
  readonly reason: string;
  /** The WebSocket's close code, if there was one. */
  readonly code?: number;
}

/** The server refused a message for good (or it was not sent again): the `error` frame says why. */
export class SendRefused extends Error {
  override readonly name = 'SendRefused';
  constructor(readonly refusal: ErrorFrame) {
    super(refusal.message);
  }
}
