/** A test client on a real socket: sends raw frames, and expects exact ones. */
import assert from 'node:assert/strict';
import { WebSocket } from 'ws';
import type { Push } from '../../src/protocol/frames/message.js';
import type { Welcome } from '../../src/protocol/frames/welcome.js';
import type { Target } from './target.js';

type Frame = Readonly<Record<string, unknown>>;

/** Fails a test that waits in vain. No timing is tested with it. */
const TIMEOUT_MS = 10_000;

export class Peer {
  readonly #socket: WebSocket;
  readonly #received: Frame[] = [];
  #end: { readonly code: number; readonly reason: string } | undefined;
  #wake: () => void = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      assert.equal(isBinary, false, 'a server sends text');
      const value = JSON.parse(data.toString()) as Frame | Frame[];
      this.#received.push(...(Array.isArray(value) ? value : [value]));
      this.#wake();
    });
    socket.on('close', (code, reason) => {
      this.#end = { code, reason: reason.toString() };
      this.#wake();
    });
    socket.on('error', () => this.#wake());
  }

  /** Connected, not logged in (R1). */
  static async connect({ url }: Target, subprotocols: string[] = ['im.v1']): Promise<Peer> {
    const socket = new WebSocket(url, subprotocols, { perMessageDeflate: false });
    const peer = new Peer(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return peer;
  }

  /** Logged in; `welcome` is the answer of the server. */
  static async login(
    target: Target,
    user: string,
    mode?: 'chat' | 'send' | 'operate',
    device?: string,
    more: Frame = {},
  ): Promise<LoggedInPeer> {
    const peer = await Peer.connect(target);
    const optional = { ...(mode !== undefined && { mode }), ...(device !== undefined && { device }) };
    peer.send({ type: 'login', v: 1, user, token: target.tokenOf(user), ...optional, ...more });
    const welcome = (await peer.receive()) as unknown as Welcome;
    assert.equal(welcome.type, 'welcome', `${user} could not log in: ${JSON.stringify(welcome)}`);
    return Object.assign(peer, { welcome, user });
  }

  /** Sends each frame in a text message of its own. */
  send(...frames: readonly Frame[]): void {
    for (const frame of frames) this.#socket.send(JSON.stringify(frame));
  }

  /** Sends any text, or bytes as a binary message. */
  sendRaw(text: string | Uint8Array, options: { readonly binary?: boolean } = {}): void {
    this.#socket.send(text, options);
  }

  get subprotocol(): string {
    return this.#socket.protocol;
  }

  /** The next frame, whether it was sent alone or in a package. */
  async receive(): Promise<Frame> {
    await this.#until(() => this.#received.length > 0 || this.#end !== undefined, 'a frame');
    const frame = this.#received.shift();
    assert.ok(frame, `closed with ${this.#end?.code} instead of a frame`);
    return frame;
  }

  /** Expects exactly these frames next; of an `error`, `message` is not compared, because it is for people. */
  async expect(...expected: readonly Frame[]): Promise<void> {
    for (const frame of expected) {
      const received = await this.receive();
      if (received.type !== 'error') assert.deepEqual(received, frame);
      else {
        const { message, ...rest } = received;
        assert.equal(typeof message, 'string');
        assert.deepEqual(rest, frame);
      }
    }
  }

  /** Expects a push next, and returns it. */
  async receivePush(): Promise<Push> {
    const push = (await this.receive()) as unknown as Push;
    assert.equal(push.type, 'message', JSON.stringify(push));
    assert.ok(Number.isSafeInteger(push.at) && Number.isSafeInteger(push.seq) && Number.isSafeInteger(push.attempt));
    return push;
  }

  /** Expects that everything sent before this has no answer. */
  async expectNothing(): Promise<void> {
    this.send({ type: 'heartbeat' });
    await this.expect({ type: 'heartbeat' });
  }

  /** Expects the server to close: with a `bye` of this reason, if one is given, and with this code. */
  async expectClose(code: number, reason?: string): Promise<void> {
    if (reason !== undefined) await this.expect({ type: 'bye', reason });
    await this.#until(() => this.#end !== undefined, `the close with ${code}`);
    assert.deepEqual(this.#received, [], 'no frame after bye');
    assert.equal(this.#end?.code, code);
  }

  /** Cuts the connection; resolves when it is closed. */
  async leave(): Promise<void> {
    this.#socket.terminate();
    await this.#until(() => this.#end !== undefined, 'the end of the connection');
  }

  #until(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = setTimeout(() => reject(new Error(`timed out waiting for ${what}`)), TIMEOUT_MS);
      this.#wake = () => {
        if (!holds()) return;
        clearTimeout(giveUp);
        this.#wake = () => {};
        resolve();
      };
      this.#wake();
    });
  }
}

export type LoggedInPeer = Peer & { readonly welcome: Welcome; readonly user: string };

/** Logged in with an empty mailbox: receives and acks the backlog first. */
export async function loginDrained(target: Target, user: string): Promise<LoggedInPeer> {
  for (;;) {
    const peer = await Peer.login(target, user);
    const { delivered, pending } = peer.welcome;
    if (pending === 0) return peer;
    for (let count = 1; count <= pending; count++) {
      await peer.receivePush();
      peer.send({ type: 'ack', seq: delivered + count });
    }
    await peer.expectNothing();
    await peer.leave();
  }
}

/** Receives and acks what waits for this device. */
export async function drained(peer: LoggedInPeer): Promise<LoggedInPeer> {
  for (let left = peer.welcome.pending; left > 0; left--) {
    const { seq } = await peer.receivePush();
    peer.send({ type: 'ack', seq });
  }
  await peer.expectNothing();
  return peer;
}
