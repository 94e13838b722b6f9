/** A sender whose receivers are offline, so a message counts when it is stored; and the drain of a full mailbox. */
import { pack } from '../../src/protocol/codec.js';
import { logIn, messageTexts } from './im-session.js';
import type { OpenPair } from './pair.js';
import { openReceiver } from './receiver.js';
import { BODY_BYTES, type Credential, type Drained, type ImTarget } from './work.js';

/** Sender `index` sends in turn to the receivers `index`, `index + pairs`, `index + 2 * pairs` … */
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

/** Logs in and receives everything undelivered, acking as it arrives. */
export async function drain(url: string, credential: Credential): Promise<Drained> {
  const start = performance.now();
  const { session, received } = await openReceiver(url, credential);
  const messages = session.welcome.pending;
  await received(messages);
  const seconds = (performance.now() - start) / 1_000;
  await session.close();
  return { messages, seconds };
}
