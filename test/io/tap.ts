/** The owner of a transport, for tests: records the messages and the end of the connection. */
import type { Accept, Peer, Transport, TransportEvents } from '../../src/io/transport.js';

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

export class Tap implements TransportEvents {
  readonly texts: (string | undefined)[] = [];
  bytes = 0;
  isOpen = false;
  readonly open: Promise<void>;
  readonly ended: Promise<Closing>;
  #open: () => void = () => {};
  #end: (closing: Closing) => void = () => {};
  #hasEnded = false;
  #wake: () => void = () => {};

  constructor() {
    this.open = new Promise((resolve) => {
      this.#open = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  opened(): void {
    if (this.isOpen || this.texts.length > 0) throw new Error('opened twice, or too late');
    this.isOpen = true;
    this.#open();
  }

  received(text: string | undefined, bytes: number): void {
    if (this.#hasEnded) throw new Error('received after the end');
    this.texts.push(text);
    this.bytes += bytes;
    this.#wake();
  }

  closed(code: number, reason: string): void {
    if (this.#hasEnded) throw new Error('closed twice');
    this.#hasEnded = true;
    this.#end({ code, reason });
  }

  /** Resolves when this many messages are received. */
  async count(messages: number): Promise<void> {
    while (this.texts.length < messages) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** One accepted connection. */
export interface Accepted {
  readonly tap: Tap;
  readonly transport: Transport;
  readonly peer: Peer;
}

/** Accepts connections; `next` returns them in order. */
export function acceptor(onAccept: (accepted: Accepted) => void = () => {}) {
  const ready: Accepted[] = [];
  const waiting: ((accepted: Accepted) => void)[] = [];
  const accept: Accept = (transport, peer) => {
    const accepted = { tap: new Tap(), transport, peer };
    onAccept(accepted);
    const resolve = waiting.shift();
    if (resolve) resolve(accepted);
    else ready.push(accepted);
    return accepted.tap;
  };
  return {
    accept,
    /** Accepted connections that `next` has not returned yet. */
    ready,
    next: (): Promise<Accepted> => {
      const accepted = ready.shift();
      return accepted ? Promise.resolve(accepted) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}
