/** Finds the examples of a Markdown page: its fenced blocks, with the comments that say how to run them. Pure. */

export interface Block {
  /** The word after the fence: `console`, `sh`, `crontab`; empty if there is none. */
  readonly language: string;
  readonly text: string;
  /** The line number of its first line, from 1. */
  readonly line: number;
  /** `<!-- not run: why -->`: the reason why it cannot be run. */
  readonly notRun: string | undefined;
  /** `<!-- typed: words -->`: those of the shown lines that are input. */
  readonly typed: readonly string[];
  /** `<!-- printed by the tests' PROGRAM: words -->`: output of the last command that only exists in tests. */
  readonly played: readonly string[];
}

const FENCE = /^```(\w*)\s*$/;
const COMMENT = /^<!-- (not run|typed|printed by the tests' [\w-]+): (.+) -->$/;

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let comments: { readonly word: string; readonly says: string }[] = [];
  let open: { readonly language: string; readonly line: number; readonly lines: string[] } | undefined;
  for (const [index, line] of page.split('\n').entries()) {
    const [, language] = FENCE.exec(line) ?? [];
    const [, word, says] = COMMENT.exec(line) ?? [];
    if (open !== undefined && language !== undefined) {
      const said = (wanted: string) => comments.filter(({ word }) => word.startsWith(wanted)).map(({ says }) => says);
      const { lines, ...rest } = open;
      const [notRun] = said('not run');
      blocks.push({ ...rest, text: lines.join('\n'), notRun, typed: said('typed'), played: said('printed by') });
      open = undefined;
      comments = [];
    } else if (open !== undefined) open.lines.push(line);
    else if (language !== undefined) open = { language, line: index + 2, lines: [] };
    else if (word !== undefined && says !== undefined) comments.push({ word, says });
    else if (line.trim() !== '') comments = [];
  }
  return blocks;
}

/** A command of a `console` block, and its output as shown. */
export interface Step {
  readonly command: string;
  readonly shown: readonly string[];
  /** The number after `# terminal`: the command keeps running while the next ones run. */
  readonly terminal: string | undefined;
}

/** Parses `$ command`, its further lines after `> `, and its output. @param played more output of the last command. */
export function stepsOf(text: string, played: readonly string[] = []): Step[] {
  const steps: { command: string; shown: string[] }[] = [];
  for (const line of text.split('\n')) {
    const step = steps.at(-1);
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shown: [] });
    else if (step === undefined) throw new Error(`a console block does not begin with a command: ${line}`);
    else if (line.startsWith('> ') && step.shown.length === 0) step.command += `\n${line.slice(2)}`;
    else step.shown.push(line);
  }
  steps.at(-1)?.shown.push(...played);
  return steps.map((step) => ({ ...step, terminal: /# terminal (\d+)/.exec(step.command)?.[1] }));
}

/** The file that a block is saved as, if it begins with `#!`; its second line names the file. */
export function fileOf(text: string): { readonly name: string } | undefined {
  if (!text.startsWith('#!')) return undefined;
  const [, name] = /^#!.*\n# ([\w.-]+): /.exec(text) ?? [];
  if (name === undefined) throw new Error('the second line of a script must name it: # NAME: what it does');
  return { name };
}

/** Parses a crontab: its commands, and the environment that it sets for them. */
export function cronOf(text: string): { readonly environment: Record<string, string>; readonly commands: string[] } {
  const environment: Record<string, string> = {};
  const commands: string[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    const [, command] = /^(?:\S+\s+){5}(.+)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) environment[name] = value;
    else if (command === undefined) throw new Error(`not a line of a crontab: ${line}`);
    else if (/(?<!\\)%/.test(command)) throw new Error(`cron ends a command at %: ${line}`);
    else commands.push(command.replaceAll('\\%', '%'));
  }
  return { environment, commands };
}
