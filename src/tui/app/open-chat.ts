/** Opens the chat client's screen: puts its parts together. The public face of src/tui; loaded only when a screen is wanted. */
import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { ChatStateFile } from '../../history/chat-state-file.js';
import { History } from '../../history/history.js';
import { UnsyncedDrafts } from '../../history/unsynced-drafts.js';
import type { Clock } from '../../io/clock.js';
import type { Files } from '../../io/files.js';
import { inline } from '../../text/safe-text.js';
import { createTextWidth } from '../../text/text-width.js';
import { FrameRenderer } from '../components/screen-frame.js';
import { Chat } from '../model/chat.js';
import type { Terminal } from '../render/terminal.js';
import { ASCII, UNICODE } from '../rows/symbols.js';
import { type ThemeName, themeFor } from '../rows/theme.js';
import { createTimeText } from '../rows/time-text.js';
import { Screen } from '../screen/screen.js';
import { ChatPersistence } from './chat-persistence.js';
import { DraftPersistence } from './draft-persistence.js';
import { HistoryLookup } from './history-lookup.js';
import type { Notification } from './notify.js';
import { RedrawScheduler } from './redraw-scheduler.js';
import { ChatRun } from './run-chat.js';

export { TtyTerminal } from '../render/terminal.js';

export interface ChatOptions {
  readonly user: string;
  /** The server, as people call it. */
  readonly server: string;
  /** The conversation to open; the one that was open last by default. */
  readonly to?: string | undefined;
  /** The client's state folder: history and drafts lie in it. */
  readonly stateFolder: string;
  /** What is kept of each conversation, in bytes. */
  readonly keptBytes?: number | undefined;
  readonly theme: ThemeName;
  readonly isAscii: boolean;
  readonly ambiguousWidth: 1 | 2;
  readonly notification: Notification;
  readonly locale?: string;
}

export interface ChatPorts {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly files: Files;
}

/** Resolves when the screen is on the terminal, with what was said before. Then it wants a client: `run`. */
export async function openChat(options: ChatOptions, { terminal, clock, files }: ChatPorts): Promise<ChatRun> {
  const folder = join(options.stateFolder, 'chat');
  const limits = options.keptBytes === undefined ? {} : { maxBytesPerPeer: options.keptBytes };
  const history = new History({ files, folder: join(folder, 'history'), limits });
  const chatState = new ChatStateFile(files, join(folder, 'desk.json'));
  const textWidth = createTextWidth(options.ambiguousWidth);
  const symbols = options.isAscii ? ASCII : UNICODE;
  const screen = new Screen({
    chat: new Chat(options.user),
    server: inline(options.server),
    textWidth,
    symbols,
    time: createTimeText(options.locale),
    size: terminal.size,
  });
  const { chat } = screen;
  const draftPersistence = new DraftPersistence({
    chat,
    history,
    chatState,
    unsyncedDrafts: new UnsyncedDrafts(join(folder, 'scribble')),
  });
  const persistence = new ChatPersistence({ screen, history, drafts: draftPersistence, clock, newId: randomUUID });
  const historyLookup = new HistoryLookup({
    screen,
    history,
    files,
    clock,
    places: { home: homedir(), here: process.cwd() },
  });
  const frameRenderer = new FrameRenderer({ textWidth, symbols, theme: themeFor(options.theme, terminal.colorDepth) });
  const scheduler = new RedrawScheduler({ screen, terminal, frameRenderer, clock });
  const run = new ChatRun({
    screen,
    terminal,
    scheduler,
    persistence,
    historyLookup,
    clock,
    notification: options.notification,
  });
  await persistence.find(options.to);
  run.open();
  // From here on it is drawn again and again. Swept up often, what that leaves takes half the memory, and no time that shows.
  setFlagsFromString('--optimize-for-size');
  return run;
}
