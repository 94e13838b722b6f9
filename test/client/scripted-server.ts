/** A scripted server on a memory transport: a test tells it what to send, and reads what it has received. */
import assert from 'node:assert/strict';
import type { Transport } from '../../src/io/transport.js';
import { CLOSES, type CloseReason } from '../../src/protocol/close-codes.js';
import { decodeClientText, encode, pack } from '../../src/protocol/codec.js';
import type { ClientFrame, ServerFrame } from '../../src/protocol/frame-catalogue.js';
import type { Login } from '../../src/protocol/frames/login.js';
import type { Push } from '../../src/protocol/frames/message.js';
import type { Welcome } from '../../src/protocol/frames/welcome.js';
import type { FakeClock } from '../harness/fake-clock.js';
import { createMemoryNet, type MemoryNet } from '../harness/memory-transport.js';

export const WELCOME: Welcome = {
  type: 'welcome',
  v: 1,
  user: 'alice',
  session: 's1',
  epoch: 'e1',
  delivered: 0,
  pending: 0,
  heartbeatMs: 30_000,
  idleMs: 90_000,
  window: 1_000,
  maxBodyBytes: 65_536,
  at: 0,
};

export class ScriptedServer {
  readonly net: MemoryNet;
  /** All connections, oldest first. */
  readonly transports: Transport[] = [];
  /** The frames received over all connections since the last `take`, without `login` and `heartbeat`. */
  #received: ClientFrame[] = [];
  /** The raw texts received on the newest connection. */
  texts: string[] = [];
  logins = 0;
  lastLogin: Login | undefined;
  heartbeats = 0;
  /** The answer to the next logins; undefined: none. */
  welcome: Welcome | undefined = WELCOME;
  /** Whether frames are decoded; if not, only `texts` grows. */
  decodes = true;
  /** Whether heartbeats are answered. */
  answersHeartbeats = true;
  /** Called for each frame that `take` returns. */
  onFrame: (frame: ClientFrame) => void = () => undefined;
  /** Called for each login, before it is answered. */
  onLogin: (login: Login) => void = () => undefined;
  #transport: Transport | undefined;

  constructor(private readonly clock: FakeClock) {
    this.net = createMemoryNet(clock);
    this.listen();
  }

  listen(): void {
    this.net.listen((transport, peer) => {
      peer.trust();
      this.transports.push(transport);
      this.#transport = transport;
      this.texts = [];
      return {
        received: (text) => this.#handle(text ?? ''),
        closed: () => undefined,
      };
    });
  }

  /** The number of frames that `take` would return now. */
  get received(): number {
    return this.#received.length;
  }

  /** The frames received since the last call. */
  async take(): Promise<ClientFrame[]> {
    await this.clock.settle();
    return this.#received.splice(0);
  }

  /** Sends these on the newest connection, as one package, and waits until everything has settled. */
  async send(...frames: ServerFrame[]): Promise<void> {
    this.sendNow(...frames);
    await this.clock.settle();
  }

  sendNow(...frames: ServerFrame[]): void {
    assert.ok(this.#transport);
    for (const text of pack(frames.map(encode))) this.#transport.send(text);
  }

  async sendText(text: string): Promise<void> {
    assert.ok(this.#transport);
    this.#transport.send(text);
    await this.clock.settle();
  }

  /** Sends `bye` and closes. */
  async close(reason: CloseReason, retryAfterMs?: number): Promise<void> {
    this.sendNow({ type: 'bye', reason, ...(retryAfterMs !== undefined && { retryAfterMs }) });
    this.#transport?.close(CLOSES[reason].code, CLOSES[reason].description);
    await this.clock.settle();
  }

  async cut(): Promise<void> {
    this.net.cable.cut();
    await this.clock.settle();
  }

  #handle(text: string): void {
    this.texts.push(text);
    if (!this.decodes) return;
    for (const frame of decodeClientText(text)) {
      assert.ok(frame.type !== 'refused' && frame.type !== 'passed-over', text);
      if (frame.type === 'login') {
        this.logins += 1;
        this.lastLogin = frame;
        this.onLogin(frame);
        if (this.welcome) this.sendNow(this.welcome);
      } else if (frame.type === 'heartbeat') {
        this.heartbeats += 1;
        if (this.answersHeartbeats) this.sendNow({ type: 'heartbeat' });
      } else {
        this.#received.push(frame);
        this.onFrame(frame);
      }
    }
  }
}

/** A push with all its fields. */
export const push = (seq: number, rest: Partial<Push> = {}): Push => ({
  type: 'message',
  seq,
  id: `m${seq}`,
  from: 'bob',
  body: `text ${seq}`,
  at: 1_000 + seq,
  attempt: 1,
  ...rest,
});
