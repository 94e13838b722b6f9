/** A sender whose receivers are away: messages count when they are stored. And the receiver's return: a mailbox drained. */
import { pack } from '../../src/protocol/codec.js';
import { logIn, messageTexts } from './im-session.js';
import type { OpenPair } from './pair.js';
import { openReceiver } from './receiver.js';
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
  const start = performance.now();
  const { session, taken } = await openReceiver(url, credential);
  const messages = session.welcome.pending;
  await taken(messages);
  const seconds = (performance.now() - start) / 1_000;
  await session.close();
  return { messages, seconds };
}
