/** Applies input to the screen: one table of handlers for actions, and typed or pasted text. Pure. */
import { inline, safe } from '../../text/safe-text.js';
import { type Composer, EDITS, type EditName, EMPTY_COMPOSER, insert, paste } from '../composer/composer.js';
import { moveRow } from '../composer/composer-layout.js';
import { TUI } from '../limits.js';
import { type Conversation, messageKey } from '../model/conversation.js';
import { type Anchor, scroll, showBlock } from '../model/viewport.js';
import { type Effect, NO_EFFECTS } from './effect.js';
import { handleEndingInput } from './ending.js';
import { recallInput } from './input-history.js';
import type { Input } from './key-decoder.js';
import { type Action, keyLabel } from './keys.js';
import { type Overlay, openHelp, openSearch, type SearchOverlay } from './overlay.js';
import type { Screen } from './screen.js';
import { commonPrefix, completionsFor } from './slash-commands.js';
import { submit } from './submit.js';

/** Changes the screen; returns the side effects. @param now ms since 1970. */
export function handleInput(screen: Screen, input: Input, now: number): readonly Effect[] {
  if (input.type === 'focus') {
    screen.chat.hasFocus = input.hasFocus;
    return NO_EFFECTS;
  }
  if (input.type === 'background') return [input];
  const ended = screen.ending && handleEndingInput(screen.ending, input, screen.keymap, now);
  if (ended) return ended;
  screen.chat.lastKeyAt = now;
  const isEscape = input.type === 'key' && input.key === 'escape';
  if (screen.notices.keyPressed(isEscape)) return NO_EFFECTS;
  if (input.type !== 'key') screen.prefix = undefined;
  const wasQuitPending = screen.isQuitPending;
  screen.isQuitPending = false;
  if (input.type === 'paste') return pasteText(screen, input.text, now);
  if (input.type === 'text') return typeText(screen, input.text);
  const action = screen.keymap.actionOf(withPrefix(screen, input.key));
  if (action === undefined) return prefixPressed(screen, input.key, now);
  if (action === 'quit' && wasQuitPending) return [{ type: 'quit' }];
  const overlayHandler = screen.overlay && OVERLAY_HANDLERS[screen.overlay.type][action];
  if (overlayHandler) return overlayHandler(screen, now);
  if (action in EDITS) return edit(screen, EDITS[action as EditName]);
  return HANDLERS[action as Exclude<Action, EditName>](screen, now);
}

/** After the first key of a binding of two keys, both; any other second key is an ordinary one. */
function withPrefix(screen: Screen, key: string): string {
  const keys = `${screen.prefix} ${key}`;
  const isBound = screen.prefix !== undefined && screen.keymap.actionOf(keys) !== undefined;
  screen.prefix = undefined;
  return isBound ? keys : key;
}

function prefixPressed(screen: Screen, key: string, now: number): readonly Effect[] {
  if (!screen.keymap.isPrefix(key)) return NO_EFFECTS;
  screen.prefix = key;
  screen.notices.add('result', safe`${inline(keyLabel(key))} …`, now);
  return NO_EFFECTS;
}

/** Rows for one step of the wheel. */
const WHEEL_ROWS = 3;

type Handler = (screen: Screen, now: number) => readonly Effect[];

const HANDLERS: Readonly<Record<Exclude<Action, EditName>, Handler>> = {
  send: submit,
  complete: (screen, now) => {
    const { composer } = screen;
    if (!composer.text.startsWith('/')) return step(screen, 1, now);
    const { texts, settings } = screen.options;
    const completions = completionsFor(composer.text, screen.chat.peers, texts, settings).map(({ text }) => text);
    if (completions.length === 0) return NO_EFFECTS;
    return edit(screen, () => paste({ ...EMPTY_COMPOSER, killed: composer.killed }, commonPrefix(completions)));
  },
  'row-up': (screen) => moveOrRecall(screen, -1),
  'row-down': (screen) => moveOrRecall(screen, 1),
  next: (screen, now) => step(screen, 1, now),
  previous: (screen, now) => step(screen, -1, now),
  'next-unread': (screen, now) => {
    const effects = screen.activate();
    const next = screen.chat.nextUnread();
    if (next) return [...effects, ...screen.select(next.peer, now)];
    screen.notices.add('result', screen.options.texts.results.nothingUnread, now);
    return effects;
  },
  'page-up': (screen, now) => scrollBy(screen, 1 - screen.regions().messages.rows, now),
  'page-down': (screen, now) => scrollBy(screen, screen.regions().messages.rows - 1, now),
  'wheel-up': (screen, now) => scrollBy(screen, -WHEEL_ROWS, now),
  'wheel-down': (screen, now) => scrollBy(screen, WHEEL_ROWS, now),
  'to-start': toStart,
  'to-end': toEnd,
  back: toEnd,
  search: (screen) => {
    screen.overlay = openSearch();
    return NO_EFFECTS;
  },
  help: (screen) => {
    screen.overlay = openHelp();
    return NO_EFFECTS;
  },
  copy: (screen, now) => {
    const { open } = screen;
    if (open && open.items.length > 0) showPlain(screen, open, open.anchor);
    else screen.notices.add('problem', screen.options.texts.problems.nothingToCopy, now);
    return NO_EFFECTS;
  },
  edit: (screen) => {
    const { open, draft } = screen;
    screen.overlay = undefined;
    if (open) open.isActive = false; // messages that arrive now are not seen
    return [{ type: 'edit', peer: open?.peer, text: draft.composer.text }];
  },
  connect: (screen, now) => {
    const { state } = screen.chat.connection;
    if (state === 'offline') return [{ type: 'connect' }];
    if (state === 'online') screen.notices.add('result', screen.options.texts.results.onlineAlready, now);
    return NO_EFFECTS;
  },
  redraw: () => [{ type: 'redraw' }],
  suspend: () => [{ type: 'suspend' }],
  quit: (screen, now) => {
    screen.isQuitPending = true;
    screen.notices.add('result', screen.options.texts.results.quitAgain(screen.chat.queued.count), now);
    return NO_EFFECTS;
  },
};

const close: Handler = (screen) => {
  screen.overlay = undefined;
  return NO_EFFECTS;
};

/** Scrolls the help or the settings, or moves the selection of the search; it stops at the ends. */
const moveInOverlay =
  (by: number): Handler =>
  (screen) => {
    const { overlay } = screen;
    if (overlay?.type === 'help' || overlay?.type === 'settings')
      screen.overlay = { ...overlay, top: Math.max(0, overlay.top + by) };
    if (overlay?.type === 'search') {
      const selected = Math.max(0, Math.min(overlay.selected + by, overlay.hits.length - 1));
      screen.overlay = { ...overlay, selected };
    }
    return NO_EFFECTS;
  };

const MOVES: Readonly<Partial<Record<Action, Handler>>> = {
  'row-up': moveInOverlay(-1),
  'row-down': moveInOverlay(1),
  'page-up': moveInOverlay(-10),
  'page-down': moveInOverlay(10),
  'wheel-up': moveInOverlay(-WHEEL_ROWS),
  'wheel-down': moveInOverlay(WHEEL_ROWS),
};

/** Shows plain text, up to the row at which the conversation is scrolled. */
function showPlain(screen: Screen, open: Conversation, anchor: Anchor): void {
  const last = { key: open.items.at(-1)?.key ?? '', row: Number.MAX_SAFE_INTEGER };
  screen.overlay = { type: 'copy', anchor: anchor === 'end' ? last : anchor };
  open.isActive = false; // messages that arrive now are not seen
}

/** Scrolls plain text, and the conversation with it. @param by how far, for the rows of a page. */
const scrollPlain =
  (by: (rows: number) => number): Handler =>
  (screen, now) => {
    const { open, overlay, plainRows } = screen;
    if (!open || overlay?.type !== 'copy') return NO_EFFECTS;
    open.anchor = scroll(screen.plainBlocks(open, now), overlay.anchor, plainRows, by(plainRows));
    showPlain(screen, open, open.anchor);
    return screen.prefetch(now);
  };

const showHit: Handler = ({ overlay }) => {
  if (overlay?.type !== 'search') return NO_EFFECTS;
  const hit = overlay.hits[overlay.selected];
  if (!hit) return NO_EFFECTS;
  const { peer, segment, message } = hit;
  return [{ type: 'show-message', peer, segment, key: messageKey(message), query: overlay.composer.text }];
};

/** Handlers that replace the usual ones while an overlay is open. */
const OVERLAY_HANDLERS: Readonly<Record<Overlay['type'], Readonly<Partial<Record<Action, Handler>>>>> = {
  help: {
    help: close,
    back: close,
    // A typed `?` becomes text; only the next Enter sends it.
    send: (screen) => (isHelpTyped(screen) ? edit(screen, (composer) => composer) : close(screen, 0)),
    complete: close,
    ...MOVES,
  },
  settings: { help: close, back: close, send: close, complete: close, ...MOVES },
  who: { help: close, back: close, send: close, complete: close },
  copy: {
    copy: close,
    back: close,
    send: close,
    complete: close,
    'row-up': scrollPlain(() => -1),
    'row-down': scrollPlain(() => 1),
    'page-up': scrollPlain((rows) => 1 - rows),
    'page-down': scrollPlain((rows) => rows - 1),
  },
  search: {
    back: close,
    search: close,
    send: showHit,
    complete: moveInOverlay(1),
    ...MOVES,
  },
};

/** Typed into an empty composer, it opens the help. If more is typed then, it becomes ordinary text. */
const HELP_TEXT = '?';

function typeText(screen: Screen, text: string): readonly Effect[] {
  if (text === HELP_TEXT && screen.overlay === undefined && screen.composer.text === '') {
    screen.overlay = openHelp(true);
    return NO_EFFECTS;
  }
  return edit(screen, (composer) => insert(composer, text));
}

function pasteText(screen: Screen, text: string, now: number): readonly Effect[] {
  const before = screen.composer.text;
  const effects = edit(screen, (composer) => paste(composer, text));
  const isTooLong = before.length + text.length > TUI.maxComposerLength;
  if (isTooLong && screen.composer.text === before)
    screen.notices.add('problem', screen.options.texts.problems.notPasted, now);
  return effects;
}

const isHelpTyped = ({ overlay }: Screen): boolean => overlay?.type === 'help' && overlay.isTyped;

/** Edits the query of the search, or else the message; closes the other overlays. */
function edit(screen: Screen, change: (composer: Composer) => Composer): readonly Effect[] {
  const { overlay } = screen;
  if (overlay?.type === 'search') return editQuery(screen, overlay, change(overlay.composer));
  const { draft } = screen;
  const before = draft.composer;
  draft.composer = change(isHelpTyped(screen) ? insert(before, HELP_TEXT) : before);
  screen.overlay = undefined;
  if (draft.composer.text === before.text) return NO_EFFECTS;
  screen.recalled = undefined;
  return [...screen.activate(), { type: 'save' }];
}

function editQuery(screen: Screen, overlay: SearchOverlay, composer: Composer): readonly Effect[] {
  if (composer.text !== overlay.composer.text) return screen.search(composer);
  screen.overlay = { ...overlay, composer };
  return NO_EFFECTS;
}

/** Moves the cursor a row up or down; beyond the first or last row, recalls an older or newer sent message. */
function moveOrRecall(screen: Screen, by: 1 | -1): readonly Effect[] {
  const { draft, open } = screen;
  const moved = moveRow(draft.composer, by, screen.composerColumns(), screen.options.textWidth);
  if (moved) {
    draft.composer = moved;
    return NO_EFFECTS;
  }
  if (!open) return NO_EFFECTS;
  const recalled = recallInput(open, screen.recalled, by === -1 ? 1 : -1);
  if (!recalled) return NO_EFFECTS;
  open.composer = recalled.composer;
  screen.recalled = recalled.recalled;
  return [{ type: 'save' }];
}

function step(screen: Screen, by: number, now: number): readonly Effect[] {
  const next = screen.chat.neighbor(by);
  return next ? screen.select(next.peer, now) : NO_EFFECTS;
}

function scrollBy(screen: Screen, by: number, now: number): readonly Effect[] {
  const { open } = screen;
  if (!open) return NO_EFFECTS;
  open.anchor = scroll(screen.blocks(open, now), open.anchor, screen.regions().messages.rows, by);
  const read = by > 0 && open.anchor === 'end' ? screen.activate() : NO_EFFECTS;
  return [...read, ...screen.prefetch(now)];
}

function toStart(screen: Screen, now: number): readonly Effect[] {
  const { open } = screen;
  if (!open) return NO_EFFECTS;
  if (open.older !== undefined) return [{ type: 'load-oldest', peer: open.peer }];
  open.anchor = showBlock(screen.blocks(open, now), 0, screen.regions().messages.rows, 0);
  return NO_EFFECTS;
}

function toEnd(screen: Screen): readonly Effect[] {
  const { open } = screen;
  if (!open) return NO_EFFECTS;
  screen.highlight = undefined;
  open.anchor = 'end';
  return open.newer === undefined ? screen.activate() : screen.requestPage(open.peer);
}
