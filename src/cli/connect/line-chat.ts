/** The chat client in line mode, with its history: for `im connect --plain`, and when the screen is left for it. */
import { join } from 'node:path';
import { type Client, type ClientOptions, connect, type IncomingMessage } from '../../client/client.js';
import { History } from '../../history/history.js';
import { systemClock as clock } from '../../io/clock.js';
import { realFiles as files } from '../../io/files.js';
import type { Exit } from '../errors/exit-codes.js';
import { LastPrinted } from './last-printed.js';
import { printAndKeep, showUnread, withHistory } from './line-history.js';
import type { LineMode } from './line-mode.js';

/** What connects, with its state folder. */
type LineEntry = ClientOptions & { readonly stateFolder: string };

/** JSON Lines for programs: they keep what they need. */
export function runJsonLines(entry: LineEntry, mode: LineMode, signal: Promise<Exit>): Promise<Exit> {
  const printed = new LastPrinted(entry.stateFolder);
  const onMessage = async (message: IncomingMessage): Promise<void> => {
    await printed.once(message, () => mode.show(message));
  };
  return mode.run(connect({ ...entry, onMessage }), signal);
}

/**
 * Lines for people.
 * @param goOn hands over the client that the screen had, which is told how messages are shown from now on.
 */
export async function runLines(
  entry: LineEntry,
  mode: LineMode,
  signal: Promise<Exit>,
  goOn?: (show: (messages: readonly IncomingMessage[]) => Promise<void>) => Client,
): Promise<Exit> {
  const history = new History({ files, folder: join(entry.stateFolder, 'chat', 'history') });
  const printed = new LastPrinted(entry.stateFolder);
  const print = (message: IncomingMessage): Promise<void> => mode.show(message);
  const keepAndPrint = printAndKeep(history, printed, clock, print);
  let unreadShown: Promise<void> = Promise.resolve();
  const onMessage = async (message: IncomingMessage): Promise<void> => {
    await unreadShown;
    await keepAndPrint(message);
  };
  const inTurn = async (messages: readonly IncomingMessage[]): Promise<void> => {
    for (const message of messages) await onMessage(message);
  };
  const client = goOn ? goOn(inTurn) : connect({ ...entry, onMessage });
  const opened = goOn ? Promise.resolve() : untilOpened(client);
  let broken: unknown;
  const failed = (error: unknown): void => {
    broken ??= error;
    void client.close();
  };
  // Whoever comes from the screen has it before his eyes.
  if (!goOn) unreadShown = opened.then(() => showUnread(history, clock, print));
  unreadShown.catch(failed);
  const kept = withHistory(client, { history, clock, opened, failed });
  try {
    return await mode.run(kept, signal);
  } catch (error) {
    throw broken ?? error;
  } finally {
    await history.close();
  }
}

const untilOpened = (client: Client): Promise<void> =>
  new Promise((resolve) => {
    client.subscribe((event) => event.type === 'opened' && resolve());
  });
