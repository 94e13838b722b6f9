/** A receiver that takes what comes and acks it, one cumulative ack for each WebSocket message. */
import { logIn, type Session } from './im-session.js';
import type { Credential } from './work.js';

export interface Receiver {
  readonly session: Session;
  /** Resolves when so many messages have been taken since the login. */
  taken(count: number): Promise<void>;
}

export async function openReceiver(url: string, credential: Credential): Promise<Receiver> {
  let count = 0;
  let wanted = Number.POSITIVE_INFINITY;
  let arrive = () => {};
  let fail: (cause: Error) => void = () => {};
  const arrived = new Promise<void>((resolve, reject) => {
    arrive = resolve;
    fail = reject;
  });
  arrived.catch(() => {}); // who asks for `taken` is told
  const look = () => {
    if (count >= wanted) arrive();
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
      look();
    },
  });
  return {
    session,
    taken(number) {
      wanted = number;
      look();
      return arrived;
    },
  };
}
