/** The actions of keys, in one table: key handling, the help, docs/chat.md and the settings are made from it. What they do, for people: `actions` of the texts. */
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
  /** Not in the help of the screen, which is short: people know these keys. */
  readonly isHidden?: true;
  /** No other action can have these keys; settings add others. What they always do, for people: it completes "it …". */
  readonly fixed?: string;
}

interface Group {
  readonly title: 'conversations' | 'writing' | 'screen';
  readonly bindings: readonly Binding[];
}

export const KEY_GROUPS: readonly Group[] = [
  {
    title: 'conversations',
    bindings: [
      { action: 'send', keys: ['enter'], fixed: 'sends' },
      { action: 'newline', keys: ['alt+enter', 'shift+enter', 'ctrl+j'] },
      { action: 'next-unread', keys: ['alt+a'] },
      { action: 'next', keys: ['ctrl+n'] },
      { action: 'previous', keys: ['ctrl+p', 'shift+tab'] },
      {
        action: 'complete',
        keys: ['tab'],
        isHidden: true,
        fixed: 'completes a command, or goes to the next conversation',
      },
      { action: 'page-up', keys: ['pageup'] },
      { action: 'page-down', keys: ['pagedown'] },
      { action: 'wheel-up', keys: ['wheelup'], isHidden: true, fixed: 'scrolls' },
      {
        action: 'wheel-down',
        keys: ['wheeldown'],
        isHidden: true,
        fixed: 'scrolls',
      },
      { action: 'search', keys: ['ctrl+r'] },
      {
        action: 'back',
        keys: ['escape'],
        fixed: 'closes what is open, and goes to the end',
      },
      { action: 'to-start', keys: ['ctrl+home', 'alt+<'] },
      { action: 'to-end', keys: ['ctrl+end', 'alt+>'], isHidden: true },
    ],
  },
  {
    title: 'writing',
    bindings: [
      { action: 'row-up', keys: ['up'] },
      { action: 'row-down', keys: ['down'] },
      { action: 'left', keys: ['left', 'ctrl+b'], isHidden: true },
      { action: 'right', keys: ['right', 'ctrl+f'], isHidden: true },
      { action: 'word-left', keys: ['alt+b', 'ctrl+left', 'alt+left'] },
      { action: 'word-right', keys: ['alt+f', 'ctrl+right', 'alt+right'] },
      { action: 'line-start', keys: ['ctrl+a', 'home'] },
      { action: 'line-end', keys: ['ctrl+e', 'end'] },
      {
        action: 'delete-left',
        keys: ['backspace', 'ctrl+h', 'shift+backspace'],
        isHidden: true,
      },
      { action: 'delete-right', keys: ['delete', 'ctrl+d'], isHidden: true },
      {
        action: 'kill-word-left',
        keys: ['ctrl+w', 'alt+backspace', 'ctrl+backspace'],
      },
      {
        action: 'kill-word-right',
        keys: ['alt+d', 'ctrl+delete'],
        isHidden: true,
      },
      { action: 'kill-to-start', keys: ['ctrl+u'] },
      { action: 'kill-to-end', keys: ['ctrl+k'] },
      { action: 'yank', keys: ['ctrl+y'] },
      { action: 'edit', keys: ['ctrl+x ctrl+e'] },
      { action: 'undo', keys: ['ctrl+_', 'ctrl+/'] },
      { action: 'redo', keys: ['alt+_', 'alt+/'] },
    ],
  },
  {
    title: 'screen',
    bindings: [
      { action: 'help', keys: ['f1'] },
      { action: 'copy', keys: ['f2', 'alt+c'] },
      { action: 'connect', keys: ['alt+r'] },
      { action: 'redraw', keys: ['ctrl+l'] },
      { action: 'suspend', keys: ['ctrl+z'] },
      { action: 'quit', keys: ['ctrl+c'], fixed: 'quits' },
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
