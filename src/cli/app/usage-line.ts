/** The usage of a command as one line: `[USER] [--limit N | --summary] [--from USER]... [GLOBAL FLAGS]`. Pure. */
import type { Command } from '@oclif/core/command';

type Flag = Command.Flag.Cached;

/** Stands where the line is not broken: within brackets. */
export const NO_BREAK = '\u00a0';

/** @param args and flags of the command, as its manifest has them */
export function usageLine({ args, flags }: Pick<Command.Cached, 'args' | 'flags'>): string {
  const visible = Object.values(flags).filter(({ hidden }) => hidden !== true);
  const groups = groupsOf(visible);
  const own = groups.filter((group) => !group.every(isGlobal));
  const rest = own.length < groups.length ? ['[GLOBAL FLAGS]'] : [];
  return [...Object.values(args).map(argument), ...own.map(bracket), ...rest].join(' ');
}

const isGlobal = ({ helpGroup }: Flag): boolean => helpGroup === 'global';

/** Flags of which each excludes each other; and flags that need each other. Any other flag is a group of its own. */
function groupsOf(flags: readonly Flag[]): Flag[][] {
  const groups: Flag[][] = [];
  for (const flag of flags) {
    const fits = ([first, ...others]: Flag[]): boolean =>
      first !== undefined &&
      (exclude(flag, first)
        ? others.every((other) => exclude(flag, other))
        : need(flag, first) && others.every((other) => need(flag, other)));
    const group = groups.find(fits);
    if (group) group.push(flag);
    else groups.push([flag]);
  }
  return groups;
}

const names = (list: readonly unknown[] | undefined, { name }: Flag): boolean => list?.includes(name) ?? false;
const exclude = (one: Flag, other: Flag): boolean => names(one.exclusive, other) || names(other.exclusive, one);
const need = (one: Flag, other: Flag): boolean => names(one.dependsOn, other) && names(other.dependsOn, one);

function bracket(group: Flag[]): string {
  const [first, second] = group;
  const inner = group.map(written).join(first && second && need(first, second) ? ' ' : ' | ');
  const isRepeated = group.length === 1 && first?.type === 'option' && first.multiple === true;
  return `[${inner.replaceAll(' ', NO_BREAK)}]${isRepeated ? '...' : ''}`;
}

function written(flag: Flag): string {
  if (flag.type === 'boolean') return `--${flag.name}`;
  const { helpValue = flag.options?.join('|') ?? 'VALUE' } = flag;
  return `--${flag.name} ${Array.isArray(helpValue) ? helpValue.join(' ') : helpValue}`;
}

function argument({ name, required, multiple }: Command.Arg.Cached): string {
  const word = `${name.toUpperCase()}${multiple ? '...' : ''}`;
  return required ? word : `[${word}]`;
}
