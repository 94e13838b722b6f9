/** Transports in memory, for tests, with fault injection on each connection: latency, loss, cuts. */

import type { Clock, Timer } from '../../src/io/clock.js';
import { TRANSPORT } from '../../src/io/limits.js';
import type { Accept, Dial, Peer, Transport, TransportEvents } from '../../src/io/transport.js';
import { WIRE } from '../../src/protocol/limits.js';

/** The sending end of a text. */
export type Sender = 'client' | 'server';

/** One connection, seen from outside: inspects it and injects faults. */
export interface Cable {
  /** The latency in both directions. Default 0: a text arrives in the next turn. */
  delayMs: number;
  /** The texts from this sender that have arrived so far, oldest first. */
  arrived(sender: Sender): readonly string[];
  /** Closes both ends with 1006; texts in flight are lost. */
  cut(): void;
  /**
   * From now on everything that this sender sends is lost silently, its close as well; without an argument, in both directions
   * (a half-open connection). `bufferedBytes` grows, as it does without TCP acknowledgements.
   */
  lose(sender?: Sender): void;
  /** Holds the texts of this sender, in order, until `release`: for "cut before the reply". */
  hold(sender: Sender): void;
  release(sender: Sender): void;
  /** Whether the server has recognised the login. */
  readonly isRecognised: boolean;
  /** Whether at least one end has seen the close. */
  readonly isOver: boolean;
}

export interface MemoryNet {
  /** For `connect(options, { dial })`. */
  readonly dial: Dial;
  /** Accepts connections from now on, instead of the listener before. Undefined: there is no listener, and dials fail with 1006. */
  listen(accept: Accept | undefined): void;
  /** While true, dials get no answer, not even a refusal. */
  isBlackHole: boolean;
  /** All connections, oldest first. */
  readonly cables: readonly Cable[];
  /** The newest connection. @throws Error when there is none. */
  readonly cable: Cable;
}

/** A text or a close frame in flight. */
type Item =
  | { readonly kind: 'text'; readonly text: string; readonly bytes: number }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string };

const CUT = { code: 1006, reason: 'cut' };

/** A network on this clock: with a fake clock, every run is the same. */
export function createMemoryNet(clock: Clock): MemoryNet {
  const cables: Cable[] = [];
  let accept: Accept | undefined;
  const net = {
    isBlackHole: false,
    cables,
    listen: (next: Accept | undefined) => {
      accept = next;
    },
    get cable(): Cable {
      const cable = cables.at(-1);
      if (!cable) throw new Error('no connection was opened yet');
      return cable;
    },
    dial: (_url: string, events: TransportEvents & { opened(): void }): Transport => {
      const client = new End('client', clock, events, WIRE.maxServerMessageBytes);
      const server = new End('server', clock, undefined, WIRE.maxMessageBytes);
      client.other = server;
      server.other = client;
      if (net.isBlackHole) {
        client.isLosing = true;
        return client;
      }
      clock.defer(() => {
        if (client.isOver) return;
        if (!accept) return client.finish(1006, 'no listener (ECONNREFUSED)');
        cables.push(createCable(client, server));
        client.isOpen = true;
        server.isOpen = true;
        server.distrust();
        server.events = accept(server, server);
        events.opened();
      });
      return client;
    },
  };
  return net;
}

function createCable(client: End, server: End): Cable {
  const ends = { client, server };
  return {
    get delayMs() {
      return client.delayMs;
    },
    set delayMs(ms) {
      client.delayMs = ms;
      server.delayMs = ms;
    },
    arrived: (sender) => ends[sender].arrived,
    cut: () => client.cut(),
    lose(sender) {
      if (sender !== 'server') client.isLosing = true;
      if (sender !== 'client') server.isLosing = true;
    },
    hold: (sender) => {
      ends[sender].isHeld = true;
    },
    release: (sender) => {
      ends[sender].isHeld = false;
      ends[sender].pump();
    },
    get isRecognised() {
      return server.isRecognised;
    },
    get isOver() {
      return client.isOver || server.isOver;
    },
  };
}

/** One end of a connection, and the texts that it has sent. */
class End implements Transport, Peer {
  readonly address: string;
  readonly host: string = '192.0.2.1';
  readonly port = 1;
  network = '192.0.2.1';
  other: End | undefined;
  delayMs = 0;
  isHeld = false;
  isLosing = false;
  isOpen = false;
  isRecognised = false;
  /** `closed` was called. */
  isOver = false;
  bufferedBytes = 0;
  readonly arrived: string[] = [];
  #isPaused = false;
  /** This end has closed or cut: it sends nothing more, and drops what it receives. */
  #isClosing = false;
  /** What it may still receive before `trust`. */
  #bytesLeft = Number.POSITIVE_INFINITY;
  #closeTimer: Timer | undefined;
  #inFlight: { readonly item: Item; hasArrived: boolean }[] = [];

  constructor(
    side: Sender,
    readonly clock: Clock,
    public events: TransportEvents | undefined,
    readonly maxBytes: number,
  ) {
    this.address = `memory:${side}`;
  }

  send(text: string): void {
    if (this.#isClosing || this.isOver) return;
    const bytes = Buffer.byteLength(text);
    this.bufferedBytes += bytes;
    this.#put({ kind: 'text', text, bytes });
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.other?.pump();
  }

  close(code: number, reason: string): void {
    if (this.#isClosing || this.isOver) return;
    this.#put({ kind: 'close', code, reason });
    this.#isClosing = true;
    if (this.isOpen) this.#closeTimer = this.clock.after(TRANSPORT.closeTimeoutMs, () => this.cut());
    else this.cut();
  }

  cut(): void {
    if (this.isOver) return;
    this.#isClosing = true;
    this.clock.defer(() => {
      this.finish(CUT.code, CUT.reason);
      if (!this.isLosing) this.other?.finish(CUT.code, CUT.reason);
    });
  }

  /** R1: until `trust` only maxBytesBeforeLogin are read. */
  distrust(): void {
    this.#bytesLeft = WIRE.maxBytesBeforeLogin;
  }

  recognised(): void {
    this.isRecognised = true;
  }

  trust(): void {
    this.#bytesLeft = Number.POSITIVE_INFINITY;
  }

  /** Calls `closed`, once. Items in flight from here are lost. */
  finish(code: number, reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#closeTimer?.cancel();
    this.#inFlight = [];
    this.events?.closed(code, reason);
  }

  /** Delivers the items that have arrived, in order. */
  pump(): void {
    const { other } = this;
    while (!this.isHeld && other && !other.isOver && !other.#isPaused) {
      if (!this.#inFlight[0]?.hasArrived) return;
      const item = this.#inFlight.shift()?.item;
      if (item) this.#deliver(item, other);
    }
  }

  #put(item: Item): void {
    if (this.isLosing) return;
    const entry = { item, hasArrived: false };
    this.#inFlight.push(entry);
    const arrive = (): void => {
      entry.hasArrived = true;
      this.pump();
    };
    if (this.delayMs > 0) this.clock.after(this.delayMs, arrive);
    else this.clock.defer(arrive);
  }

  #deliver(item: Item, other: End): void {
    if (this.isLosing) return;
    if (item.kind === 'close') {
      other.finish(item.code, item.reason);
      if (!other.isLosing) this.clock.defer(() => this.finish(item.code, item.reason)); // the peer echoes the close frame
      return;
    }
    this.bufferedBytes -= item.bytes;
    this.arrived.push(item.text);
    if (other.#isClosing) return;
    other.#bytesLeft -= item.bytes;
    if (other.#bytesLeft < 0 || item.bytes > other.maxBytes) other.close(1009, 'too much');
    else other.events?.received(item.text, item.bytes);
  }
}
