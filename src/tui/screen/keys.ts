/** The actions of keys, in one table: key handling, the help, docs/chat.md and the settings are made from it. */
import type { EditName } from '../composer/composer.js';

/** What a key can do. An EditName is an edit of the composer. */
export type Action =
  | EditName
  | 'send'
  | 'complete'
  | 'row-up'
  | 'row-down'
  | 'next'
  | 'previous'
  | 'next-unread'
  | 'page-up'
  | 'page-down'
  | 'wheel-up'
  | 'wheel-down'
  | 'to-start'
  | 'to-end'
  | 'search'
  | 'help'
  | 'copy'
  | 'back'
  | 'redraw'
  | 'connect'
  | 'edit'
  | 'suspend'
  | 'quit';

export interface Binding {
  readonly action: Action;
  /** The keys without settings, as parseKeys names them. The help shows the first one. */
  readonly keys: readonly string[];
  readonly description: string;
  /** Not in the help of the screen, which is short: people know these keys. */
  readonly isHidden?: true;
  /** No other action can have these keys; settings add others. What they always do, for people: it completes "it …". */
  readonly fixed?: string;
}

interface Group {
  readonly title: string;
  readonly bindings: readonly Binding[];
}

export const KEY_GROUPS: readonly Group[] = [
  {
    title: 'Conversations',
    bindings: [
      { action: 'send', keys: ['enter'], description: 'send', fixed: 'sends' },
      { action: 'newline', keys: ['alt+enter', 'shift+enter', 'ctrl+j'], description: 'new line' },
      { action: 'next-unread', keys: ['alt+a'], description: 'mark read, next unread' },
      { action: 'next', keys: ['ctrl+n'], description: 'next conversation (Tab)' },
      { action: 'previous', keys: ['ctrl+p', 'shift+tab'], description: 'previous conversation' },
      {
        action: 'complete',
        keys: ['tab'],
        description: 'complete a command, or next conversation',
        isHidden: true,
        fixed: 'completes a command, or goes to the next conversation',
      },
      { action: 'page-up', keys: ['pageup'], description: 'scroll up' },
      { action: 'page-down', keys: ['pagedown'], description: 'scroll down' },
      { action: 'wheel-up', keys: ['wheelup'], description: 'scroll up a little', isHidden: true, fixed: 'scrolls' },
      {
        action: 'wheel-down',
        keys: ['wheeldown'],
        description: 'scroll down a little',
        isHidden: true,
        fixed: 'scrolls',
      },
      { action: 'search', keys: ['ctrl+r'], description: 'search all messages' },
      {
        action: 'back',
        keys: ['escape'],
        description: 'mark read, go to end',
        fixed: 'closes what is open, and goes to the end',
      },
      { action: 'to-start', keys: ['ctrl+home', 'alt+<'], description: 'go to the beginning' },
      { action: 'to-end', keys: ['ctrl+end', 'alt+>'], description: 'go to the end', isHidden: true },
    ],
  },
  {
    title: 'Writing',
    bindings: [
      { action: 'row-up', keys: ['up'], description: 'up, older sent text' },
      { action: 'row-down', keys: ['down'], description: 'down, newer sent text' },
      { action: 'left', keys: ['left', 'ctrl+b'], description: 'left', isHidden: true },
      { action: 'right', keys: ['right', 'ctrl+f'], description: 'right', isHidden: true },
      { action: 'word-left', keys: ['alt+b', 'ctrl+left', 'alt+left'], description: 'word left' },
      { action: 'word-right', keys: ['alt+f', 'ctrl+right', 'alt+right'], description: 'word right' },
      { action: 'line-start', keys: ['ctrl+a', 'home'], description: 'start of line' },
      { action: 'line-end', keys: ['ctrl+e', 'end'], description: 'end of line' },
      {
        action: 'delete-left',
        keys: ['backspace', 'ctrl+h', 'shift+backspace'],
        description: 'delete to the left',
        isHidden: true,
      },
      { action: 'delete-right', keys: ['delete', 'ctrl+d'], description: 'delete to the right', isHidden: true },
      {
        action: 'kill-word-left',
        keys: ['ctrl+w', 'alt+backspace', 'ctrl+backspace'],
        description: 'cut word to the left',
      },
      {
        action: 'kill-word-right',
        keys: ['alt+d', 'ctrl+delete'],
        description: 'cut word to the right',
        isHidden: true,
      },
      { action: 'kill-to-start', keys: ['ctrl+u'], description: 'cut to start of line' },
      { action: 'kill-to-end', keys: ['ctrl+k'], description: 'cut to end of line' },
      { action: 'yank', keys: ['ctrl+y'], description: 'paste what was cut' },
      { action: 'edit', keys: ['ctrl+x ctrl+e'], description: 'write in your editor' },
      { action: 'undo', keys: ['ctrl+_', 'ctrl+/'], description: 'undo' },
      { action: 'redo', keys: ['alt+_', 'alt+/'], description: 'redo' },
    ],
  },
  {
    title: 'Screen',
    bindings: [
      { action: 'help', keys: ['f1'], description: 'show this help (also ?)' },
      { action: 'copy', keys: ['f2', 'alt+c'], description: 'text only, to copy' },
      { action: 'connect', keys: ['alt+r'], description: 'offline: connect now' },
      { action: 'redraw', keys: ['ctrl+l'], description: 'redraw the screen' },
      { action: 'suspend', keys: ['ctrl+z'], description: 'suspend (fg resumes)' },
      { action: 'quit', keys: ['ctrl+c'], description: 'quit (press twice)', fixed: 'quits' },
    ],
  },
];

/** All actions, in the order of the help. */
export const BINDINGS: readonly Binding[] = KEY_GROUPS.flatMap(({ bindings }) => bindings);

const KEY_LABELS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ctrl: 'Ctrl',
    alt: 'Alt',
    shift: 'Shift',
    pageup: 'PgUp',
    pagedown: 'PgDn',
    escape: 'Esc',
    wheelup: 'Wheel up',
    wheeldown: 'Wheel down',
  }),
);

/** The label of keys: `Ctrl+N` for `ctrl+n`, `Alt+Shift+A` for `alt+A`. */
export const keyLabel = (keys: string): string => keys.split(' ').map(labelOf).join(' ');

const labelOf = (key: string): string =>
  key
    .replace(/\+([A-Z])$/, '+shift+$1')
    .split(/(?<=.)\+(?=.)/)
    .map((part) => KEY_LABELS.get(part) ?? (part[0]?.toUpperCase() ?? '') + part.slice(1))
    .join('+');
