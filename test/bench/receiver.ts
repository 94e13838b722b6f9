/** A receiver that sends one cumulative ack for each WebSocket message. */
import { logIn, type Session } from './im-session.js';
import type { Credential } from './work.js';

export interface Receiver {
  readonly session: Session;
  /** Resolves when `count` messages have been received since the login. */
  received(count: number): Promise<void>;
}

export async function openReceiver(url: string, credential: Credential): Promise<Receiver> {
  let count = 0;
  let expected = Number.POSITIVE_INFINITY;
  let arrive = () => {};
  let fail: (cause: Error) => void = () => {};
  const arrived = new Promise<void>((resolve, reject) => {
    arrive = resolve;
    fail = reject;
  });
  arrived.catch(() => {}); // the caller of `received` gets the rejection
  const check = () => {
    if (count >= expected) arrive();
  };
  const session = await logIn({
    url,
    credential,
    onFailure: fail,
    onFrames(frames, ws) {
      const pushes = frames.filter((frame) => frame.type === 'message');
      const last = pushes.at(-1);
      if (last === undefined) return;
      ws.send(`{"type":"ack","seq":${last.seq}}`);
      count += pushes.length;
      check();
    },
  });
  return {
    session,
    received(number) {
      expected = number;
      check();
      return arrived;
    },
  };
}
