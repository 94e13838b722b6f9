/** What each input does to the screen: one table of actions, and who gets what is typed. Pure. */
import { safe } from '../../text/safe-text.js';
import { type Composer, EDITS, type EditName, EMPTY, insert, paste } from '../composer/composer.js';
import { moveRow } from '../composer/composer-layout.js';
import { keyOf } from '../model/conversation.js';
import { scroll, showBlock } from '../model/viewport.js';
import { type Effect, NOTHING } from './effect.js';
import { recallInput } from './input-history.js';
import type { Input } from './key-decoder.js';
import { type Action, actionOf } from './keys.js';
import { moveSelection, openSearch, type SearchOverlay, withWords } from './overlay.js';
import type { Screen } from './screen.js';
import { commonBeginning, completionsFor } from './slash-commands.js';
import { submit } from './submit.js';

/** Takes an input; `now` in ms since 1970. Returns what is to be done in the world. */
export function handleInput(screen: Screen, input: Input, now: number): readonly Effect[] {
  if (input.type === 'focus') {
    screen.chat.hasFocus = input.hasFocus;
    return NOTHING;
  }
  screen.chat.lastKeyAt = now;
  screen.notice = undefined;
  const wasQuitting = screen.isQuitting;
  screen.isQuitting = false;
  if (input.type === 'paste') return write(screen, (composer) => paste(composer, input.text));
  if (input.type === 'text') return typed(screen, input.text);
  const action = actionOf(input.key);
  if (action === undefined) return NOTHING;
  if (action === 'quit' && wasQuitting) return [{ type: 'quit' }];
  const special = screen.overlay ? OVER[screen.overlay.type][action] : undefined;
  if (special) return special(screen, now);
  if (action in EDITS) return write(screen, EDITS[action as EditName]);
  return ACTIONS[action as Exclude<Action, EditName>](screen, now);
}

type Do = (screen: Screen, now: number) => readonly Effect[];

const ACTIONS: Readonly<Record<Exclude<Action, EditName>, Do>> = {
  send: submit,
  complete: (screen, now) => {
    const { composer } = screen;
    if (!composer.text.startsWith('/')) return step(screen, 1, now);
    const peers = screen.chat.conversations.map(({ peer }) => peer);
    const fitting = completionsFor(composer.text, peers).map(({ text }) => text);
    if (fitting.length === 0) return NOTHING;
    return write(screen, () => paste({ ...EMPTY, killed: composer.killed }, commonBeginning(fitting)));
  },
  'row-up': (screen) => moveOrRecall(screen, -1),
  'row-down': (screen) => moveOrRecall(screen, 1),
  next: (screen, now) => step(screen, 1, now),
  previous: (screen, now) => step(screen, -1, now),
  'next-unread': (screen, now) => {
    const read = screen.enter();
    const next = screen.chat.nextUnread();
    if (next) return [...read, ...screen.select(next.peer, now)];
    screen.notify(safe`nothing else is unread`);
    return read;
  },
  'page-up': (screen, now) => scrollBy(screen, 1 - screen.regions().messages.rows, now),
  'page-down': (screen, now) => scrollBy(screen, screen.regions().messages.rows - 1, now),
  'to-start': toStart,
  'to-end': toEnd,
  back: toEnd,
  search: (screen) => {
    screen.overlay = openSearch();
    return NOTHING;
  },
  help: (screen) => {
    screen.overlay = { type: 'help', top: 0 };
    return NOTHING;
  },
  redraw: () => [{ type: 'redraw' }],
  suspend: () => [{ type: 'suspend' }],
  quit: (screen) => {
    screen.isQuitting = true;
    const { count } = screen.chat.queued;
    screen.notify(count === 0 ? safe`Ctrl+C again quits` : safe`Ctrl+C again quits; what is queued waits`);
    return NOTHING;
  },
};

const close: Do = (screen) => {
  screen.overlay = undefined;
  return NOTHING;
};

const scrollHelp =
  (by: number): Do =>
  (screen) => {
    const { overlay } = screen;
    if (overlay?.type === 'help') screen.overlay = { ...overlay, top: Math.max(0, overlay.top + by) };
    return NOTHING;
  };

const inSearch =
  (change: (overlay: SearchOverlay) => SearchOverlay): Do =>
  (screen) => {
    if (screen.overlay?.type === 'search') screen.overlay = change(screen.overlay);
    return NOTHING;
  };

const jump: Do = ({ overlay }) => {
  if (overlay?.type !== 'search') return NOTHING;
  const found = overlay.found[overlay.selected];
  if (!found) return NOTHING;
  const { peer, segment, message } = found;
  return [{ type: 'jump', peer, segment, key: keyOf(message), words: overlay.composer.text }];
};

/** What an action does instead, while something lies over the messages. */
const OVER: Readonly<Record<'help' | 'who' | 'search', Readonly<Partial<Record<Action, Do>>>>> = {
  help: {
    help: close,
    back: close,
    // Nothing is sent unasked: what was a message after all is sent by the next Enter.
    send: (screen) => (isByText(screen) ? write(screen, (composer) => composer) : close(screen, 0)),
    complete: close,
    'row-up': scrollHelp(-1),
    'row-down': scrollHelp(1),
    'page-up': scrollHelp(-10),
    'page-down': scrollHelp(10),
  },
  who: { help: close, back: close, send: close, complete: close },
  search: {
    back: close,
    search: close,
    send: jump,
    complete: inSearch((overlay) => moveSelection(overlay, 1)),
    'row-up': inSearch((overlay) => moveSelection(overlay, -1)),
    'row-down': inSearch((overlay) => moveSelection(overlay, 1)),
    'page-up': inSearch((overlay) => moveSelection(overlay, -10)),
    'page-down': inSearch((overlay) => moveSelection(overlay, 10)),
  },
};

function typed(screen: Screen, text: string): readonly Effect[] {
  if (text === HELP_TEXT && screen.overlay === undefined && screen.composer.text === '') {
    screen.overlay = { type: 'help', top: 0, isByText: true };
    return NOTHING;
  }
  return write(screen, (composer) => insert(composer, text));
}

/** Opens the help where nothing is written yet. Whoever writes on did not mean the help: then it is text like any other. */
const HELP_TEXT = '?';

const isByText = ({ overlay }: Screen): boolean => overlay?.type === 'help' && overlay.isByText === true;

/** Changes what is being written: the words of the search, or else the message. */
function write(screen: Screen, edit: (composer: Composer) => Composer): readonly Effect[] {
  const { overlay } = screen;
  if (overlay?.type === 'search') {
    const composer = edit(overlay.composer);
    if (composer.text === overlay.composer.text) {
      screen.overlay = { ...overlay, composer };
      return NOTHING;
    }
    screen.overlay = withWords(overlay, composer, screen.nextRun());
    return [{ type: 'search', words: composer.text, run: screen.overlay.run }];
  }
  const { draft } = screen;
  const before = draft.composer;
  draft.composer = edit(isByText(screen) ? insert(before, HELP_TEXT) : before);
  screen.overlay = undefined;
  if (draft.composer.text === before.text) return NOTHING;
  screen.recalled = undefined;
  return [...screen.enter(), { type: 'keep' }];
}

function moveOrRecall(screen: Screen, by: 1 | -1): readonly Effect[] {
  const { draft, open } = screen;
  const moved = moveRow(draft.composer, by, screen.composerColumns(), screen.options.textWidth);
  if (moved) {
    draft.composer = moved;
    return NOTHING;
  }
  if (!open) return NOTHING;
  const recalled = recallInput(open, screen.recalled, by === -1 ? 1 : -1);
  if (!recalled) return NOTHING;
  open.composer = recalled.composer;
  screen.recalled = recalled.recalled;
  return [{ type: 'keep' }];
}

function step(screen: Screen, by: number, now: number): readonly Effect[] {
  const next = screen.chat.neighbour(by);
  return next ? screen.select(next.peer, now) : NOTHING;
}

function scrollBy(screen: Screen, by: number, now: number): readonly Effect[] {
  const { open } = screen;
  if (!open) return NOTHING;
  open.anchor = scroll(screen.blocks(open, now), open.anchor, screen.regions().messages.rows, by);
  const read = by > 0 && open.anchor === 'end' ? screen.enter() : NOTHING;
  return [...read, ...screen.askAhead(now)];
}

function toStart(screen: Screen, now: number): readonly Effect[] {
  const { open } = screen;
  if (!open) return NOTHING;
  if (open.older !== undefined) return [{ type: 'start', peer: open.peer }];
  open.anchor = showBlock(screen.blocks(open, now), 0, screen.regions().messages.rows, 0);
  return NOTHING;
}

function toEnd(screen: Screen): readonly Effect[] {
  const { open } = screen;
  if (!open) return NOTHING;
  screen.found = undefined;
  open.anchor = 'end';
  return open.newer === undefined ? screen.enter() : screen.ask(open.peer);
}
