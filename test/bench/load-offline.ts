/** A sender whose receivers are away: messages count when they are stored. And the receiver's return: a mailbox drained. */
import { pack } from '../../src/protocol/codec.js';
import { logIn, messageTexts } from './im-session.js';
import type { OpenPair } from './pair.js';
import { BODY_BYTES, type Credential, type Drained, type ImTarget } from './work.js';

/** Each sender has the receivers number `index`, `index + pairs` … for its own, in turn. */
export function openOfflinePair({ url, senders, receivers }: ImTarget, run: string, pairs: number): OpenPair {
  return async (index, events) => {
    const credential = senders[index] as Credential;
    const textsOf = receivers
      .filter((_, receiver) => receiver % pairs === index)
      .map(({ user }) => messageTexts(`${run}.${credential.user}.`, user, BODY_BYTES));
    let stored = 0;
    const session = await logIn({
      url,
      credential,
      mode: 'send',
      onFailure: events.failed,
      onFrames(frames) {
        for (const frame of frames) {
          if (frame.type === 'error') events.failed(new Error(`refused: ${JSON.stringify(frame)}`));
          if (frame.type !== 'stored') continue;
          events.answered(frame.ids.length);
          for (const _ of frame.ids) events.received(stored++);
          events.settled(frame.ids.length);
        }
      },
    });
    return {
      send(first, count) {
        const frames = Array.from({ length: count }, (_, turn) => {
          const number = first + turn;
          return (textsOf[number % textsOf.length] as (number: number) => string)(number);
        });
        for (const text of pack(frames)) session.ws.send(text);
      },
      close: session.close,
    };
  };
}

/** Logs in and takes everything that waits, acking as it comes. */
export async function drain(url: string, credential: Credential): Promise<Drained> {
  let close = async () => {};
  const start = performance.now();
  const messages = await new Promise<number>((resolve, fail) => {
    let taken = 0;
    let pending = Number.POSITIVE_INFINITY;
    logIn({
      url,
      credential,
      onFailure: fail,
      onFrames(frames, ws) {
        const pushes = frames.filter((frame) => frame.type === 'message');
        const last = pushes.at(-1);
        if (last === undefined) return;
        ws.send(`{"type":"ack","seq":${last.seq}}`);
        taken += pushes.length;
        if (taken === pending) resolve(taken);
      },
    }).then((session) => {
      close = session.close;
      pending = session.welcome.pending;
      if (pending === 0 || taken === pending) resolve(taken);
    }, fail);
  });
  const seconds = (performance.now() - start) / 1_000;
  await close();
  return { messages, seconds };
}
