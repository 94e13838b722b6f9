/** The slash commands: their names and arguments in one table; parsing and completion. Pure. */

import { isUserName } from '../../protocol/fields.js';
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import type { Texts } from '../texts/en.js';

/** `argument`: which one it takes; in brackets: it may be left out; empty for none. The catalogues of texts name both for people. */
export const SLASH_COMMANDS = [
  { name: 'to', argument: 'NAME' },
  { name: 'reply', argument: 'TEXT' },
  { name: 'who', argument: '' },
  { name: 'resend', argument: '' },
  { name: 'unsend', argument: '[N]' },
  { name: 'search', argument: 'WORDS' },
  { name: 'copy', argument: '[N]' },
  { name: 'close', argument: '' },
  { name: 'mute', argument: '' },
  { name: 'block', argument: '[NAME]' },
  { name: 'unblock', argument: 'NAME' },
  { name: 'export', argument: 'FILE' },
  { name: 'set', argument: '[WHAT]' },
  { name: 'plain', argument: '' },
  { name: 'help', argument: '' },
  { name: 'quit', argument: '' },
] as const;

type SlashCommand = (typeof SLASH_COMMANDS)[number];
export type SlashCommandName = SlashCommand['name'];

type ParsedInput =
  /** Text to send. `//` at its beginning was replaced by `/`. */
  | { readonly type: 'message'; readonly body: string }
  | { readonly type: 'command'; readonly name: SlashCommandName; readonly argument: string }
  | { readonly type: 'invalid'; readonly reason: SafeText };

/** Parses the composer's text. @param clearing for the problem of a command that stays in the composer: how to clear it. */
export function parseInput(text: string, { problems, arguments: names }: Texts, clearing: SafeText): ParsedInput {
  if (text.startsWith('//')) return { type: 'message', body: text.slice(1) };
  if (!text.startsWith('/')) return { type: 'message', body: text };
  const [, word = '', rest = ''] = /^\/(\S*)(.*)$/s.exec(text) ?? [];
  const argument = rest.trim();
  const command = SLASH_COMMANDS.find(({ name }) => name === word);
  if (!command) return invalid(problems.unknownCommand(inline(word), clearing));
  if (command.argument !== '' && /^[A-Z]/.test(command.argument) && argument === '')
    return invalid(problems.argumentMissing(inline(word), names[command.argument]));
  if (command.argument === '' && argument !== '') return invalid(problems.noArgument(inline(word), clearing));
  if (/NAME/.test(command.argument) && argument !== '' && !isUserName(argument))
    return invalid(problems.invalidName(inline(argument), clearing));
  if (command.argument === '[N]' && !/^([1-9]\d{0,8})?$/.test(argument))
    return invalid(problems.notNumber(inline(argument), clearing));
  return { type: 'command', name: command.name, argument };
}

const invalid = (reason: SafeText): ParsedInput => ({ type: 'invalid', reason });

/** As the help shows it: `/to NAME`. */
export const commandLabel = ({ name, argument }: SlashCommand, texts: Texts): SafeText =>
  safe`/${inline(name)} ${argument === '' ? safe`` : texts.arguments[argument]}`;

/** A completion of a command that is being typed. */
export interface Completion {
  /** As shown: `/to NAME`. */
  readonly label: SafeText;
  readonly description: SafeText;
  /** What it puts into the composer. */
  readonly text: string;
}

/** A setting, for completion. */
export interface SettingName {
  readonly name: string;
  /** In English. */
  readonly meaning: string;
  /** The values that it takes, where these are few. */
  readonly values: readonly string[];
}

/** Completes command names, user names after `/to` and others, and settings after `/set`. */
export function completionsFor(
  text: string,
  peers: readonly string[],
  texts: Texts,
  settings: readonly SettingName[] = [],
): Completion[] {
  const prefix = /^\/([a-z]*)$/.exec(text)?.[1];
  if (prefix !== undefined) {
    const matching = SLASH_COMMANDS.filter(({ name }) => name.startsWith(prefix));
    return matching.map((command) => ({
      label: commandLabel(command, texts),
      description: texts.commands[command.name],
      text: command.argument === '' ? `/${command.name}` : `/${command.name} `,
    }));
  }
  const typed = /^\/set\s+(\S*)(?:\s+(\S*))?$/.exec(text);
  if (typed) return settingCompletions(typed[1] as string, typed[2], texts, settings);
  const [, command, user] = /^\/(to|block|unblock)\s+(\S*)$/.exec(text) ?? [];
  if (user === undefined) return [];
  const matching = peers.filter((peer) => peer.startsWith(user)).map((peer) => `/${command} ${peer}`);
  return matching.map((line) => ({ label: inline(line), description: safe``, text: line }));
}

/** Before the name of an action: there are many of them, so they come only after this. */
const KEYS = 'keys.';

function settingCompletions(
  name: string,
  value: string | undefined,
  texts: Texts,
  settings: readonly SettingName[],
): Completion[] {
  if (value !== undefined) {
    const values = settings.find((one) => one.name === name)?.values ?? [];
    const matching = values.filter((one) => one.startsWith(value)).map((one) => `/set ${name} ${one}`);
    return matching.map((line) => ({ label: inline(line), description: safe``, text: line }));
  }
  const isKey = name.startsWith(KEYS);
  const matching = settings.filter((one) => one.name.startsWith(name) && one.name.startsWith(KEYS) === isKey);
  const completions = matching.map((one) => ({
    label: inline(`/set ${one.name}`),
    description: texts.settings.meaning(one.name, one.meaning),
    text: `/set ${one.name} `,
  }));
  const hasKeys = !isKey && KEYS.startsWith(name) && settings.some((one) => one.name.startsWith(KEYS));
  const { action, keys: description } = texts.settings;
  const keys = { label: safe`/set keys.${action}`, description, text: `/set ${KEYS}` };
  return hasKeys ? [...completions, keys] : completions;
}

/** The longest prefix of all texts. */
export function commonPrefix(texts: readonly string[]): string {
  const [first = '', ...others] = texts;
  let length = first.length;
  while (!others.every((text) => text.startsWith(first.slice(0, length)))) length -= 1;
  return first.slice(0, length);
}
