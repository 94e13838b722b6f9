/** Somebody at the end of a wire who writes down what happens. */
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

  /** Resolves when so many messages have come. */
  async count(messages: number): Promise<void> {
    while (this.texts.length < messages) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** One connection at the server. */
export interface Accepted {
  readonly tap: Tap;
  readonly transport: Transport;
  readonly peer: Peer;
}

/** Takes connections and hands them out in the order in which they came. */
export function acceptor(onAccept: (accepted: Accepted) => void = () => {}) {
  const ready: Accepted[] = [];
  const asking: ((accepted: Accepted) => void)[] = [];
  const accept: Accept = (transport, peer) => {
    const accepted = { tap: new Tap(), transport, peer };
    onAccept(accepted);
    const ask = asking.shift();
    if (ask) ask(accepted);
    else ready.push(accepted);
    return accepted.tap;
  };
  return {
    accept,
    /** Connections that nobody asked for. */
    ready,
    next: (): Promise<Accepted> => {
      const accepted = ready.shift();
      return accepted ? Promise.resolve(accepted) : new Promise((resolve) => asking.push(resolve));
    },
  };
}
