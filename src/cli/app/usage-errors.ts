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

/** @param id the words as oclif joins them: `usr:add:alice`. @param known the ids of all commands. */
export function unknownCommand(id: string, known: readonly string[]): Failure {
  const words = id.split(':');
  const suggestion = known
    .map((candidate) => candidate.split(':'))
    .map((candidate) =>
      closestMatch(words.slice(0, candidate.length).join(' '), [candidate.join(' ')], { maxDistance: MAX_TYPOS }),
    )
    .find((candidate) => candidate !== undefined);
  const next = suggestion === undefined ? 'im help shows the commands' : `did you mean: im ${suggestion}`;
  const unknown = words.slice(0, suggestion?.split(' ').length ?? 1).join(' ');
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
