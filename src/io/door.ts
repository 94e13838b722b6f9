/** The door of a server: every connection is a stranger from its first packet on, until it has logged in. Those that are too many are cut. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { TRANSPORT } from './limits.js';
import { networkOf } from './network.js';
import { type StrangerLimits, Strangers } from './strangers.js';

export interface DoorOptions {
  /** Connections that have not logged in, from their first packet on; beyond them the oldest are cut. */
  readonly strangers?: StrangerLimits;
  /** Whether a network that has so many strangers may have one more. If not, the newest is cut, before it costs anything. */
  readonly isWelcome?: (network: string, strangers: number) => boolean;
  /** Kept up to date. */
  readonly counts?: StrangerCounts;
}

export interface StrangerCounts {
  /** Connections that have not logged in, now. */
  strangers: number;
  /** How many were cut because there were too many. */
  strangersCut: number;
}

/** The WebSocket of a stranger. */
interface StrangerTransport {
  /** Called once, when the login is right. */
  onRecognised: (() => void) | undefined;
  /** Says why, and does not wait for an answer. */
  cutAsStranger(): void;
}

/** A connection that has not logged in. It is cut when it has to leave. */
class Stranger {
  /** Of the WebSocket, once there is one: then it is told why. */
  transport: StrangerTransport | undefined;
  /** An HTTP request of it is being answered. */
  isBusy = false;

  constructor(
    readonly network: string,
    readonly key: string,
    private readonly socket: Socket,
    private readonly leave: (stranger: Stranger) => void,
  ) {
    socket.on('close', this.left);
  }

  cut(): void {
    if (this.transport === undefined) this.socket.destroy();
    else this.transport.cutAsStranger();
  }

  /** It is no stranger any more. From now on nothing here is kept: a session may last for weeks. */
  readonly left = (): void => {
    this.socket.off('close', this.left);
    this.leave(this);
  };
}

/** Counts the connections that have not logged in, from the first packet on, and cuts those that are too many. */
export class Door {
  readonly #strangers: Strangers<Stranger>;
  /** By socket: a TLS connection has two objects for it, so the key is made of its addresses. */
  readonly #bySocket = new Map<string, Stranger>();
  readonly #counts: StrangerCounts;
  readonly #isWelcome: NonNullable<DoorOptions['isWelcome']>;

  constructor({ strangers, counts, isWelcome = () => true }: DoorOptions) {
    this.#isWelcome = isWelcome;
    this.#strangers = new Strangers(
      strangers ?? { max: TRANSPORT.maxStrangers, maxPerNetwork: TRANSPORT.maxStrangersPerNetwork },
    );
    this.#counts = counts ?? { strangers: 0, strangersCut: 0 };
  }

  /** Puts itself before TLS and HTTP, which hold more memory for each connection. */
  guard(server: Server): void {
    const listeners = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      this.#enter(socket);
      for (const listener of listeners) if (!socket.destroyed) listener.call(server, socket);
    });
  }

  /** From now on this stranger is told why it is cut. `recognised` of the transport ends its being one. */
  upgraded(socket: Socket, transport: StrangerTransport): void {
    const stranger = this.#bySocket.get(keyOf(socket));
    if (stranger === undefined) return;
    stranger.transport = transport;
    transport.onRecognised = stranger.left;
  }

  /** The token of an HTTP request is right. */
  leave(socket: Socket): void {
    this.#bySocket.get(keyOf(socket))?.left();
  }

  /** That request is answered: the connection is as good as a new one. */
  back(socket: Socket): void {
    if (!socket.destroyed && socket.remoteAddress !== undefined) this.#add(networkOf(socket.remoteAddress), socket);
  }

  busy(socket: Socket, isBusy: boolean): void {
    const stranger = this.#bySocket.get(keyOf(socket));
    if (stranger !== undefined) stranger.isBusy = isBusy;
  }

  /** Cuts those still in a handshake, that of TLS included, and those that wait for their next request. */
  cutHandshakes(): void {
    for (const stranger of this.#bySocket.values())
      if (!stranger.isBusy && stranger.transport === undefined) stranger.cut();
  }

  #enter(socket: Socket): void {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) {
      socket.destroy(); // Gone already.
      return;
    }
    const network = networkOf(remoteAddress);
    if (!this.#isWelcome(network, this.#strangers.countOf(network))) {
      this.#counts.strangersCut++;
      socket.resetAndDestroy();
      return;
    }
    this.#add(network, socket);
  }

  #add(network: string, socket: Socket): void {
    const stranger = new Stranger(network, keyOf(socket), socket, this.#leave);
    this.#bySocket.set(stranger.key, stranger);
    const surplus = this.#strangers.add(network, stranger);
    if (surplus !== undefined) {
      this.#counts.strangersCut++;
      surplus.cut();
    }
    this.#counts.strangers = this.#strangers.size;
  }

  readonly #leave = (stranger: Stranger): void => {
    this.#strangers.remove(stranger.network, stranger);
    this.#counts.strangers = this.#strangers.size;
    if (this.#bySocket.get(stranger.key) === stranger) this.#bySocket.delete(stranger.key);
  };
}

const keyOf = ({ remoteAddress, remotePort, localAddress }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`;
