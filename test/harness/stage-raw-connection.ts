/** A raw connection to the server, without the client library: a test sends any text at any time, and reads every frame. */
import type { Transport } from '../../src/io/transport.js';
import { decodeServerText } from '../../src/protocol/codec.js';
import type { ServerFrame } from '../../src/protocol/frame-catalogue.js';
import type { Login } from '../../src/protocol/frames/login.js';
import { tokenOf } from './memory-accounts.js';
import type { Cable, MemoryNet } from './memory-transport.js';
import { STAGE_URL } from './stage-listener.js';

export class RawConnection {
  /** The frames of the server that the test has not looked at yet, oldest first. */
  readonly heard: ServerFrame[] = [];
  /** How the connection ended; undefined while it is open. */
  end: { readonly code: number; readonly reason: string } | undefined;
  readonly transport: Transport;
  /** Undefined until the server has accepted it. */
  cable: Cable | undefined;

  constructor(net: MemoryNet) {
    this.transport = net.dial(STAGE_URL, {
      opened: () => {
        this.cable = net.cable;
      },
      received: (text = '') => this.heard.push(...(decodeServerText(text) as ServerFrame[])),
      closed: (code, reason) => {
        this.end = { code, reason };
      },
    });
  }

  /** Sends a value as JSON: a frame, a package, or anything else. */
  say(value: unknown): void {
    this.transport.send(JSON.stringify(value));
  }

  login(user: string, mode: Login['mode'] = 'chat', token = tokenOf(user), device?: string): void {
    this.say({ type: 'login', v: 1, user, token, mode, device });
  }

  /** The frames received since the last call. */
  take(): ServerFrame[] {
    return this.heard.splice(0);
  }
}
