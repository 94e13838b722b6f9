/** Formats the usage of a command: `[USER] [--limit N | --summary] [--from USER]... [GLOBAL FLAGS]`. Pure. */
import type { Command } from '@oclif/core/command';

type Flag = Command.Flag.Cached;

/** In place of a space within brackets, where the line must not wrap. */
export const NO_BREAK = '\u00a0';

/** The usage without the command's name, from its manifest. Hidden flags are left out. */
export function usageLine({ args, flags }: Pick<Command.Cached, 'args' | 'flags'>): string {
  const visible = Object.values(flags).filter(({ hidden }) => hidden !== true);
  const groups = groupsOf(visible);
  const own = groups.filter((group) => !group.every(isGlobal));
  const rest = own.length < groups.length ? [`[GLOBAL${NO_BREAK}FLAGS]`] : [];
  return [...Object.values(args).map(argumentText), ...own.map(bracket), ...rest].join(' ');
}

/** Whether it is one of those that most commands share. */
export const isGlobal = ({ helpGroup }: Pick<Flag, 'helpGroup'>): boolean => helpGroup === 'global';

/** Groups flags that all exclude each other, and flags that all require each other. Any other flag is a group of one. */
function groupsOf(flags: readonly Flag[]): Flag[][] {
  const groups: Flag[][] = [];
  for (const flag of flags) {
    const fits = ([first, ...others]: Flag[]): boolean =>
      first !== undefined &&
      (areExclusive(flag, first)
        ? others.every((other) => areExclusive(flag, other))
        : requireEachOther(flag, first) && others.every((other) => requireEachOther(flag, other)));
    const group = groups.find(fits);
    if (group) group.push(flag);
    else groups.push([flag]);
  }
  return groups;
}

const lists = (names: readonly unknown[] | undefined, { name }: Flag): boolean => names?.includes(name) ?? false;
const areExclusive = (one: Flag, other: Flag): boolean => lists(one.exclusive, other) || lists(other.exclusive, one);
const requireEachOther = (one: Flag, other: Flag): boolean =>
  lists(one.dependsOn, other) && lists(other.dependsOn, one);

function bracket(group: Flag[]): string {
  const [first, second] = group;
  const inner = group.map(flagText).join(first && second && requireEachOther(first, second) ? ' ' : ' | ');
  const isRepeated = group.length === 1 && first?.type === 'option' && first.multiple === true;
  return `[${inner.replaceAll(' ', NO_BREAK)}]${isRepeated ? '...' : ''}`;
}

/** `--from USER`. */
export function flagText(flag: Flag): string {
  if (flag.type === 'boolean') return `--${flag.name}`;
  const { helpValue = flag.options?.join('|') ?? 'VALUE' } = flag;
  return `--${flag.name} ${Array.isArray(helpValue) ? helpValue.join(' ') : helpValue}`;
}

function argumentText({ name, required, multiple }: Command.Arg.Cached): string {
  const word = `${name.toUpperCase()}${multiple ? '...' : ''}`;
  return required ? word : `[${word}]`;
}
