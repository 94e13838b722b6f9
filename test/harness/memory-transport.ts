/** Connections in memory, for tests: real wires at both ends, and a hand on the cable between them. */

import type { Clock, Timer } from '../../src/io/clock.js';
import { TRANSPORT } from '../../src/io/limits.js';
import type { Accept, Dial, Peer, Transport, TransportEvents } from '../../src/io/transport.js';
import { WIRE } from '../../src/protocol/limits.js';

/** Who sent what travels: the client's direction or the server's. */
export type Sender = 'client' | 'server';

/** One connection, from outside: what can go wrong with it. */
export interface Cable {
  /** How long everything takes from end to end. Default 0: it arrives in the next turn. */
  delayMs: number;
  /** What has arrived so far, as text, oldest first. */
  arrived(sender: Sender): readonly string[];
  /** Both ends see the connection break (1006); what is still travelling is lost. */
  cut(): void;
  /**
   * From now on what this sender sends is lost, and so is word of its end; nobody is told. Without an argument both ways:
   * a half-open peer. Bytes pile up in `bufferedBytes`, as they do when no TCP acknowledgement comes.
   */
  lose(sender?: Sender): void;
  /** Keeps what this sender sends on its way, in order, until `release`: for "cut before the reply". */
  hold(sender: Sender): void;
  release(sender: Sender): void;
  /** Whether one end or the other has been told that it is over. */
  readonly isOver: boolean;
}

export interface MemoryNet {
  /** The client's end: give it to `connect(options, { dial })`. */
  readonly dial: Dial;
  /** Answers dials from now on, in place of whoever did. Undefined: nobody listens, and dials fail (1006). */
  listen(accept: Accept | undefined): void;
  /** While true, dials get no answer at all, not even a refusal. */
  isBlackHole: boolean;
  /** All connections, oldest first. */
  readonly cables: readonly Cable[];
  /** The newest connection. @throws Error when there is none. */
  readonly cable: Cable;
}

/** What travels. */
type Item =
  | { readonly kind: 'text'; readonly text: string; readonly bytes: number }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string };

const LOST = { code: 1006, reason: 'cut' };

/** A net whose time and turns are those of `clock`: with a fake clock, every run is the same. */
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
      if (!cable) throw new Error('nobody has dialled yet');
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
        if (!accept) return client.finish(1006, 'nobody listens (ECONNREFUSED)');
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
    get isOver() {
      return client.isOver || server.isOver;
    },
  };
}

/** One end: the wire its owner holds, and the direction in which it sends. */
class End implements Transport, Peer {
  readonly address: string;
  other: End | undefined;
  delayMs = 0;
  isHeld = false;
  isLosing = false;
  isOpen = false;
  /** The owner was told that it is over. */
  isOver = false;
  bufferedBytes = 0;
  readonly arrived: string[] = [];
  #isPaused = false;
  /** This end has closed or cut: it sends nothing more, and what still comes is dropped. */
  #isDeaf = false;
  #bytesLeft = Number.POSITIVE_INFINITY;
  #closing: Timer | undefined;
  #travelling: { readonly item: Item; isThere: boolean }[] = [];

  constructor(
    side: Sender,
    readonly clock: Clock,
    public events: TransportEvents | undefined,
    readonly maxBytes: number,
  ) {
    this.address = `memory:${side}`;
  }

  send(text: string): void {
    if (this.#isDeaf || this.isOver) return;
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
    if (this.#isDeaf || this.isOver) return;
    this.#put({ kind: 'close', code, reason });
    this.#isDeaf = true;
    if (this.isOpen) this.#closing = this.clock.after(TRANSPORT.closeTimeoutMs, () => this.cut());
    else this.cut();
  }

  cut(): void {
    if (this.isOver) return;
    this.#isDeaf = true;
    this.clock.defer(() => {
      this.finish(LOST.code, LOST.reason);
      if (!this.isLosing) this.other?.finish(LOST.code, LOST.reason);
    });
  }

  /** R1: until `trust` an end reads only so much. */
  distrust(): void {
    this.#bytesLeft = WIRE.maxBytesBeforeLogin;
  }

  trust(): void {
    this.#bytesLeft = Number.POSITIVE_INFINITY;
  }

  /** The owner is told that it is over, once; what was travelling to or from here is lost. */
  finish(code: number, reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#closing?.cancel();
    this.#travelling = [];
    this.events?.closed(code, reason);
  }

  /** Hands over what is there, in order. */
  pump(): void {
    const { other } = this;
    while (!this.isHeld && other && !other.isOver && !other.#isPaused) {
      if (!this.#travelling[0]?.isThere) return;
      const item = this.#travelling.shift()?.item;
      if (item) this.#arrive(item, other);
    }
  }

  #put(item: Item): void {
    if (this.isLosing) return;
    const entry = { item, isThere: false };
    this.#travelling.push(entry);
    const arrive = (): void => {
      entry.isThere = true;
      this.pump();
    };
    if (this.delayMs > 0) this.clock.after(this.delayMs, arrive);
    else this.clock.defer(arrive);
  }

  #arrive(item: Item, other: End): void {
    if (this.isLosing) return;
    if (item.kind === 'close') {
      other.finish(item.code, item.reason);
      if (!other.isLosing) this.clock.defer(() => this.finish(item.code, item.reason)); // The peer echoes the close frame.
      return;
    }
    this.bufferedBytes -= item.bytes;
    this.arrived.push(item.text);
    if (other.#isDeaf) return;
    other.#bytesLeft -= item.bytes;
    if (other.#bytesLeft < 0 || item.bytes > other.maxBytes) other.close(1009, 'too much');
    else other.events?.received(item.text, item.bytes);
  }
}
