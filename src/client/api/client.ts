/** The client of one user: connects, sends and receives messages. The public face of src/client. */
import type { UnsendOutcome } from '../../protocol/frames/unsend.js';
import type { ClientEnd, ClientEvent } from '../events.js';
import type { MessageRef } from '../outbox/delivery-tracking.js';
import type { OutgoingMessage } from '../outbox/outgoing-message.js';
import { type ClientPorts, portsFor } from '../ports.js';
import { ClientWiring } from './client-wiring.js';
import { type ClientOptions, checkOptions } from './options.js';

export type { UnsendOutcome } from '../../protocol/frames/unsend.js';
export {
  type ClientEnd,
  type ClientEvent,
  historyText,
  type IncomingMessage,
  type MessageState,
  missedText,
  NEW_EPOCH_TEXT,
} from '../events.js';
export { Unsendable } from '../outbox/check-message.js';
export type { MessageRef } from '../outbox/delivery-tracking.js';
export { ClientEnded, NotTracked, OutboxFull, type OutgoingMessage, SendRefused } from '../outbox/outgoing-message.js';
export { UnsendUnanswered } from '../outbox/unsends.js';
export type { ClientPorts } from '../ports.js';
export type { MarkShown } from './inbox-handoff.js';
export type { ClientOptions } from './options.js';

/** `id`: chosen by the caller. `re`: the id of the message that this one is about, which the receiver sees: an answer, a quote. */
export interface SendOptions {
  readonly id?: string;
  readonly re?: string;
}

export interface Client {
  /**
   * Queues a message. It is safe to repeat with the same id: while that message is on its way, the same OutgoingMessage is
   * returned; later the server recognises the id (R8). So a bot that derives the id from the message that it answers sends one
   * answer, not two.
   *
   * The limit for the body is the one in the newest `welcome`; before the first one it is WIRE.maxBodyBytes. A message that was
   * queued before, and is too large for the server, gets the state `failed`, with a refusal `too-large`.
   * @throws Unsendable (a RangeError) when `to`, `id`, `re` or `body` is not valid, or the id is that of another message.
   * @throws OutboxFull when too much is queued. @throws ClientEnded after the end.
   */
  send(to: string, body: string, options?: SendOptions): OutgoingMessage;
  /**
   * Asks the server about messages that an earlier process knew as stored. The answers are events: `delivered`, or `failed` when
   * the server does not know the message. With a state folder: call it after `opened`.
   */
  track(messages: readonly MessageRef[]): void;
  /**
   * Takes an own message back, as far as it is certain that the recipient never sees it. Resolves with `unsent`, now or before: its
   * state is `failed`, with a refusal `unsent`; or why not: see UnsendOutcome. A queued message that may be on its way is not sent
   * again until the server has answered; while offline, this waits. With a state folder: call it after `opened`.
   * Rejects with SendRefused or UnsendUnanswered: then the message goes on as if nothing was asked; with ClientEnded after the end.
   */
  unsend(message: MessageRef): Promise<UnsendOutcome>;
  /**
   * Tells the user's other devices that everything from this peer that was shown here was read. Best effort: lost while offline,
   * and by a server that does not know devices.
   */
  markRead(peer: string): void;
  /** Connects now instead of at the next attempt; does nothing while it is online or connecting. For a person who asks for it. */
  retry(): void;
  /** The number of own messages that wait for the server's answer, those of earlier processes included. */
  readonly queued: number;
  /** Adds a listener for all events; returns a function that removes it. A listener that throws ends the client. */
  subscribe(listener: (event: ClientEvent) => void): () => void;
  /** Resolves with the reason when the client has ended for good. Never rejects. */
  readonly ended: Promise<ClientEnd>;
  /**
   * Ends the client. A running `onMessage` may finish within CLIENT.finishShowingMs, and its message is acked. With a state
   * folder, queued messages stay in the outbox. Resolves when the connection and the folder are closed.
   */
  close(): Promise<void>;
}

/** Starts to connect, and returns at once. @throws TypeError when the options can never work. */
export function connect(options: ClientOptions, ports: Partial<ClientPorts> = {}): Client {
  checkOptions(options);
  const wiring = new ClientWiring(options, portsFor(options, ports));
  wiring.start();
  return {
    send: (to, body, { id, re } = {}) => wiring.send(to, body, id, re),
    track: (messages) => wiring.track(messages),
    unsend: (message) => wiring.unsend(message),
    markRead: (peer) => wiring.markRead(peer),
    retry: () => wiring.retry(),
    subscribe: (listener) => wiring.subscribe(listener),
    close: () => wiring.close(),
    ended: wiring.end,
    get queued() {
      return wiring.queued;
    },
  };
}
