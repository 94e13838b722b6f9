/** Line mode with a client and its history: for `im connect --plain` and `--json`, and when the screen is left for it. */
import { join } from 'node:path';
import { type Client, type ClientOptions, connect, type IncomingMessage } from '../../client/client.js';
import { History } from '../../history/history.js';
import { systemClock as clock } from '../../io/clock.js';
import { realFiles as files } from '../../io/files.js';
import type { Exit } from '../errors/exit-codes.js';
import { LastPrinted } from './last-printed.js';
import { printAndKeep, showUnread, withHistory } from './line-history.js';
import type { LineMode } from './line-mode.js';

type LineOptions = ClientOptions & { readonly stateFolder: string };

/** JSON Lines, for programs. No history is written: programs keep what they need. */
export async function runJsonLines(options: LineOptions, mode: LineMode, signal: Promise<Exit>): Promise<Exit> {
  const printed = new LastPrinted(options.stateFolder);
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
  const printed = new LastPrinted(options.stateFolder);
  const print = (message: IncomingMessage): Promise<void> => mode.show(message);
  const keepAndPrint = printAndKeep(history, printed, clock, print);
  let unreadShown: Promise<void> = Promise.resolve();
  const onMessage = async (message: IncomingMessage): Promise<void> => {
    await unreadShown;
    await keepAndPrint(message);
  };
  const onMessages = async (messages: readonly IncomingMessage[]): Promise<void> => {
    for (const message of messages) await onMessage(message);
  };
  const client = takeOver ? takeOver(onMessages) : connect({ ...options, onMessage });
  const opened = takeOver ? Promise.resolve() : untilOpened(client);
  let historyError: unknown;
  const onHistoryError = (error: unknown): void => {
    historyError ??= error;
    void client.close();
  };
  // The screen has shown the unread messages already.
  if (!takeOver) unreadShown = opened.then(() => showUnread(history, clock, print));
  unreadShown.catch(onHistoryError);
  const recorded = withHistory(client, { history, clock, opened, onError: onHistoryError });
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
