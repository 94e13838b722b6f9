/** The slash commands: their names, arguments and help texts in one table; parsing and completion. Pure. */

import { isUserName, USER_NAME_RULE } from '../../protocol/fields.js';

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

/** In the notice about a command that stays in the composer: what is typed next would be appended to it. */
export const CLEARING = '(Ctrl+U clears)';

/** Parses the composer's text. */
export function parseInput(text: string): ParsedInput {
  if (text.startsWith('//')) return { type: 'message', body: text.slice(1) };
  if (!text.startsWith('/')) return { type: 'message', body: text };
  const [, word = '', rest = ''] = /^\/(\S*)(.*)$/s.exec(text) ?? [];
  const argument = rest.trim();
  const command = SLASH_COMMANDS.find(({ name }) => name === word);
  if (!command) return invalid(`unknown command /${word} ${CLEARING}: // begins a message; see /help`);
  if (/^[A-Z]/.test(command.argument) && argument === '') return invalid(`/${word} needs ${command.argument}`);
  if (command.argument === '' && argument !== '') return invalid(`/${word} takes no argument ${CLEARING}`);
  if (/NAME/.test(command.argument) && argument !== '' && !isUserName(argument))
    return invalid(`not a valid name ${CLEARING}: ${argument} (${USER_NAME_RULE})`);
  if (command.argument === '[N]' && !/^([1-9]\d{0,8})?$/.test(argument))
    return invalid(`not a number ${CLEARING}: ${argument} (1 is the last message)`);
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

/** Completes command names, and user names after `/to` and others. */
export function completionsFor(text: string, peers: readonly string[]): Completion[] {
  const prefix = /^\/([a-z]*)$/.exec(text)?.[1];
  if (prefix !== undefined) {
    const matching = SLASH_COMMANDS.filter(({ name }) => name.startsWith(prefix));
    return matching.map(({ name, argument, description }) => ({
      label: `/${name} ${argument}`,
      description,
      text: argument === '' ? `/${name}` : `/${name} `,
    }));
  }
  const [, command, user] = /^\/(to|block|unblock)\s+(\S*)$/.exec(text) ?? [];
  if (user === undefined) return [];
  const matching = peers.filter((peer) => peer.startsWith(user)).map((peer) => `/${command} ${peer}`);
  return matching.map((line) => ({ label: line, description: '', text: line }));
}

/** The longest prefix of all texts. */
export function commonPrefix(texts: readonly string[]): string {
  const [first = '', ...others] = texts;
  let length = first.length;
  while (!others.every((text) => text.startsWith(first.slice(0, length)))) length -= 1;
  return first.slice(0, length);
}
