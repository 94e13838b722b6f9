/** The client: one user's end of the wire, from the first dial to the end. The public face of src/client. */
import { ClientWiring } from './client-wiring.js';
import type { ClientEnd, ClientEvent } from './events.js';
import { type ClientOptions, type ClientPorts, checkOptions, DEFAULT_PORTS } from './options.js';
import type { OutgoingMessage } from './outgoing-message.js';

export { Unsendable } from './check-message.js';
export type { ClientEnd, ClientEvent, IncomingMessage, MessageState } from './events.js';
export type { ShowMark } from './inbox-handoff.js';
export type { ClientOptions, ClientPorts } from './options.js';
export { ClientEnded, NotFollowed, OutboxFull, type OutgoingMessage, SendRefused } from './outgoing-message.js';

export interface Client {
  /**
   * Queues a message. The same message with the same id is sent once: while it is on its way, what this returns is the one
   * that was sent before; later the server knows it (R8). So an id made from what is answered makes one answer, not two.
   * @throws Unsendable (a RangeError) when `to`, `id` or `body` can never be sent, or the id is another message's.
   * @throws OutboxFull when too much is queued. @throws ClientEnded after the end.
   */
  send(to: string, body: string, options?: { readonly id?: string }): OutgoingMessage;
  /**
   * Asks the server what became of own messages that it once had stored, of which an earlier process never learnt more. The
   * answers are events: `delivered`, or `failed` when the server does not know the message. With a state folder: from
   * `opened` on.
   */
  follow(messages: readonly { readonly to: string; readonly id: string }[]): void;
  /** How many own messages wait for the server's answer, those of earlier processes included. */
  readonly queued: number;
  /** Everything that happens, as one typed stream. Returns how to stop listening. A listener that throws ends the client. */
  subscribe(listener: (event: ClientEvent) => void): () => void;
  /** Resolves with the reason when the client has ended for good: closed, replaced, refused. Never rejects. */
  readonly ended: Promise<ClientEnd>;
  /**
   * Ends the client; what is in the outbox stays there. What `onMessage` is busy with is waited for, for a while, and acked.
   * Resolves when everything is let go of.
   */
  close(): Promise<void>;
}

/** Begins to connect; returns at once. @throws TypeError when the options can never work. */
export function connect(options: ClientOptions, ports: Partial<ClientPorts> = {}): Client {
  checkOptions(options);
  const wiring = new ClientWiring(options, { ...DEFAULT_PORTS, ...ports });
  wiring.start();
  return {
    send: (to, body, { id } = {}) => wiring.send(to, body, id),
    follow: (messages) => wiring.follow(messages),
    subscribe: (listener) => wiring.subscribe(listener),
    close: () => wiring.close(),
    ended: wiring.end,
    get queued() {
      return wiring.queued;
    },
  };
}
