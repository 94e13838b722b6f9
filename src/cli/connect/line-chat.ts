/** Line mode with a client and its history: for `im connect --plain` and `--json`, and when the screen is left for it. */
import { join } from 'node:path';
import { type Client, type ClientOptions, connect, type IncomingMessage } from '../../client/api/client.js';
import { History, isOwn, peerOf, type ReceivedRecord, toPushedRecord } from '../../history/history.js';
import { systemClock as clock } from '../../io/clock.js';
import { realFiles as files } from '../../io/files.js';
import type { Exit } from '../errors/exit-codes.js';
import { LastPrinted } from './last-printed.js';
import type { LineMode } from './line-mode.js';

type LineOptions = ClientOptions & { readonly stateFolder: string };

/** A chat that keeps a history wants what other devices send, and what they had before. */
export const WITH_HISTORY = { copies: true, history: true } as const;

/** JSON Lines, for programs. No history is written: programs keep what they need. */
export async function runJsonLines(options: LineOptions, mode: LineMode, signal: Promise<Exit>): Promise<Exit> {
  const printed = new LastPrinted(options.stateFolder, mode.output);
  const onMessage = async (message: IncomingMessage): Promise<void> => {
    await printed.once(message, () => mode.show(message));
  };
  try {
    return await mode.run(connect({ ...options, onMessage }), signal);
  } finally {
    printed.close();
  }
}

/**
 * Lines for people.
 * @param takeOver returns the client that the screen used, and passes its messages to `show` from now on. Without it a
 *   new client connects, and unread messages of the history are printed first.
 */
export async function runLines(
  options: LineOptions,
  mode: LineMode,
  signal: Promise<Exit>,
  takeOver?: (show: (messages: readonly IncomingMessage[]) => Promise<void>) => Client,
): Promise<Exit> {
  const history = new History({ files, folder: join(options.stateFolder, 'chat', 'history') });
  const printed = new LastPrinted(options.stateFolder, mode.output);
  const print = (message: IncomingMessage): Promise<void> => mode.show(message);
  let unreadShown: Promise<void> = Promise.resolve();
  const onMessage = async (message: IncomingMessage): Promise<void> => {
    await unreadShown;
    const record = toPushedRecord(message, clock.now());
    // It is printed before it is added: what is in the history was printed, or shown on the screen, and is skipped (R15).
    if (await history.has(record)) return;
    await printed.once(message, () => print(message));
    const peer = peerOf(record);
    await history.addPushed(peer, [record]);
    // Line mode has no view of a conversation: a printed message counts as read.
    if (await history.markRead(peer, clock.now())) client.markRead(peer);
  };
  const onMessages = async (messages: readonly IncomingMessage[]): Promise<void> => {
    for (const message of messages) await onMessage(message);
  };
  // A program that reads the lines wants what is new.
  const wishes = { ...WITH_HISTORY, history: mode.isInteractive };
  const client = takeOver ? takeOver(onMessages) : connect({ ...options, ...wishes, onMessage });
  const opened = takeOver ? Promise.resolve() : untilOpened(client);
  let historyError: unknown;
  const onHistoryError = (error: unknown): void => {
    historyError ??= error;
    void client.close();
  };
  // The screen has shown the unread messages already.
  if (!takeOver) unreadShown = opened.then(() => showUnread(history, print));
  unreadShown.catch(onHistoryError);
  const recorded = withHistory(client, history, opened, onHistoryError);
  try {
    return await mode.run(recorded, signal);
  } catch (error) {
    throw historyError ?? error;
  } finally {
    printed.close();
    await history.close();
  }
}

const untilOpened = (client: Client): Promise<void> =>
  new Promise((resolve) => {
    client.subscribe((event) => event.type === 'opened' && resolve());
  });

/** Prints the unread messages that an earlier process kept, the oldest of each conversation first, and marks them read. */
async function showUnread(history: History, print: (message: IncomingMessage) => Promise<void>): Promise<void> {
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

/**
 * The same client, whose own messages and their states are also written to the history.
 * @param opened resolves when this process holds the state folder: until then another process may write to the history.
 */
function withHistory(
  client: Client,
  history: History,
  opened: Promise<void>,
  onError: (error: unknown) => void,
): Client {
  client.subscribe((event) => {
    if (event.type !== 'state') return;
    const why = event.state === 'failed' ? event.refusal?.message : undefined;
    history.setState(event.to, event.id, event.state, why).catch(onError);
  });
  return {
    send(to, body, options) {
      const outgoing = client.send(to, body, options);
      const re = options?.re;
      const record = { to, id: outgoing.id, at: clock.now(), body, ...(re !== undefined && { re }) };
      opened.then(() => history.addSent(record)).catch(onError);
      return outgoing;
    },
    track: (messages) => client.track(messages),
    unsend: (message) => client.unsend(message),
    markRead: (peer) => client.markRead(peer),
    retry: () => client.retry(),
    subscribe: (listener) => client.subscribe(listener),
    close: () => client.close(),
    ended: client.ended,
    get queued() {
      return client.queued;
    },
  };
}
