/** The slash commands: their names, arguments and help texts in one table; parsing and completion. Pure. */

import { isUserName, USER_NAME_RULE } from '../../protocol/fields.js';
import type { Keymap } from './keymap.js';

/** `argument`: its name for the help; in brackets: it may be left out; empty for none. */
export const SLASH_COMMANDS = [
  { name: 'to', argument: 'NAME', description: 'open a conversation' },
  { name: 'reply', argument: 'TEXT', description: 'answer, with a quote' },
  { name: 'who', argument: '', description: 'show account and status' },
  { name: 'resend', argument: '', description: 'resend what failed here' },
  { name: 'unsend', argument: '[N]', description: 'take back, if unseen' },
  { name: 'search', argument: 'WORDS', description: 'search all messages' },
  { name: 'copy', argument: '[N]', description: 'copy the (Nth) last one' },
  { name: 'close', argument: '', description: 'out of the list for now' },
  { name: 'mute', argument: '', description: 'announce nothing, or do' },
  { name: 'block', argument: '[NAME]', description: 'refuse messages, list' },
  { name: 'unblock', argument: 'NAME', description: 'take them again' },
  { name: 'export', argument: 'FILE', description: 'save as JSON Lines' },
  { name: 'set', argument: '[WHAT]', description: 'show, change settings' },
  { name: 'plain', argument: '', description: 'switch to line mode' },
  { name: 'help', argument: '', description: 'show this help' },
  { name: 'quit', argument: '', description: 'quit' },
] as const;

export type SlashCommandName = (typeof SLASH_COMMANDS)[number]['name'];

type ParsedInput =
  /** Text to send. `//` at its beginning was replaced by `/`. */
  | { readonly type: 'message'; readonly body: string }
  | { readonly type: 'command'; readonly name: SlashCommandName; readonly argument: string }
  | { readonly type: 'invalid'; readonly reason: string };

/** In the notice about a command that stays in the composer: what is typed next would be appended to it. Empty without a key. */
export function clearingHint(keymap: Keymap): string {
  const key = keymap.labelOf('kill-to-start');
  return key === undefined ? '' : ` (${key} clears)`;
}

/** Parses the composer's text. */
export function parseInput(text: string, keymap: Keymap): ParsedInput {
  if (text.startsWith('//')) return { type: 'message', body: text.slice(1) };
  if (!text.startsWith('/')) return { type: 'message', body: text };
  const [, word = '', rest = ''] = /^\/(\S*)(.*)$/s.exec(text) ?? [];
  const argument = rest.trim();
  const clearing = clearingHint(keymap);
  const command = SLASH_COMMANDS.find(({ name }) => name === word);
  if (!command) return invalid(`unknown command /${word}${clearing}: // begins a message; see /help`);
  if (/^[A-Z]/.test(command.argument) && argument === '') return invalid(`/${word} needs ${command.argument}`);
  if (command.argument === '' && argument !== '') return invalid(`/${word} takes no argument${clearing}`);
  if (/NAME/.test(command.argument) && argument !== '' && !isUserName(argument))
    return invalid(`not a valid name${clearing}: ${argument} (${USER_NAME_RULE})`);
  if (command.argument === '[N]' && !/^([1-9]\d{0,8})?$/.test(argument))
    return invalid(`not a number${clearing}: ${argument} (1 is the last message)`);
  return { type: 'command', name: command.name, argument };
}

const invalid = (reason: string): ParsedInput => ({ type: 'invalid', reason });

/** A completion of a command that is being typed. */
export interface Completion {
  /** As shown: `/to NAME`. */
  readonly label: string;
  readonly description: string;
  /** What it puts into the composer. */
  readonly text: string;
}

/** A setting, for completion. */
export interface SettingName {
  readonly name: string;
  readonly meaning: string;
  /** The values that it takes, where these are few. */
  readonly values: readonly string[];
}

/** Completes command names, user names after `/to` and others, and settings after `/set`. */
export function completionsFor(
  text: string,
  peers: readonly string[],
  settings: readonly SettingName[] = [],
): Completion[] {
  const prefix = /^\/([a-z]*)$/.exec(text)?.[1];
  if (prefix !== undefined) {
    const matching = SLASH_COMMANDS.filter(({ name }) => name.startsWith(prefix));
    return matching.map(({ name, argument, description }) => ({
      label: `/${name} ${argument}`,
      description,
      text: argument === '' ? `/${name}` : `/${name} `,
    }));
  }
  const typed = /^\/set\s+(\S*)(?:\s+(\S*))?$/.exec(text);
  if (typed) return settingCompletions(typed[1] as string, typed[2], settings);
  const [, command, user] = /^\/(to|block|unblock)\s+(\S*)$/.exec(text) ?? [];
  if (user === undefined) return [];
  const matching = peers.filter((peer) => peer.startsWith(user)).map((peer) => `/${command} ${peer}`);
  return matching.map((line) => ({ label: line, description: '', text: line }));
}

/** Before the name of an action: there are many of them, so they come only after this. */
const KEYS = 'keys.';

function settingCompletions(name: string, value: string | undefined, settings: readonly SettingName[]): Completion[] {
  if (value !== undefined) {
    const values = settings.find((one) => one.name === name)?.values ?? [];
    const matching = values.filter((one) => one.startsWith(value)).map((one) => `/set ${name} ${one}`);
    return matching.map((line) => ({ label: line, description: '', text: line }));
  }
  const isKey = name.startsWith(KEYS);
  const matching = settings.filter((one) => one.name.startsWith(name) && one.name.startsWith(KEYS) === isKey);
  const completions = matching.map((one) => ({
    label: `/set ${one.name}`,
    description: one.meaning,
    text: `/set ${one.name} `,
  }));
  const hasKeys = !isKey && KEYS.startsWith(name) && settings.some((one) => one.name.startsWith(KEYS));
  const keys = { label: `/set ${KEYS}ACTION`, description: 'keys of the chat', text: `/set ${KEYS}` };
  return hasKeys ? [...completions, keys] : completions;
}

/** The longest prefix of all texts. */
export function commonPrefix(texts: readonly string[]): string {
  const [first = '', ...others] = texts;
  let length = first.length;
  while (!others.every((text) => text.startsWith(first.slice(0, length)))) length -= 1;
  return first.slice(0, length);
}
