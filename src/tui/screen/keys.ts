/** The key table: key handling, the help and docs/chat.md are made from it. */
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

interface Binding {
  readonly action: Action;
  /** As named by KeyDecoder; two keys one after the other are separated by a space. The help shows the first one. */
  readonly keys: readonly string[];
  /** For the help; undefined keeps it out of the help. */
  readonly description?: string;
}

interface Group {
  readonly title: string;
  readonly bindings: readonly Binding[];
}

export const KEY_GROUPS: readonly Group[] = [
  {
    title: 'Conversations',
    bindings: [
      { action: 'send', keys: ['enter'], description: 'send' },
      { action: 'newline', keys: ['alt+enter', 'shift+enter', 'ctrl+j'], description: 'new line' },
      { action: 'next-unread', keys: ['alt+a'], description: 'mark read, next unread' },
      { action: 'next', keys: ['ctrl+n'], description: 'next conversation (Tab)' },
      { action: 'previous', keys: ['ctrl+p', 'shift+tab'], description: 'previous conversation' },
      { action: 'complete', keys: ['tab'] },
      { action: 'page-up', keys: ['pageup'], description: 'scroll up' },
      { action: 'page-down', keys: ['pagedown'], description: 'scroll down' },
      { action: 'wheel-up', keys: ['wheelup'] },
      { action: 'wheel-down', keys: ['wheeldown'] },
      { action: 'search', keys: ['ctrl+r'], description: 'search all messages' },
      { action: 'back', keys: ['escape'], description: 'mark read, go to end' },
      { action: 'to-start', keys: ['ctrl+home', 'alt+<'], description: 'go to the beginning' },
      { action: 'to-end', keys: ['ctrl+end', 'alt+>'] },
    ],
  },
  {
    title: 'Writing',
    bindings: [
      { action: 'row-up', keys: ['up'], description: 'up, older sent text' },
      { action: 'row-down', keys: ['down'], description: 'down, newer sent text' },
      { action: 'left', keys: ['left', 'ctrl+b'] },
      { action: 'right', keys: ['right', 'ctrl+f'] },
      { action: 'word-left', keys: ['alt+b', 'ctrl+left', 'alt+left'], description: 'word left' },
      { action: 'word-right', keys: ['alt+f', 'ctrl+right', 'alt+right'], description: 'word right' },
      { action: 'line-start', keys: ['ctrl+a', 'home'], description: 'start of line' },
      { action: 'line-end', keys: ['ctrl+e', 'end'], description: 'end of line' },
      { action: 'delete-left', keys: ['backspace', 'ctrl+h', 'shift+backspace'] },
      { action: 'delete-right', keys: ['delete', 'ctrl+d'] },
      {
        action: 'kill-word-left',
        keys: ['ctrl+w', 'alt+backspace', 'ctrl+backspace'],
        description: 'cut word to the left',
      },
      { action: 'kill-word-right', keys: ['alt+d', 'ctrl+delete'] },
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
      { action: 'quit', keys: ['ctrl+c'], description: 'quit (press twice)' },
    ],
  },
];

const ACTIONS: ReadonlyMap<string, Action> = new Map(
  KEY_GROUPS.flatMap(({ bindings }) =>
    bindings.flatMap(({ action, keys }) => keys.map((key) => [key, action] as const)),
  ),
);

/** Undefined when the key has no action. */
export const actionOf = (key: string): Action | undefined => ACTIONS.get(key);

const PREFIXES: ReadonlySet<string> = new Set(
  [...ACTIONS.keys()].filter((keys) => keys.includes(' ')).map((keys) => keys.slice(0, keys.indexOf(' '))),
);

/** Whether a binding of two keys begins with this one. */
export const isPrefix = (key: string): boolean => PREFIXES.has(key);

const KEY_LABELS: Readonly<Record<string, string>> = {
  ctrl: 'Ctrl',
  alt: 'Alt',
  shift: 'Shift',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  escape: 'Esc',
};

/** The label of keys: `Ctrl+N` for `ctrl+n`. */
export const keyLabel = (keys: string): string =>
  keys
    .split(' ')
    .map((key) => key.split('+').map(partLabel).join('+'))
    .join(' ');

const partLabel = (part: string): string => KEY_LABELS[part] ?? (part[0]?.toUpperCase() ?? '') + part.slice(1);
