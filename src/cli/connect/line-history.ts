/** Connects line mode with the history that the screen also shows. */
import type { Client, IncomingMessage } from '../../client/client.js';
import { type History, isOwn, type ReceivedRecord, toReceivedRecord } from '../../history/history.js';
import type { Clock } from '../../io/clock.js';
import type { LastPrinted } from './last-printed.js';

/**
 * Returns an `onMessage` that prints a message, then writes it to the history. In this order every message in the history
 * has been printed or shown on the screen, so a message found there is not printed again (R15).
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
    // Line mode has no view of a conversation: a printed message counts as read.
    await history.markRead(record.from, clock.now());
  };
}

/** Prints the unread messages that an earlier process kept, the oldest of each conversation first, and marks them read. */
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

/** The unread messages of a peer, which are the newest ones, in order. */
async function unreadOf(history: History, peer: string): Promise<ReceivedRecord[]> {
  let page = await history.page(peer);
  const unread: ReceivedRecord[] = [];
  for (let missing = page?.unread ?? 0; page && missing > 0; ) {
    const received = page.messages.flatMap((message) => (isOwn(message) ? [] : [message])).slice(-missing);
    unread.unshift(...received);
    missing -= received.length;
    page = page.older === undefined ? undefined : await history.page(peer, page.older);
  }
  return unread;
}

interface LineHistoryOptions {
  readonly history: History;
  readonly clock: Clock;
  /** Resolves when this process holds the state folder: until then another process may write to the history. */
  readonly opened: Promise<void>;
  /** Called when the history cannot be written. */
  readonly onError: (error: unknown) => void;
}

/** The same client, whose own messages and their states are also written to the history. */
export function withHistory(client: Client, { history, clock, opened, onError }: LineHistoryOptions): Client {
  client.subscribe((event) => {
    if (event.type !== 'state') return;
    const why = event.state === 'failed' ? event.refusal?.message : undefined;
    history.setState(event.to, event.id, event.state, why).catch(onError);
  });
  return {
    send(to, body, options) {
      const outgoing = client.send(to, body, options);
      const record = { to, id: outgoing.id, at: clock.now(), body };
      opened.then(() => history.addSent(record)).catch(onError);
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
