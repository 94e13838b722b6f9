/** A screen with conversations, without terminal, clock or disk; and the text that it shows. */
import type { HistoryMessage, OwnMessage, Page, ReceivedRecord, SentState } from '../../src/history/history.js';
import { inline } from '../../src/text/safe-text.js';
import { createTextWidth } from '../../src/text/text-width.js';
import { FrameRenderer } from '../../src/tui/components/frame-renderer.js';
import { Chat } from '../../src/tui/model/chat.js';
import type { Grid } from '../../src/tui/render/grid.js';
import type { Frame } from '../../src/tui/render/painter.js';
import type { Size } from '../../src/tui/rows/screen-regions.js';
import { UNICODE } from '../../src/tui/rows/symbols.js';
import { THEMES } from '../../src/tui/rows/theme.js';
import { createTimeFormat, type TimeFormat } from '../../src/tui/rows/time-format.js';
import type { Effect } from '../../src/tui/screen/effect.js';
import { handleInput } from '../../src/tui/screen/input-handler.js';
import { KeyDecoder } from '../../src/tui/screen/key-decoder.js';
import { type KeySettings, toKeymap } from '../../src/tui/screen/keymap.js';
import { Screen } from '../../src/tui/screen/screen.js';
import { EN, type Texts } from '../../src/tui/texts/en.js';
import { toViewModel } from '../../src/tui/view-model/view-model.js';

export const MINUTE = 60_000;

/** A Tuesday, 09:45 in the local time zone. */
export const NOW = new Date(2025, 10, 18, 9, 45).getTime();

export const textWidth = createTextWidth();

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** With names of days that do not depend on the version of ICU. */
export const time: TimeFormat = {
  ...createTimeFormat(),
  shortDay: (at) => `${new Date(at).getDate()} Nov`,
  dayName: (at) => `${DAYS[new Date(at).getDay()]} ${new Date(at).getDate()} November`,
};

export const fromPeer = (seq: number, more: Partial<ReceivedRecord> = {}): ReceivedRecord => ({
  from: 'bob',
  epoch: 'e1',
  seq,
  id: `b${seq}`,
  at: NOW - 30 * MINUTE + seq * 1_000,
  body: `text ${seq}`,
  came: NOW,
  ...more,
});

export const fromMe = (id: string, state: SentState = 'queued', more: Partial<OwnMessage> = {}): OwnMessage => ({
  to: 'bob',
  id,
  at: NOW - 20 * MINUTE,
  body: `mine ${id}`,
  state,
  ...more,
});

export const page = (messages: readonly HistoryMessage[], more: Partial<Page> = {}): Page => ({
  number: 1,
  older: undefined,
  newer: undefined,
  header: undefined,
  messages,
  received: undefined,
  unread: 0,
  isWhole: true,
  ...more,
});

/** Names of days as ICU has them in Chinese. */
const CHINESE_DAYS = ['日', '一', '二', '三', '四', '五', '六'];
const chineseTime: TimeFormat = {
  ...createTimeFormat(),
  shortDay: (at) => `11月${new Date(at).getDate()}日`,
  dayName: (at) => `11月${new Date(at).getDate()}日星期${CHINESE_DAYS[new Date(at).getDay()]}`,
};

export function makeScreen(size: Size = { columns: 80, rows: 24 }, keys?: KeySettings, texts: Texts = EN): Screen {
  return new Screen({
    chat: new Chat('alice'),
    server: inline('127.0.0.1:4690'),
    textWidth,
    symbols: UNICODE,
    texts,
    time: texts === EN ? time : chineseTime,
    size,
    hasClipboard: true,
    hasLinks: true,
    keymap: toKeymap(keys).keymap,
  });
}

/** A screen with a loaded and open conversation with bob. */
export function withBob(
  messages: readonly HistoryMessage[] = [],
  more: Partial<Page> = {},
  size?: Size,
  texts?: Texts,
): Screen {
  const screen = makeScreen(size, undefined, texts);
  screen.select('bob', NOW);
  screen.pageLoaded('bob', undefined, page(messages, more), NOW);
  return screen;
}

/** Handles the input that a terminal would send; returns the effects. */
export function press(screen: Screen, text: string, now = NOW): Effect[] {
  return new KeyDecoder().push(text, now).flatMap((input) => [...handleInput(screen, input, now)]);
}

export const frameRenderer = (texts: Texts = EN): FrameRenderer =>
  new FrameRenderer({ textWidth, symbols: UNICODE, texts, theme: THEMES.dark });

export const frameOf = (screen: Screen, now = NOW): Frame =>
  frameRenderer(screen.options.texts).render(toViewModel(screen, now), screen.size);

/** The rows of a grid as text, without blanks at their ends. */
export const textOf = (grid: Grid): string[] =>
  grid.map((row) =>
    row
      .map((cell) => cell?.text ?? '')
      .join('')
      .trimEnd(),
  );

export const screenText = (screen: Screen, now = NOW): string => textOf(frameOf(screen, now).grid).join('\n');
