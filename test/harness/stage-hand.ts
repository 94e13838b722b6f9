/** A connection held by hand: whatever frame one likes, at any time, and whatever the server says to it. */
import type { Transport } from '../../src/io/transport.js';
import { decodeServerText } from '../../src/protocol/codec.js';
import type { ServerFrame } from '../../src/protocol/frame-catalogue.js';
import type { Login } from '../../src/protocol/frames/login.js';
import { tokenOf } from './memory-accounts.js';
import type { Cable, MemoryNet } from './memory-transport.js';
import { STAGE_URL } from './stage-listener.js';

export class Hand {
  /** What the server said and nobody has looked at, oldest first. */
  readonly heard: ServerFrame[] = [];
  /** How the connection ended. */
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

  /** One text with this value as it stands: a frame, a package, or what is neither. */
  say(value: unknown): void {
    this.transport.send(JSON.stringify(value));
  }

  login(user: string, mode: Login['mode'] = 'chat', token = tokenOf(user)): void {
    this.say({ type: 'login', v: 1, user, token, mode });
  }

  /** What was said since this was last asked. */
  take(): ServerFrame[] {
    return this.heard.splice(0);
  }
}
