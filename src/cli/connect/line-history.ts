/** Lets line mode write the same history that the screen shows. */
import type { Client, IncomingMessage } from '../../client/client.js';
import { type History, isOwn, type ReceivedRecord, toReceivedRecord } from '../../history/history.js';
import type { Clock } from '../../io/clock.js';
import type { LastPrinted } from './last-printed.js';

/**
 * Prints a message, and keeps it: in this order, so that what is in the history was printed, or seen on the screen, before,
 * and is not printed again (R15). For the client's `onMessage`.
 */
export function printAndKeep(
  history: History,
  printed: LastPrinted,
  clock: Clock,
  print: (message: IncomingMessage) => Promise<void>,
): (message: IncomingMessage) => Promise<void> {
  return async (message) => {
    const record = toReceivedRecord(message, clock.now());
    if (await history.has(record)) return;
    await printed.once(message, () => print(message));
    await history.addReceived(record.from, [record]);
    // Line mode does not know what is looked at: what is printed has been read.
    await history.markRead(record.from, clock.now());
  };
}

/** Prints what an earlier process kept and nobody has read, the oldest of each conversation first; it has been read then. */
export async function showUnread(
  history: History,
  clock: Clock,
  print: (message: IncomingMessage) => Promise<void>,
): Promise<void> {
  for (const peer of await history.peers()) {
    const unread = await unreadOf(history, peer);
    for (const record of unread) await print({ ...record, attempt: 1 });
    if (unread.length > 0) await history.markRead(peer, clock.now());
  }
}

/** The newest messages of a peer, as many as are unread. */
async function unreadOf(history: History, peer: string): Promise<ReceivedRecord[]> {
  let page = await history.page(peer);
  const found: ReceivedRecord[] = [];
  for (let left = page?.unread ?? 0; page && left > 0; ) {
    const theirs = page.messages.flatMap((said) => (isOwn(said) ? [] : [said])).slice(-left);
    found.unshift(...theirs);
    left -= theirs.length;
    page = page.older === undefined ? undefined : await history.page(peer, page.older);
  }
  return found;
}

interface LineHistoryOptions {
  readonly history: History;
  readonly clock: Clock;
  /** Resolves when the state folder is ours: until then another process may be writing there. */
  readonly opened: Promise<void>;
  /** Called when the history cannot be written. */
  readonly failed: (error: unknown) => void;
}

/** A client whose own messages are kept, with what becomes of them. */
export function withHistory(client: Client, { history, clock, opened, failed }: LineHistoryOptions): Client {
  client.subscribe((event) => {
    if (event.type !== 'state') return;
    const why = event.state === 'failed' ? event.refusal?.message : undefined;
    history.setState(event.to, event.id, event.state, why).catch(failed);
  });
  return {
    send(to, body, options) {
      const outgoing = client.send(to, body, options);
      const record = { to, id: outgoing.id, at: clock.now(), body };
      opened.then(() => history.addSent(record)).catch(failed);
      return outgoing;
    },
    track: (messages) => client.track(messages),
    subscribe: (listener) => client.subscribe(listener),
    close: () => client.close(),
    ended: client.ended,
    get queued() {
      return client.queued;
    },
  };
}
