/** Failures for wrong usage, with a suggestion when a word is nearly that of a command or flag. */
import { stripVTControlCharacters } from 'node:util';
import { closestMatch } from 'leven';
import { Failure } from '../errors/failure.js';

/** Greatest edit distance at which a word is suggested. */
const MAX_TYPOS = 2;

/** An error of oclif's parser. Which fields are set depends on the error. */
interface ParserError extends Error {
  readonly args?: readonly { readonly name: string }[];
  readonly flags?: readonly string[];
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, unknown>> } };
}

export const isParserError = (error: Error): error is ParserError =>
  'oclif' in error && !('code' in error && error.code === 'EEXIT');

/** @param id of the command: `user:add`. */
export function usageFailure(error: ParserError, id = 'help'): Failure {
  const command = `im ${id.replaceAll(':', ' ')}`;
  return new Failure('usage', shortMessage(error), {
    why: suggestFlag(error),
    next: isCutMessage(error, id)
      ? "quote a message of several words: im send bob 'two words'"
      : `see ${command} --help`,
    cause: error,
  });
}

/** A message that the shell has split into words. */
const isCutMessage = ({ message }: ParserError, id: string): boolean =>
  id === 'send' && message.startsWith('Unexpected argument');

/**
 * oclif finds no command either when words follow one that takes none.
 * @param id the words as oclif joins them: `usr:add:alice`. @param known the ids of all commands.
 */
export function unknownCommand(id: string, known: readonly string[]): Failure {
  const words = id.split(':');
  const command = known.find((candidate) => id.startsWith(`${candidate}:`))?.replaceAll(':', ' ');
  if (command !== undefined)
    return new Failure('usage', `im ${command} takes no argument`, { next: `see im ${command} --help` });
  const commands = known.map((candidate) => candidate.split(':'));
  const within = (maxDistance: number): string | undefined =>
    commands
      .map((command) => closestMatch(words.slice(0, command.length).join(' '), [command.join(' ')], { maxDistance }))
      .find((candidate) => candidate !== undefined);
  // The fewest typos count, over all commands.
  const suggestion = Array.from({ length: MAX_TYPOS }, (_, typos) => typos + 1)
    .map(within)
    .find((candidate) => candidate !== undefined);
  const topic = known.filter((candidate) => candidate.startsWith(`${words[0]}:`));
  const all = topic.map((candidate) => `im ${candidate.replaceAll(':', ' ')}`).join(', ');
  const others = all === '' ? 'im help shows the commands' : `there are: ${all}`;
  const next = suggestion === undefined ? others : `did you mean: im ${suggestion}`;
  const length = suggestion?.split(' ').length ?? (all === '' ? 1 : 2);
  const unknown = words.slice(0, length).join(' ');
  return new Failure('usage', `there is no command ${unknown}`, { next });
}

/** oclif's message has many lines, often with the whole help in them: this takes the one that matters. */
function shortMessage({ message, args }: ParserError): string {
  const [first = '', second = ''] = stripVTControlCharacters(message)
    .split('\n')
    .map((line) => line.trim());
  if (first.startsWith('Missing')) return `missing: ${args?.map(({ name }) => name.toUpperCase()).join(' ') ?? second}`;
  if (first.startsWith('Parsing ')) return `${first.slice('Parsing '.length)}: ${second}`;
  return first.endsWith(':') ? second : first;
}

function suggestFlag({ flags = [], parse }: ParserError): string | undefined {
  const known = Object.keys(parse?.input?.flags ?? {}).map((name) => `--${name}`);
  const suggestion = closestMatch(flags[0] ?? '', known, { maxDistance: MAX_TYPOS });
  return suggestion && `did you mean ${suggestion}?`;
}
