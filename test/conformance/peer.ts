/** A client made by hand: raw frames out, exact frames in, over a real socket. */
import assert from 'node:assert/strict';
import { WebSocket } from 'ws';
import type { Push } from '../../src/protocol/frames/message.js';
import type { Welcome } from '../../src/protocol/frames/welcome.js';
import type { Target } from './target.js';

type Frame = Readonly<Record<string, unknown>>;

/** A guard against waiting for ever; nothing is measured with it. */
const GIVE_UP_MS = 10_000;

export class Peer {
  readonly #socket: WebSocket;
  readonly #heard: Frame[] = [];
  #end: { readonly code: number; readonly reason: string } | undefined;
  #wake: () => void = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      assert.equal(isBinary, false, 'a server says text');
      const value = JSON.parse(data.toString()) as Frame | Frame[];
      this.#heard.push(...(Array.isArray(value) ? value : [value]));
      this.#wake();
    });
    socket.on('close', (code, reason) => {
      this.#end = { code, reason: reason.toString() };
      this.#wake();
    });
    socket.on('error', () => this.#wake());
  }

  /** Connected, and trusted with nothing yet (R1). */
  static async connect({ url }: Target, subprotocols: string[] = ['im.v1']): Promise<Peer> {
    const socket = new WebSocket(url, subprotocols, { perMessageDeflate: false });
    const peer = new Peer(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return peer;
  }

  /** Logged in; the welcome is in `welcome`. */
  static async login(target: Target, user: string, mode?: 'chat' | 'send' | 'operate'): Promise<LoggedInPeer> {
    const peer = await Peer.connect(target);
    peer.say({ type: 'login', v: 1, user, token: target.tokenOf(user), ...(mode !== undefined && { mode }) });
    const welcome = (await peer.hear()) as unknown as Welcome;
    assert.equal(welcome.type, 'welcome', `${user} could not log in: ${JSON.stringify(welcome)}`);
    return Object.assign(peer, { welcome, user });
  }

  /** Says each frame, bare. */
  say(...frames: readonly Frame[]): void {
    for (const frame of frames) this.#socket.send(JSON.stringify(frame));
  }

  /** Says this as it stands: text, or bytes as a binary message. */
  sayRaw(text: string | Uint8Array, options: { readonly binary?: boolean } = {}): void {
    this.#socket.send(text, options);
  }

  get subprotocol(): string {
    return this.#socket.protocol;
  }

  /** The next frame, whether it came alone or in a package. */
  async hear(): Promise<Frame> {
    await this.#until(() => this.#heard.length > 0 || this.#end !== undefined, 'a frame');
    const frame = this.#heard.shift();
    assert.ok(frame, `closed with ${this.#end?.code} instead of a frame`);
    return frame;
  }

  /** The next frames are exactly these, `message` of errors apart: that is for people. */
  async hears(...expected: readonly Frame[]): Promise<void> {
    for (const frame of expected) {
      const heard = await this.hear();
      if (heard.type !== 'error') assert.deepEqual(heard, frame);
      else {
        const { message, ...rest } = heard;
        assert.equal(typeof message, 'string');
        assert.deepEqual(rest, frame);
      }
    }
  }

  /** The next frame is a push; returns it after a look at what every push has. */
  async hearPush(): Promise<Push> {
    const push = (await this.hear()) as unknown as Push;
    assert.equal(push.type, 'message', JSON.stringify(push));
    assert.ok(Number.isSafeInteger(push.at) && Number.isSafeInteger(push.seq) && Number.isSafeInteger(push.attempt));
    return push;
  }

  /** A barrier: what was said before this had no answer. */
  async hearsNothing(): Promise<void> {
    this.say({ type: 'heartbeat' });
    await this.hears({ type: 'heartbeat' });
  }

  /** The server ends the connection: with a `bye` of this reason, if one is given, and this code. */
  async isClosed(code: number, reason?: string): Promise<void> {
    if (reason !== undefined) await this.hears({ type: 'bye', reason });
    await this.#until(() => this.#end !== undefined, `the close with ${code}`);
    assert.deepEqual(this.#heard, [], 'nothing is said after bye');
    assert.equal(this.#end?.code, code);
  }

  /** Ends the connection from this side; resolves when it is gone. */
  async leave(): Promise<void> {
    this.#socket.terminate();
    await this.#until(() => this.#end !== undefined, 'the end of the connection');
  }

  #until(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), GIVE_UP_MS);
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

/** Takes and acks everything that waits, as often as it takes, and stays logged in: a mailbox that is empty. */
export async function loginDrained(target: Target, user: string): Promise<LoggedInPeer> {
  for (;;) {
    const peer = await Peer.login(target, user);
    const { delivered, pending } = peer.welcome;
    if (pending === 0) return peer;
    for (let count = 1; count <= pending; count++) {
      await peer.hearPush();
      peer.say({ type: 'ack', seq: delivered + count });
    }
    await peer.hearsNothing();
    await peer.leave();
  }
}
