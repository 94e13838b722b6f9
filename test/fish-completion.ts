/** Makes the completion of fish from the commands. Pure. */
import { argumentOf, type Command, type Flag, type Manifest } from './manifest.js';

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** What may stand behind a flag. */
function completionOf(flag: Flag): string {
  const value = argumentOf(flag);
  if (value === '') return '';
  if (flag.options !== undefined) return ` -x -a ${quote(flag.options.join(' '))}`;
  if (value === 'FILE') return ' -r -F';
  if (value === 'DIR') return ` -x -a ${quote('(__fish_complete_directories)')}`;
  return ' -x';
}

/** The first clause of a description: there is little room in a list. */
const brief = (text = ''): string => text.split(/[;:]/)[0] ?? '';

const flagLine = (words: string, flag: Flag): string =>
  `complete -c im -n '__im_begins ${words}' -l ${flag.name}${completionOf(flag)} -d ${quote(brief(flag.description))}`;

export function fishCompletion({ commands, topics }: Manifest): string {
  const wordLine = ({ words, summary }: Command): string => {
    const [first = '', second] = words.split(' ');
    return second === undefined
      ? `complete -c im -n '__im_is' -a ${first} -d ${quote(summary)}`
      : `complete -c im -n '__im_is ${first}' -a ${second} -d ${quote(summary)}`;
  };
  const names = commands.map(({ words }) => words).filter((words) => words !== 'help' && !words.includes(' '));
  return [
    '# Completion of im for fish. Made by npm run docs from the commands themselves: not to be edited.',
    '',
    "function __im_begins -d 'whether the command line begins with im and these words'",
    '    set -l words (commandline -opc)',
    '    set -l last (math 1 + (count $argv))',
    '    test $last -eq 1; and return 0 # A range from 2 to 1 would be read backwards.',
    '    test (count $words) -ge $last; and test "$words[2..$last]" = "$argv"',
    'end',
    '',
    "function __im_is -d 'whether it is these words, and the next one is being written'",
    '    test (count (commandline -opc)) -eq (math 1 + (count $argv)); and __im_begins $argv',
    'end',
    '',
    'complete -c im -f',
    ...topics.map(({ name, description }) => `complete -c im -n '__im_is' -a ${name} -d ${quote(description)}`),
    ...commands.map(wordLine),
    `complete -c im -n '__im_is help' -a ${quote([...names, ...topics.map(({ name }) => name), 'exit-codes'].join(' '))}`,
    ...commands.flatMap(({ words, flags }) => flags.map((flag) => flagLine(words, flag))),
    '',
  ].join('\n');
}
