/** What happens before the state folder is open: messages that the caller has sent, and frames that the session has received. */
import type { ServerFrame } from '../../protocol/frame-catalogue.js';
import type { Welcome } from '../../protocol/frames/welcome.js';
import { CLIENT } from '../limits.js';
import { type ClientEnded, OutboxFull, type TrackedMessage } from '../outbox/outgoing-message.js';
import type { OutboxInbox } from './outbox-inbox.js';

interface Unsent {
  readonly message: TrackedMessage;
  readonly body: string;
  /** Of the body, as UTF-8. */
  readonly bytes: number;
  readonly re: string | undefined;
}

export class Backlog {
  readonly #unsent: Unsent[] = [];
  #unsentBytes = 0;
  #welcome: Welcome | undefined;
  #frames: ServerFrame[] = [];

  /** Messages. */
  get queued(): number {
    return this.#unsent.length;
  }

  /** @throws OutboxFull */
  send(unsent: Unsent): void {
    const { bytes } = unsent;
    const isFull = this.queued >= CLIENT.maxQueued || this.#unsentBytes + bytes > CLIENT.maxQueuedBytes;
    if (isFull) throw new OutboxFull();
    this.#unsent.push(unsent);
    this.#unsentBytes += bytes;
  }

  online(welcome: Welcome): void {
    this.#welcome = welcome;
  }

  /** The server pushes the same again in the next session. */
  offline(): void {
    this.#welcome = undefined;
    this.#frames = [];
  }

  /** @returns whether there is room for more. */
  received(frame: ServerFrame): boolean {
    this.#frames.push(frame);
    return this.#frames.length <= CLIENT.maxUnshown;
  }

  moveTo(outboxInbox: OutboxInbox): void {
    for (const { message, body, bytes, re } of this.#unsent.splice(0))
      outboxInbox.sendBuffered(message, body, bytes, re);
    if (this.#welcome) outboxInbox.welcome(this.#welcome);
    for (const frame of this.#frames.splice(0)) outboxInbox.received(frame);
  }

  failAll(error: ClientEnded): void {
    for (const { message } of this.#unsent) message.fail(error);
  }
}
