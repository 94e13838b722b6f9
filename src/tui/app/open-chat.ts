/** Creates the chat client from its parts. The public interface of src/tui, loaded by lazy-chat.ts. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { Blocking } from '../../client/api/blocking.js';
import { ChatStateFile } from '../../history/chat-state-file.js';
import { History } from '../../history/history.js';
import { UnsyncedDrafts } from '../../history/unsynced-drafts.js';
import type { Clock } from '../../io/clock.js';
import type { Files } from '../../io/files.js';
import { inline } from '../../text/safe-text.js';
import { createTextWidth } from '../../text/text-width.js';
import { FrameRenderer } from '../components/frame-renderer.js';
import { Chat } from '../model/chat.js';
import type { Terminal } from '../render/terminal.js';
import { symbolsFor } from '../rows/symbols.js';
import { type ThemeChoice, type ThemeName, themeFor } from '../rows/theme.js';
import { createTimeFormat } from '../rows/time-format.js';
import type { Keymap } from '../screen/keymap.js';
import { Screen } from '../screen/screen.js';
import type { Texts } from '../texts/en.js';
import { ChatApp } from './chat-app.js';
import { ChatPersistence } from './chat-persistence.js';
import { DraftPersistence } from './draft-persistence.js';
import type { Editor } from './editor.js';
import { HistoryLookup } from './history-lookup.js';
import type { Multiplexer, Notification } from './notify.js';
import { RedrawScheduler } from './redraw-scheduler.js';
import type { Settings } from './settings.js';

export { TtyTerminal } from '../render/terminal.js';
export { ExternalEditor } from './editor.js';

interface ChatOptions {
  readonly user: string;
  /** The server's name for people. */
  readonly server: string;
  /** The peer of the conversation to open; by default the one that was open last. */
  readonly to?: string | undefined;
  /** The client's state folder: history and drafts are in its subfolder `chat`. */
  readonly stateFolder: string;
  /** Size limit of each conversation's history, in bytes. */
  readonly keptBytes?: number | undefined;
  readonly texts: Texts;
  readonly theme: ThemeChoice;
  readonly isAscii: boolean;
  readonly ambiguousWidth: 1 | 2;
  readonly notification: Notification;
  /** Whether the terminal takes, or at least ignores, operating system commands (OSC). */
  readonly hasOsc: boolean;
  /** As for the terminal: see TtyTerminal. */
  readonly hasMouse: boolean;
  readonly hasTitle: boolean;
  /** The program between this one and the terminal. */
  readonly multiplexer?: Multiplexer | undefined;
  readonly keymap?: Keymap | undefined;
  readonly settings?: Settings | undefined;
}

interface ChatPorts {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly files: Files;
  readonly blocking: Blocking;
  readonly editor: Editor;
}

/** Resolves when the screen is on the terminal and shows the history. Then call `run` with a client. */
export async function openChat(
  options: ChatOptions,
  { terminal, clock, files, blocking, editor }: ChatPorts,
): Promise<ChatApp> {
  const folder = join(options.stateFolder, 'chat');
  const limits = options.keptBytes === undefined ? {} : { maxBytesPerPeer: options.keptBytes };
  const history = new History({ files, folder: join(folder, 'history'), limits });
  const chatState = new ChatStateFile(files, join(folder, 'desk.json'));
  const textWidth = createTextWidth(options.ambiguousWidth);
  const symbols = symbolsFor(options.isAscii, options.ambiguousWidth);
  const chat = new Chat(options.user);
  const screen = new Screen({
    chat,
    server: inline(options.server),
    textWidth,
    symbols,
    texts: options.texts,
    time: createTimeFormat(),
    size: terminal.size,
    hasClipboard: options.hasOsc,
    // GNU screen prints the end of a long one as text.
    hasLinks: options.hasOsc && !options.isAscii && options.multiplexer !== 'screen',
    keymap: options.keymap,
    settings: options.settings?.names,
  });
  const unsyncedDrafts = new UnsyncedDrafts(join(folder, 'scribble'));
  const drafts = new DraftPersistence(chat, history, chatState, unsyncedDrafts);
  const persistence = new ChatPersistence(screen, history, drafts, clock);
  const paths = { home: homedir(), cwd: process.cwd() };
  const historyLookup = new HistoryLookup(screen, history, files, clock, paths);
  const themeNamed = (name: ThemeName) => themeFor(name, terminal.colorDepth);
  const theme = themeNamed(options.theme === 'auto' ? 'dark' : options.theme);
  const frameRenderer = new FrameRenderer({ textWidth, symbols, texts: options.texts, theme });
  const scheduler = new RedrawScheduler(screen, terminal, frameRenderer, clock, options);
  const app = new ChatApp({
    screen,
    terminal,
    scheduler,
    persistence,
    historyLookup,
    blocking,
    editor,
    clock,
    live: { ...options, keymap: screen.keymap },
    settings: options.settings,
    multiplexer: options.multiplexer,
    setTheme(name) {
      frameRenderer.setTheme(themeNamed(name));
      scheduler.redrawAll();
    },
  });
  await persistence.restore(options.to);
  app.open();
  // Drawing makes much garbage: collected more often, it takes half the memory, and no noticeable time.
  setFlagsFromString('--optimize-for-size');
  return app;
}
