/** The one table of keys: what handles them and what explains them are made from it. */
import type { EditName } from '../composer/composer.js';

/** What a key can mean. Names of edits are edits of the text that is being written. */
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
  | 'to-start'
  | 'to-end'
  | 'search'
  | 'help'
  | 'back'
  | 'redraw'
  | 'suspend'
  | 'quit';

interface Binding {
  readonly action: Action;
  /** As KeyDecoder calls them. The first ones are those that help shows. */
  readonly keys: readonly string[];
  /** What it does, for people; without it, help is silent about it. */
  readonly description?: string;
}

interface Group {
  readonly title: string;
  readonly bindings: readonly Binding[];
}

export const GROUPS: readonly Group[] = [
  {
    title: 'Conversations',
    bindings: [
      { action: 'send', keys: ['enter'], description: 'send' },
      { action: 'newline', keys: ['alt+enter', 'shift+enter', 'ctrl+j'], description: 'new line' },
      { action: 'next-unread', keys: ['alt+a'], description: 'next unread; here: read' },
      { action: 'next', keys: ['ctrl+n'], description: 'next conversation (Tab)' },
      { action: 'previous', keys: ['ctrl+p', 'shift+tab'], description: 'conversation before' },
      { action: 'complete', keys: ['tab'] },
      { action: 'page-up', keys: ['pageup'], description: 'back' },
      { action: 'page-down', keys: ['pagedown'], description: 'forward; at end: read' },
      { action: 'search', keys: ['ctrl+r'], description: 'search' },
      { action: 'back', keys: ['escape'], description: 'to the end: read' },
      { action: 'to-start', keys: ['ctrl+home', 'alt+<'], description: 'to where it began' },
      { action: 'to-end', keys: ['ctrl+end', 'alt+>'] },
    ],
  },
  {
    title: 'Writing',
    bindings: [
      { action: 'row-up', keys: ['up'], description: 'what you wrote before' },
      { action: 'row-down', keys: ['down'], description: 'row down' },
      { action: 'left', keys: ['left', 'ctrl+b'] },
      { action: 'right', keys: ['right', 'ctrl+f'] },
      { action: 'word-left', keys: ['alt+b', 'ctrl+left', 'alt+left'], description: 'word left' },
      { action: 'word-right', keys: ['alt+f', 'ctrl+right', 'alt+right'], description: 'word right' },
      { action: 'line-start', keys: ['ctrl+a', 'home'], description: 'start of the line' },
      { action: 'line-end', keys: ['ctrl+e', 'end'], description: 'end of the line' },
      { action: 'delete-left', keys: ['backspace', 'ctrl+h', 'shift+backspace'] },
      { action: 'delete-right', keys: ['delete', 'ctrl+d'] },
      {
        action: 'kill-word-left',
        keys: ['ctrl+w', 'alt+backspace', 'ctrl+backspace'],
        description: 'cut the word before',
      },
      { action: 'kill-word-right', keys: ['alt+d', 'ctrl+delete'] },
      { action: 'kill-to-start', keys: ['ctrl+u'], description: 'cut to the line start' },
      { action: 'kill-to-end', keys: ['ctrl+k'], description: 'cut to the line end' },
      { action: 'yank', keys: ['ctrl+y'], description: 'put back what was cut' },
      { action: 'undo', keys: ['ctrl+_', 'ctrl+/'], description: 'undo' },
      { action: 'redo', keys: ['alt+_', 'alt+/'], description: 'redo' },
    ],
  },
  {
    title: 'Screen',
    bindings: [
      { action: 'help', keys: ['f1'], description: 'this help, also ?' },
      { action: 'redraw', keys: ['ctrl+l'], description: 'draw everything again' },
      { action: 'suspend', keys: ['ctrl+z'], description: 'to the shell, until fg' },
      { action: 'quit', keys: ['ctrl+c'], description: 'twice: quit' },
    ],
  },
];

const ACTIONS: ReadonlyMap<string, Action> = new Map(
  GROUPS.flatMap(({ bindings }) => bindings.flatMap(({ action, keys }) => keys.map((key) => [key, action] as const))),
);

/** Undefined when the key means nothing. */
export const actionOf = (key: string): Action | undefined => ACTIONS.get(key);

const WORDS: Readonly<Record<string, string>> = {
  ctrl: 'Ctrl',
  alt: 'Alt',
  shift: 'Shift',
  pageup: 'PgUp',
  pagedown: 'PgDn',
  escape: 'Esc',
};

/** `ctrl+n` as people write it: `Ctrl+N`. */
export const nameOfKey = (key: string): string =>
  key
    .split('+')
    .map((part) => WORDS[part] ?? (part[0]?.toUpperCase() ?? '') + part.slice(1))
    .join('+');
