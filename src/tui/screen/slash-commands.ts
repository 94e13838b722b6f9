/** The slash commands: one table for what they are called, what they take, and what help says. Pure. */

import { isUserName, USER_NAME_RULE } from '../../protocol/field-types.js';

interface SlashCommand {
  readonly name: string;
  /** What follows the name, for help; empty when nothing does. */
  readonly takes: string;
  readonly description: string;
}

export const SLASH_COMMANDS = [
  { name: 'to', takes: 'NAME', description: 'talk to somebody' },
  { name: 'who', takes: '', description: 'who and where you are' },
  { name: 'resend', takes: '', description: 'send again what failed' },
  { name: 'search', takes: 'WORDS', description: 'in all conversations' },
  { name: 'export', takes: 'FILE', description: 'save it as JSON Lines' },
  { name: 'plain', takes: '', description: 'go on line by line' },
  { name: 'help', takes: '', description: 'this help' },
  { name: 'quit', takes: '', description: 'leave' },
] as const satisfies readonly SlashCommand[];

export type SlashName = (typeof SLASH_COMMANDS)[number]['name'];

type Slash =
  /** Not a command: to be sent. `//` at the beginning stands for one `/`. */
  | { readonly type: 'message'; readonly body: string }
  | { readonly type: 'command'; readonly name: SlashName; readonly rest: string }
  | { readonly type: 'wrong'; readonly why: string };

export function readSlash(text: string): Slash {
  if (!text.startsWith('/') || text.startsWith('//')) {
    return { type: 'message', body: text.startsWith('//') ? text.slice(1) : text };
  }
  const [word = '', ...more] = text.slice(1).split(/\s+/);
  const rest = text.slice(1 + word.length).trim();
  const command = SLASH_COMMANDS.find(({ name }) => name === word);
  if (!command)
    return { type: 'wrong', why: `there is no /${word}; /help shows what there is, // begins a message with /` };
  if (command.takes !== '' && rest === '') return { type: 'wrong', why: `/${word} needs ${command.takes}` };
  if (command.takes === '' && more.length > 0 && rest !== '') return { type: 'wrong', why: `/${word} takes nothing` };
  if (command.name === 'to' && !isUserName(rest))
    return { type: 'wrong', why: `${rest} cannot be a name: ${USER_NAME_RULE}` };
  return { type: 'command', name: command.name, rest };
}

/** What the beginning of a command may become. */
export interface Completion {
  /** As people see it: `/to NAME`. */
  readonly sign: string;
  readonly description: string;
  /** What stands in the composer then. */
  readonly text: string;
}

/** With the names that are known. Empty when nothing fits. */
export function completionsFor(text: string, peers: readonly string[]): Completion[] {
  const name = /^\/([a-z]*)$/.exec(text)?.[1];
  if (name !== undefined) {
    const fitting = SLASH_COMMANDS.filter((command) => command.name.startsWith(name));
    return fitting.map(({ name: word, takes, description }) => ({
      sign: `/${word} ${takes}`,
      description,
      text: takes === '' ? `/${word}` : `/${word} `,
    }));
  }
  const peer = /^\/to\s+(\S*)$/.exec(text)?.[1];
  if (peer === undefined) return [];
  const fitting = peers.filter((one) => one.startsWith(peer));
  return fitting.map((one) => ({ sign: `/to ${one}`, description: '', text: `/to ${one}` }));
}

/** As far as all of them agree. */
export function commonBeginning(texts: readonly string[]): string {
  const [first = '', ...others] = texts;
  let length = first.length;
  while (!others.every((text) => text.startsWith(first.slice(0, length)))) length -= 1;
  return first.slice(0, length);
}
