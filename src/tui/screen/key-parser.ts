/** The keys that a setting may name, and why it may not name others. Pure. */
import { TUI } from '../limits.js';
import { sameKey } from './key-names.js';
import { type Action, BINDINGS, type Binding } from './keys.js';

/** For people: what is wrong, as a sentence without a full stop. */
export interface KeyProblem {
  readonly problem: string;
}

/** For people: what a key is called. */
export const KEY_RULE =
  'a key is ctrl+x, alt+x, f1 to f12, up, down, left, right, home, end, pageup, pagedown, insert, delete, backspace, space or enter, with ctrl+, alt+ or shift+ where terminals send it; ctrl+x ctrl+e are two keys one after the other';

/** A comma that is no key itself, as in `alt+,`. */
const KEY_SEPARATOR = /(?<!(?:^|[^+-])[+-]),/;

/** In place of keys: the action has none. */
const NONE = 'none';

/** In the order in which KeyDecoder names them. */
const MODIFIERS = ['ctrl', 'alt', 'shift'] as const;
type Modifier = (typeof MODIFIERS)[number];

/** Also as helix, weechat and others write them. */
const MODIFIER_NAMES: ReadonlyMap<string, Modifier> = new Map([
  ['ctrl', 'ctrl'],
  ['control', 'ctrl'],
  ['c', 'ctrl'],
  ['alt', 'alt'],
  ['meta', 'alt'],
  ['a', 'alt'],
  ['m', 'alt'],
  ['shift', 'shift'],
  ['s', 'shift'],
]);

/** Other names of keys. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['esc', 'escape'],
  ['return', 'enter'],
  ['pgup', 'pageup'],
  ['pgdn', 'pagedown'],
  ['pgdown', 'pagedown'],
  ['del', 'delete'],
  ['ins', 'insert'],
]);

/** Keys with all modifiers. */
const FREE = /^(up|down|left|right|home|end|pageup|pagedown|insert|delete|f([1-9]|1[0-2]))$/;

/** Keys with only these modifiers. */
const LIMITED: ReadonlyMap<string, readonly string[]> = new Map([
  ['enter', ['', 'alt+', 'shift+']],
  ['tab', ['', 'shift+']],
  ['escape', ['']],
  ['backspace', ['', 'ctrl+', 'alt+', 'shift+']],
  ['space', ['ctrl+', 'alt+']],
  ['wheelup', ['']],
  ['wheeldown', ['']],
]);

/** What terminals send for Ctrl with these is another key. */
const ALSO: ReadonlyMap<string, string> = new Map([
  ['i', 'tab'],
  ['m', 'enter'],
  ['[', 'escape'],
]);

/** The bindings whose keys no other action can have, by key. */
const FIXED: ReadonlyMap<string, Binding> = new Map(
  BINDINGS.filter(({ fixed }) => fixed !== undefined).flatMap((binding) =>
    binding.keys.map((key) => [key, binding] as const),
  ),
);

/**
 * The keys of an action, from text such as `alt+s, ctrl+x ctrl+s`; none for `none`. @returns them as KeyDecoder names them; two
 * keys one after the other are separated by a space.
 */
export function parseKeys(text: string, action: Action): readonly string[] | KeyProblem {
  if (text.length > TUI.maxKeysLength) return { problem: `the keys are more than ${TUI.maxKeysLength} characters` };
  if (text.trim().toLowerCase() === NONE) return parseNone(action);
  const keys = new Set<string>();
  for (const part of text.split(KEY_SEPARATOR)) {
    const key = parseSequence(part.trim(), action);
    if (typeof key !== 'string') return key;
    keys.add(key);
  }
  return [...keys];
}

function parseNone(action: Action): readonly string[] | KeyProblem {
  for (const [key, binding] of FIXED) {
    if (binding.action === action) return { problem: `${key} always ${binding.fixed}; other keys can be added` };
  }
  return [];
}

/** The reverse of parseKeys. */
export const keysText = (keys: readonly string[]): string => (keys.length === 0 ? NONE : keys.map(written).join(', '));

/** `alt+shift+a` for `alt+A`, as people write it. */
const written = (keys: string): string =>
  keys.replaceAll(/\+([A-Z])(?= |$)/g, (_, letter: string) => `+shift+${letter.toLowerCase()}`);

function parseSequence(text: string, action: Action): string | KeyProblem {
  const keys: string[] = [];
  for (const name of text.split(/\s+/)) {
    const key = parseKey(name, action);
    if (typeof key !== 'string') return key;
    keys.push(key);
  }
  return keys.length <= 2 ? keys.join(' ') : { problem: `${text} are more than two keys one after the other` };
}

function parseKey(text: string, action: Action): string | KeyProblem {
  if (text === '') return { problem: 'a key is missing' };
  const { modifiers, name } = split(text);
  const prefix = MODIFIERS.filter((one) => modifiers.has(one))
    .map((one) => `${one}+`)
    .join('');
  const isNamed = FREE.test(name) || LIMITED.has(name);
  if (!isNamed && !isCharacter(name)) return { problem: `${text} is not the name of a key` };
  const refused = (why: string): KeyProblem => ({ problem: `${text} cannot be chosen: ${why}` });
  const fixed = FIXED.get(prefix + name);
  if (fixed !== undefined && fixed.action !== action) return refused(`it always ${fixed.fixed}`);
  if (!isNamed) return characterKeyOf(prefix, name, refused);
  if (prefix === '' && name === 'space') return refused(TEXT);
  const allowed = LIMITED.get(name);
  return allowed === undefined || fixed || allowed.includes(prefix) ? prefix + name : refused(cannotSend(prefix, name));
}

const TEXT = 'it is text that you type';

/** A character that can be seen. */
const isCharacter = (name: string): boolean => /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(name);

function characterKeyOf(prefix: string, name: string, refused: (why: string) => KeyProblem): string | KeyProblem {
  switch (prefix) {
    case '':
    case 'shift+':
      return refused(TEXT);
    case 'alt+':
      return name === '[' ? refused('it begins other keys') : prefix + name;
    case 'alt+shift+':
      if (!/[a-z]/.test(name)) return refused(`write the character that Shift makes of ${name}`);
      return name === 'o' ? refused('it begins other keys') : `alt+${name.toUpperCase()}`;
    case 'ctrl+':
    case 'ctrl+alt+': {
      const also = ALSO.get(name);
      if (prefix === 'ctrl+alt+' && name === 'c') return refused('terminals send escape and ctrl+c for it');
      if (also !== undefined) return refused(`terminals send ${prefix.replace('ctrl+', '')}${also} for it`);
      const key = sameKey(prefix + name);
      return /\+([a-z\\\]^_]|space)$/.test(key) ? key : refused(cannotSend(prefix, name));
    }
    default:
      return refused(cannotSend(prefix, name));
  }
}

const cannotSend = (prefix: string, name: string): string =>
  `most terminals do not tell it from ${prefix.includes('alt+') && prefix !== 'alt+' ? 'alt+' : ''}${name}`;

function split(text: string): { readonly modifiers: ReadonlySet<Modifier>; readonly name: string } {
  const modifiers = new Set<Modifier>();
  let rest = text.replace(/^<(.+)>$/, '$1');
  for (;;) {
    const [whole = '', word = ''] = /^([a-z]+)[+-](?=.)/iu.exec(rest) ?? [];
    const modifier = MODIFIER_NAMES.get(word.toLowerCase());
    if (modifier === undefined) break;
    modifiers.add(modifier);
    rest = rest.slice(whole.length);
  }
  const name = rest.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  return { modifiers, name: SYNONYMS.get(name) ?? name };
}
