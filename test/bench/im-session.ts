/** A logged-in connection of the load generator: `ws`, frames as text, one JSON.parse per WebSocket message. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { ServerFrame } from '../../src/protocol/frame-catalogue.js';
import type { Login, Mode } from '../../src/protocol/frames/login.js';
import type { Welcome } from '../../src/protocol/frames/welcome.js';
import type { Credential } from './work.js';

export interface Session {
  readonly ws: WebSocket;
  /** The socket of `ws`: while corked, it gathers several WebSocket messages into one write. */
  readonly socket: Socket;
  readonly welcome: Welcome;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly url: string;
  readonly credential: Credential;
  readonly mode?: Exclude<Mode, 'operate'>;
  /** Called with the frames of each WebSocket message, starting after `welcome`. */
  readonly onFrames: (frames: readonly ServerFrame[], ws: WebSocket) => void;
  /** Called when the connection fails or the server closes it. */
  readonly onFailure: (cause: Error) => void;
}

export async function logIn({ url, credential, mode, onFrames, onFailure }: SessionOptions): Promise<Session> {
  const { port, hostname } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, noDelay: true });
  const ws = new WebSocket(url, 'im.v1', {
    createConnection: () => socket,
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  await once(ws, 'open');
  const { user, token } = credential;
  const login: Login = { type: 'login', v: 1, user, token, mode: mode ?? 'chat', agent: 'im-bench' };
  const welcomed = new Promise<Welcome>((resolve, reject) => {
    ws.once('message', (data: Buffer) => {
      // Subscribes in this turn, so that a push in the same turn is not missed.
      ws.on('message', (next: Buffer) => onFrames(parse(next), ws));
      const [first, ...others] = parse(data);
      if (first?.type === 'welcome') resolve(first);
      else reject(new Error(`the login of ${user} failed: ${data.toString()}`));
      if (others.length > 0) onFrames(others, ws);
    });
  });
  ws.on('error', onFailure);
  ws.on('close', (code: number) => onFailure(new Error(`${user}: closed with ${code}`)));
  ws.send(JSON.stringify(login));
  const welcome = await welcomed;
  return {
    ws,
    socket,
    welcome,
    async close() {
      ws.removeAllListeners('close');
      const closed = once(ws, 'close');
      ws.close(1000);
      await closed;
    },
  };
}

function parse(data: Buffer): readonly ServerFrame[] {
  const value = JSON.parse(data.toString()) as ServerFrame | readonly ServerFrame[];
  return Array.isArray(value) ? value : [value as ServerFrame];
}

/** Returns a function that makes the text of message `number`. Everything but the number is prepared once. */
export function messageTexts(prefix: string, to: string, bodyBytes: number): (number: number) => string {
  const head = `{"type":"message","id":"${prefix}`;
  const tail = `","to":"${to}","body":"${'x'.repeat(bodyBytes)}"}`;
  return (number) => head + number + tail;
}
