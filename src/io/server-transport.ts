/** One WebSocket of the server: how much it may send before login, and how much of it is read in a turn. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CLOSES } from '../protocol/close-codes.js';
import { WIRE } from '../protocol/limits.js';
import { systemClock } from './clock.js';
import { hostAndPort } from './http-listen.js';
import { TRANSPORT } from './limits.js';
import { networkOf, plainAddress } from './network.js';
import type { Peer } from './transport.js';
import { type WebSocket, WsTransport } from './ws-transport.js';

/** Until `trust` it may send only WIRE.maxBytesBeforeLogin (R1). */
export class ServerTransport extends WsTransport implements Peer {
  readonly host: string;
  readonly port: number;
  readonly network: string;
  /** Called once, when the login is right. */
  onRecognised: (() => void) | undefined;
  readonly #stream: Duplex;
  /** Bytes that it may still send before login. */
  #left: number = WIRE.maxBytesBeforeLogin + TRANSPORT.framingBytesBeforeLogin;
  /** Its owner does not read now; this transport does not read in this turn. */
  #isHeld = false;
  #isYielding = false;

  constructor(socket: WebSocket, stream: Duplex, { remoteAddress = 'gone', remotePort = 0 }: Socket) {
    super(socket);
    this.#stream = stream;
    this.host = plainAddress(remoteAddress);
    this.port = remotePort;
    this.network = networkOf(remoteAddress);
    // Before `ws` parses. One listener, and put first of two: a third makes Node keep a list for 17 of them.
    stream.prependListener('data', (chunk: Buffer) => this.#count(chunk.length, stream));
  }

  get address(): string {
    return hostAndPort(this.host, this.port);
  }

  override pause(): void {
    this.#isHeld = true;
    super.pause();
  }

  override resume(): void {
    this.#isHeld = false;
    if (!this.#isYielding) super.resume();
  }

  #count(bytes: number, stream: Duplex): void {
    this.#left -= bytes;
    if (this.#left < 0)
      this.closeAndStopReading(stream, 1009, `more than ${WIRE.maxBytesBeforeLogin} bytes before login`);
    if (bytes >= TRANSPORT.largeReadBytes) this.#yield();
  }

  /** Without it, up to 2 MiB of one socket are read and parsed in a turn, also what never becomes a message: pongs, fragments. */
  #yield(): void {
    if (this.#isYielding) return;
    this.#isYielding = true;
    super.pause();
    systemClock.defer(() => {
      this.#isYielding = false;
      if (!this.#isHeld) super.resume();
    });
  }

  recognised(): void {
    this.onRecognised?.();
    this.onRecognised = undefined;
  }

  trust(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }

  /** Says why, and does not wait for an answer. */
  cutAsStranger(): void {
    if (this.isClosing) {
      this.cut();
      return;
    }
    const { code, description } = CLOSES['too-many-connections'];
    this.closeAndStopReading(this.#stream, code, description);
    this.#stream.once('finish', () => this.#stream.destroy());
  }
}
