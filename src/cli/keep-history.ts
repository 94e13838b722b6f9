/** Lets line mode write the same history that the screen shows. */
import type { Client, IncomingMessage } from '../client/client.js';
import type { History, ReceivedRecord } from '../history/history.js';
import type { Clock } from '../io/clock.js';
import type { PrintedMark } from './printed-mark.js';

/**
 * Prints a message, and keeps it: in this order, so that what is in the history was printed, or seen on the screen, before,
 * and is not printed again (R15). For the client's `onMessage`.
 */
export function keepingShow(
  history: History,
  printed: PrintedMark,
  clock: Clock,
  print: (message: IncomingMessage) => Promise<void>,
): (message: IncomingMessage) => Promise<void> {
  return async (message) => {
    const record = recordOf(message, clock.now());
    if (await history.knows(record)) return;
    await printed.once(message, () => print(message));
    await history.received(record.from, [record]);
    // Line mode does not know what is looked at: what is printed has been read.
    await history.read(record.from, clock.now());
  };
}

/** @param came when it came in here; ms since 1970. */
export function recordOf(message: IncomingMessage, came: number): ReceivedRecord {
  const { epoch, seq, id, from, body, at, replay } = message;
  return { from, epoch, seq, id, at, body, came, ...(replay !== undefined && { replay }) };
}

export interface Keeping {
  readonly history: History;
  readonly clock: Clock;
  /** Resolves when the state folder is ours: until then another process may be writing there. */
  readonly opened: Promise<void>;
  /** Called when the history cannot be written. */
  readonly failed: (error: unknown) => void;
}

/** A client whose own messages are kept, with what becomes of them. */
export function keepingClient(client: Client, { history, clock, opened, failed }: Keeping): Client {
  client.subscribe((event) => {
    if (event.type !== 'state') return;
    const why = event.state === 'failed' ? event.refusal?.message : undefined;
    history.changed(event.to, event.id, event.state, why).catch(failed);
  });
  return {
    send(to, body, options) {
      const outgoing = client.send(to, body, options);
      const record = { to, id: outgoing.id, at: clock.now(), body };
      opened.then(() => history.sent(record)).catch(failed);
      return outgoing;
    },
    follow: (messages) => client.follow(messages),
    subscribe: (listener) => client.subscribe(listener),
    close: () => client.close(),
    ended: client.ended,
    get queued() {
      return client.queued;
    },
  };
}
