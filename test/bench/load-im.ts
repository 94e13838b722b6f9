/** A sender and a receiver that talk to im. */
import { pack } from '../../src/protocol/codec.js';
import { logIn, messageTexts } from './im-session.js';
import type { OpenPair } from './pair.js';
import { BODY_BYTES, type Credential, type ImTarget } from './work.js';

export function openImPair({ url, style, senders, receivers }: ImTarget, run: string): OpenPair {
  return async (index, events) => {
    const sender = senders[index] as Credential;
    const receiver = receivers[index] as Credential;
    const prefix = `${run}.${sender.user}.`;
    const inbound = await logIn({
      url,
      credential: receiver,
      onFailure: events.failed,
      onFrames(frames, ws) {
        let last = 0;
        for (const frame of frames) {
          if (frame.type !== 'message') continue;
          events.received(Number(frame.id.slice(prefix.length)));
          last = frame.seq;
        }
        if (last > 0) ws.send(`{"type":"ack","seq":${last}}`);
      },
    });
    const outbound = await logIn({
      url,
      credential: sender,
      onFailure: events.failed,
      onFrames(frames) {
        for (const frame of frames) {
          if (frame.type === 'stored') events.answered(frame.ids.length);
          else if (frame.type === 'delivered') events.settled(frame.ids.length);
          else if (frame.type === 'error') events.failed(new Error(`refused: ${JSON.stringify(frame)}`));
        }
      },
    });
    const textOf = messageTexts(prefix, receiver.user, BODY_BYTES);
    return {
      send(first, count) {
        const frames = Array.from({ length: count }, (_, turn) => textOf(first + turn));
        outbound.socket.cork();
        for (const text of style === 'packages' ? pack(frames) : frames) outbound.ws.send(text);
        outbound.socket.uncork();
      },
      async close() {
        await Promise.all([outbound.close(), inbound.close()]);
      },
    };
  };
}
