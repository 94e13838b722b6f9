/** Finds the examples of a page: its fenced blocks, each with what a comment before it says about how it is run. Pure. */

export interface Block {
  /** The word behind the fence: `console`, `sh`, `crontab`; empty when there is none. */
  readonly language: string;
  readonly text: string;
  /** Where its first line stands in the page, from 1. */
  readonly line: number;
  /** `<!-- not run: why -->`: why it cannot be run. */
  readonly notRun: string | undefined;
  /** `<!-- typed: words -->`: lines that a person types in a terminal, among those that are shown there. */
  readonly typed: readonly string[];
  /** `<!-- printed by the tests' PROGRAM: words -->`: lines that nobody but the tests sees, of the last command. */
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

/** A command of a `console` block, and what is shown below it. */
export interface Step {
  readonly command: string;
  readonly shown: readonly string[];
  /** The number behind `# terminal`: the command stays while the page goes on. */
  readonly terminal: string | undefined;
}

/** `$ command`, its further lines behind `> `, and what it prints. @param played what the last one prints as well. */
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

/** What a block keeps as a file: it begins with `#!`, and its second line with the name of the file. */
export function fileOf(text: string): { readonly name: string } | undefined {
  if (!text.startsWith('#!')) return undefined;
  const [, name] = /^#!.*\n# ([\w.-]+): /.exec(text) ?? [];
  if (name === undefined) throw new Error('the second line of a script must say its name: # NAME: what it does');
  return { name };
}

/** What cron makes of a crontab: the commands, and the environment that it gives them. */
export function cronOf(text: string): { readonly environment: Record<string, string>; readonly commands: string[] } {
  const environment: Record<string, string> = {};
  const commands: string[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    const [, command] = /^(?:\S+\s+){5}(.+)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) environment[name] = value;
    else if (command === undefined) throw new Error(`no line of a crontab: ${line}`);
    else if (/(?<!\\)%/.test(command)) throw new Error(`cron takes % for the end of the line: ${line}`);
    else commands.push(command.replaceAll('\\%', '%'));
  }
  return { environment, commands };
}
