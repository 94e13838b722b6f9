/**
 * A TCP proxy on loopback that has faults on demand, between a client and a server that knows nothing of it. Faults are for both
 * directions unless one is named, begin at once, also for open connections, and last until `heal`.
 */
import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.js';

export type Direction = 'toServer' | 'toClient';
const BOTH: readonly Direction[] = ['toServer', 'toClient'];

export interface TcpProxy {
  /** Of the proxy, on 127.0.0.1; it never changes. */
  readonly port: number;
  /** Open connections of clients. */
  readonly connections: number;
  /** Later connections go to this port. Open ones stay where they are: see `reset`. */
  retarget(port: number): void;
  /** Each byte arrives `ms` later, in order. */
  delay(ms: number): void;
  /**
   * Nothing arrives, and nobody is told: also not of an end. After `heal` everything arrives, as after a short loss of a network.
   * With `toClient` alone the server gets and does what it is asked for, and its answer is missing.
   */
  blackHole(direction?: Direction): void;
  /** Breaks the open connections (RST at both ends). What was on its way is lost. New ones work. */
  reset(): void;
  /** New connections are refused. Open ones stay. */
  refuse(): void;
  /** No faults. */
  heal(): Promise<void>;
  /** Breaks the open connections, and listens no more. */
  close(): void;
}

/** @param target the server's port on 127.0.0.1. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  let serverPort = target;
  let delayMs = 0;
  const holes = new Set<Direction>();
  const pairs = new Set<Pair>();
  let server: Server | undefined;

  const accept = (client: Socket): void => {
    const pair = new Pair(client, serverPort, { delayMs: () => delayMs, isHole: (direction) => holes.has(direction) });
    pairs.add(pair);
    pair.onEnd(() => pairs.delete(pair));
  };
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      // Half-open: an end in one direction is passed on as one.
      server = createServer({ allowHalfOpen: true, noDelay: true }, accept).once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  const refuse = (): void => {
    server?.close();
    server = undefined;
  };
  const reset = (): void => {
    for (const pair of pairs) pair.reset();
  };

  const port = await freePort();
  await listen(port);

  return {
    port,
    get connections() {
      return pairs.size;
    },
    retarget(to) {
      serverPort = to;
    },
    delay(ms) {
      delayMs = ms;
    },
    blackHole(direction) {
      for (const one of direction === undefined ? BOTH : [direction]) holes.add(one);
    },
    reset,
    refuse,
    async heal() {
      delayMs = 0;
      holes.clear();
      for (const pair of pairs) pair.flow();
      if (server === undefined) await listen(port);
    },
    close() {
      refuse();
      reset();
    },
  };
}

interface Faults {
  delayMs(): number;
  isHole(direction: Direction): boolean;
}

/** A client's connection and the one to the server. */
class Pair {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #lanes: readonly Lane[];

  constructor(client: Socket, port: number, faults: Faults) {
    this.#client = client;
    this.#server = connectSocket({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.#lanes = [
      new Lane(client, this.#server, 'toServer', faults),
      new Lane(this.#server, client, 'toClient', faults),
    ];
    for (const socket of [client, this.#server]) {
      socket.on('error', () => {
        // A broken end breaks the other one, below.
      });
    }
    client.on('close', (isBroken) => this.#lanes[0]?.closed(isBroken));
    this.#server.on('close', (isBroken) => this.#lanes[1]?.closed(isBroken));
  }

  onEnd(run: () => void): void {
    let open = 2;
    const one = (): void => {
      if (--open === 0) run();
    };
    this.#client.once('close', one);
    this.#server.once('close', one);
  }

  reset(): void {
    for (const socket of [this.#client, this.#server]) if (!socket.destroyed) socket.resetAndDestroy();
  }

  flow(): void {
    for (const lane of this.#lanes) lane.flow();
  }
}

const MAX_HELD_BYTES = 1_048_576;

/** One direction of a connection. What comes in is held until it is due, and while there is a black hole. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #direction: Direction;
  readonly #faults: Faults;
  readonly #held: { readonly due: number; readonly bytes: number; readonly pass: () => void }[] = [];
  #heldBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, direction: Direction, faults: Faults) {
    this.#from = from;
    this.#to = to;
    this.#direction = direction;
    this.#faults = faults;
    from.on('data', (chunk) => this.#hold(chunk.length, () => to.write(chunk)));
    from.on('end', () => this.#hold(0, () => to.end()));
    to.on('drain', () => this.#balance());
  }

  /** The end that it reads from is closed. */
  closed(isBroken: boolean): void {
    if (isBroken) this.#hold(0, () => this.#to.destroyed || this.#to.resetAndDestroy());
  }

  #hold(bytes: number, pass: () => void): void {
    this.#held.push({ due: performance.now() + this.#faults.delayMs(), bytes, pass });
    this.#heldBytes += bytes;
    this.flow();
  }

  /** Passes on what may pass. */
  flow(): void {
    clearTimeout(this.#timer);
    while (this.#held[0] !== undefined && !this.#faults.isHole(this.#direction)) {
      const { due, bytes, pass } = this.#held[0];
      const waitMs = this.#faults.delayMs() === 0 ? 0 : due - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.flow(), waitMs);
        break;
      }
      this.#held.shift();
      this.#heldBytes -= bytes;
      pass();
    }
    this.#balance();
  }

  /** A sender that is faster than its receiver has to wait, as on a network. */
  #balance(): void {
    if (this.#heldBytes > MAX_HELD_BYTES || this.#to.writableNeedDrain) this.#from.pause();
    else this.#from.resume();
  }
}
