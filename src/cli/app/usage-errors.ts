/** Wrong words and flags, and the right ones that may have been meant. */
import { stripVTControlCharacters } from 'node:util';
import { closestMatch } from 'leven';
import { Failure } from '../errors/failure.js';

/** Letters by which a word may differ from the one that was meant. */
const MAX_TYPOS = 2;

/** What oclif's parser throws; which of these fields are there depends on what was wrong. */
interface ParserError extends Error {
  readonly args?: readonly { readonly name: string }[];
  readonly flags?: readonly string[];
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, unknown>> } };
}

/** Whether this is the parser's complaint about the words of a command. */
export const isParserError = (error: Error): error is ParserError =>
  'oclif' in error && !('code' in error && error.code === 'EEXIT');

/** @param id the command, as oclif names it: `user:add`. */
export function usageFailure(error: ParserError, id = 'help'): Failure {
  const command = `im ${id.replaceAll(':', ' ')}`;
  return new Failure('usage', whatIsWrong(error), {
    why: meantFlag(error),
    next: `see ${command} --help`,
    cause: error,
  });
}

/** @param id what was asked for, as oclif joins it: `usr:add:alice`. @param known the ids of all commands. */
export function unknownCommand(id: string, known: readonly string[]): Failure {
  const words = id.split(':');
  const meant = known
    .map((candidate) => candidate.split(':'))
    .map((candidate) =>
      closestMatch(words.slice(0, candidate.length).join(' '), [candidate.join(' ')], { maxDistance: MAX_TYPOS }),
    )
    .find((candidate) => candidate !== undefined);
  const next = meant === undefined ? 'im help shows the commands' : `did you mean: im ${meant}`;
  return new Failure('usage', `there is no command ${words.slice(0, meant?.split(' ').length ?? 1).join(' ')}`, {
    next,
  });
}

/** oclif says it in many lines, often with the whole help in them. One is kept. */
function whatIsWrong({ message, args }: ParserError): string {
  const [first = '', second = ''] = stripVTControlCharacters(message)
    .split('\n')
    .map((line) => line.trim());
  if (first.startsWith('Missing')) return `missing: ${args?.map(({ name }) => name.toUpperCase()).join(' ') ?? second}`;
  if (first.startsWith('Parsing ')) return `${first.slice('Parsing '.length)}: ${second}`;
  return first.endsWith(':') ? second : first;
}

function meantFlag({ flags = [], parse }: ParserError): string | undefined {
  const known = Object.keys(parse?.input?.flags ?? {}).map((name) => `--${name}`);
  const meant = closestMatch(flags[0] ?? '', known, { maxDistance: MAX_TYPOS });
  return meant && `did you mean ${meant}?`;
}
