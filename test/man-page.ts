/** Makes im(1), the manual page, from the commands and the exit codes. Pure. */
import { EXIT_CODES } from '../src/cli/errors/exit-codes.js';
import { argumentOf, type Command, type Flag, type Manifest } from './manifest.js';

/** What stands for itself in roff: no macro, no escape, no sign that is printed as another one. */
export function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('"', '\\(dq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replace(
      /[^\x20-\x7e\n]/gu,
      (sign) => `\\[u${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(/^\./gm, '\\&.');
}

/** Text that is filled: a line of roff for each sentence, broken where it is long. */
function filled(text: string): string {
  const lines = text
    .replaceAll(/([.:;?]) (?=\S)/g, '$1\n')
    .split('\n')
    .flatMap((sentence) => wrapped(sentence.split(' ')));
  return roff(lines.join('\n'));
}

function wrapped(words: readonly string[]): string[] {
  const lines = [''];
  for (const word of words) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && roff(`${line} ${word}`).length > COLUMNS) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

/** Of a line of roff. */
const COLUMNS = 80;

const bold = (text: string): string => `\\fB${roff(text)}\\fR`;
const italic = (text: string): string => `\\fI${roff(text)}\\fR`;

/** A paragraph with a label that hangs out. */
const tagged = (label: string, text: string): string[] => ['.TP', label, filled(text)];

function flagLines(flag: Flag): string[] {
  const { name, char, description = '', default: usual, multiple } = flag;
  const value = argumentOf(flag);
  const short = char === undefined ? '' : `${bold(`-${char}`)}, `;
  const label = `${short}${bold(`--${name}`)}${value === '' ? '' : ` ${italic(value)}`}${multiple ? ' ...' : ''}`;
  const hasUsual = usual !== undefined && usual !== false && !description.includes('default:');
  return tagged(label, `${description}${hasUsual ? `; default: ${String(usual)}` : ''} [${flag.env ?? ''}]`);
}

const same = (one: Flag, other: Flag): boolean => one.name === other.name && one.description === other.description;

function commandLines(command: Command, common: readonly Flag[]): string[] {
  const { words, summary, description, examples, usage, args, flags } = command;
  const own = flags.filter((flag) => !common.some((one) => same(one, flag)));
  return [
    `.SS ${roff(`im ${words}`)}`,
    ...usage.flatMap((line, index) => [...(index === 0 ? [] : ['.br']), roff(`im ${line}`)]),
    '.PP',
    filled(`${summary}.`),
    ...description
      .split('\n\n')
      .filter((part) => part !== '')
      .flatMap((part) => ['.PP', filled(part)]),
    ...args.flatMap(({ name, description = '' }) => tagged(italic(name.toUpperCase()), description)),
    ...own.flatMap(flagLines),
    '.PP',
    'Examples:',
    '.PP',
    '.RS 4',
    '.nf',
    ...examples.map(roff),
    '.fi',
    '.RE',
  ];
}

/** Flags that mean the same in several commands, once each. */
function commonFlags(commands: readonly Command[]): Flag[] {
  const global = commands.flatMap(({ flags }) => flags.filter(({ helpGroup }) => helpGroup === 'global'));
  return global.filter((flag, index) => global.findIndex(({ name }) => name === flag.name) === index);
}

/** When a person last looked through what is written here and not made. */
const LOOKED_THROUGH = '2026-11-23';

const FILES: readonly (readonly [path: string, description: string])[] = [
  ['$XDG_DATA_HOME/im', "the server's folder; ~/.local/share/im unless set"],
  [
    '$XDG_STATE_HOME/im',
    'what is queued and received, and the history, of each user on each server; ~/.local/state/im',
  ],
  ['$XDG_CONFIG_HOME/im/profile.json', 'what is usual, as one JSON object of url, user, data, tokenFile; ~/.config/im'],
  ['$XDG_CONFIG_HOME/im/tokens', 'the tokens that this account keeps'],
];

export function manPage({ version, description, commands }: Manifest): string {
  const common = commonFlags(commands);
  const lines = [
    '.\\" Made by npm run docs from the commands themselves: not to be edited.',
    `.TH IM 1 ${LOOKED_THROUGH} "im ${version}" "User Commands"`,
    '.nh',
    '.ad l',
    '.SH NAME',
    'im \\- reliable one\\-to\\-one messaging for the terminal',
    '.SH SYNOPSIS',
    `${bold('im')} ${italic('COMMAND')} [${italic('ARGUMENTS')}] [${italic('FLAGS')}]`,
    '.br',
    `${bold('im')} help [${italic('COMMAND')}]`,
    '.SH DESCRIPTION',
    filled(`${description}.`),
    '.PP',
    filled(
      'A server, a chat client and shell tools in one command. stdout is data, stderr is for people. Nothing is asked without a terminal. Each flag has an environment variable, which stands behind it in brackets; flags come before the environment, the environment before the profile. Durations are written 500ms, 30s, 5m, 2h or 7d.',
    ),
    '.SH COMMANDS',
    ...commands.flatMap((command) => commandLines(command, common)),
    '.SH COMMON FLAGS',
    'Those of them that a command knows mean the same everywhere.',
    ...common.flatMap(flagLines),
    '.SH EXIT STATUS',
    ...Object.values(EXIT_CODES).flatMap(({ code, description }) => tagged(String(code), description)),
    '.SH FILES',
    ...FILES.flatMap(([path, description]) => tagged(italic(path), description)),
    '.SH SEE ALSO',
    filled('docs/ in the package: chat.md, scripting.md, operations.md, protocol.md.'),
  ];
  return `${lines.join('\n')}\n`;
}
