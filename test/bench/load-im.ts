/** A pair on the real protocol: `ws` and frames as text, one JSON.parse for each WebSocket message. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { ServerFrame } from '../../src/protocol/catalogue.js';
import { pack } from '../../src/protocol/codec.js';
import type { Login } from '../../src/protocol/frames/login.js';
import type { Push } from '../../src/protocol/frames/message.js';
import type { OpenPair, PairEvents } from './load.js';
import { BODY_BYTES, type Credential, type Style } from './work.js';

export interface ImUsers {
  readonly url: string;
  readonly style: Style;
  readonly senders: readonly Credential[];
  readonly receivers: readonly Credential[];
}

export function openImPair({ url, style, senders, receivers }: ImUsers, run: string): OpenPair {
  return async (index, events) => {
    const sender = credentialOf(senders, index);
    const receiver = credentialOf(receivers, index);
    const prefix = `${run}.${sender.user}.`;
    const inbound = await logIn(url, receiver, 'chat', events, (ws, frames) => {
      let last: Push | undefined;
      for (const frame of frames) {
        if (frame.type !== 'message') continue;
        events.received(Number(frame.id.slice(prefix.length)));
        last = frame;
      }
      if (last !== undefined) ws.send(`{"type":"ack","seq":${last.seq}}`);
    });
    const outbound = await logIn(url, sender, 'chat', events, (_, frames) => {
      for (const frame of frames) {
        if (frame.type === 'stored') events.answered(frame.ids.length);
        else if (frame.type === 'delivered') events.settled(frame.ids.length);
        else if (frame.type === 'error') events.failed(new Error(`refused: ${JSON.stringify(frame)}`));
      }
    });
    // Text that needs no escapes, as in most messages; the frame is written out, so that making it costs little.
    const tail = `","to":"${receiver.user}","body":"${'x'.repeat(BODY_BYTES)}"}`;
    const head = `{"type":"message","id":"${prefix}`;
    return {
      send(first, count) {
        const frames: string[] = [];
        for (let number = first; number < first + count; number++) frames.push(head + number + tail);
        outbound.socket.cork();
        for (const text of style === 'packages' ? pack(frames) : frames) outbound.ws.send(text);
        outbound.socket.uncork();
      },
      async close() {
        await Promise.all([close(outbound.ws), close(inbound.ws)]);
      },
    };
  };
}

function credentialOf(users: readonly Credential[], index: number): Credential {
  const credential = users[index];
  if (credential === undefined) throw new RangeError(`no user number ${index}`);
  return credential;
}

type OnFrames = (ws: WebSocket, frames: readonly ServerFrame[]) => void;

async function logIn(
  url: string,
  credential: Credential,
  mode: NonNullable<Login['mode']>,
  events: PairEvents,
  onFrames: OnFrames,
): Promise<{ ws: WebSocket; socket: Socket }> {
  const { port, hostname } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, noDelay: true });
  const ws = new WebSocket(url, 'im.v1', {
    createConnection: () => socket,
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  await once(ws, 'open');
  const login: Login = { type: 'login', v: 1, user: credential.user, token: credential.token, mode, agent: 'im-bench' };
  ws.send(JSON.stringify(login));
  const [welcome] = (await once(ws, 'message')) as [Buffer];
  if (!welcome.includes('"welcome"')) throw new Error(`${credential.user} was not let in: ${welcome.toString()}`);
  ws.on('message', (data: Buffer) => {
    const value = JSON.parse(data.toString()) as ServerFrame | readonly ServerFrame[];
    onFrames(ws, Array.isArray(value) ? value : [value as ServerFrame]);
  });
  ws.on('error', events.failed);
  ws.on('close', (code: number) => events.failed(new Error(`${credential.user}: closed with ${code}`)));
  return { ws, socket };
}

async function close(ws: WebSocket): Promise<void> {
  ws.removeAllListeners('close');
  const closed = once(ws, 'close');
  ws.close(1000);
  await closed;
}
