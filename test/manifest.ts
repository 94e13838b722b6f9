/** Reads the commands from oclif.manifest.json, for the pages that are generated from them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Arg {
  readonly name: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly multiple?: boolean;
}

export interface Flag {
  readonly name: string;
  readonly char?: string;
  readonly description?: string;
  readonly type: 'boolean' | 'option';
  readonly helpValue?: string;
  readonly helpGroup?: string;
  readonly options?: readonly string[];
  readonly default?: unknown;
  readonly env?: string;
  readonly multiple?: boolean;
}

export interface Command {
  /** As typed: `user add`. */
  readonly words: string;
  readonly summary: string;
  readonly description: string;
  readonly examples: readonly string[];
  /** Without `im`. */
  readonly usage: readonly string[];
  readonly args: readonly Arg[];
  readonly flags: readonly Flag[];
}

interface Entry {
  readonly summary?: string;
  readonly description?: string;
  readonly examples?: readonly string[];
  readonly usage?: string | readonly string[];
  readonly args: Readonly<Record<string, Arg>>;
  readonly flags: Readonly<Record<string, Flag>>;
}

/** What is used of package.json and oclif.manifest.json. */
export interface Manifest {
  readonly version: string;
  readonly description: string;
  /** First words that several commands share. */
  readonly topics: readonly Topic[];
  readonly commands: readonly Command[];
}

export interface Topic {
  readonly name: string;
  readonly description: string;
}

interface Package {
  readonly version: string;
  readonly description: string;
  readonly oclif: { readonly topics: Readonly<Record<string, { readonly description: string }>> };
}

export function readManifest(root: string): Manifest {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(root, name), 'utf8'));
  const { version, description, oclif } = read('package.json') as Package;
  const { commands } = read('oclif.manifest.json') as { readonly commands: Readonly<Record<string, Entry>> };
  return {
    version,
    description,
    topics: Object.entries(oclif.topics).map(([name, { description }]) => ({ name, description })),
    commands: Object.entries(commands).map(([id, entry]) => commandOf(id, entry)),
  };
}

function commandOf(id: string, { summary = '', description = '', examples = [], usage, args, flags }: Entry): Command {
  const words = id.replaceAll(':', ' ');
  const fill = (text: string) => text.replaceAll('<%= config.bin %>', 'im').replaceAll('<%= command.id %>', words);
  const usages = usage === undefined ? [] : typeof usage === 'string' ? [usage] : usage;
  return {
    words,
    summary,
    description: fill(description),
    examples: examples.map(fill),
    usage: usages.length > 0 ? usages.map(fill) : [usageOf(words, Object.values(args), Object.keys(flags).length > 0)],
    args: Object.values(args),
    flags: Object.values(flags),
  };
}

const usageOf = (words: string, args: readonly Arg[], hasFlags: boolean): string =>
  [words, ...args.map(wordOf), ...(hasFlags ? ['[FLAGS]'] : [])].join(' ');

function wordOf({ name, required, multiple }: Arg): string {
  const word = `${name.toUpperCase()}${multiple ? '...' : ''}`;
  return required ? word : `[${word}]`;
}

/** The value of a flag: `FILE`, `stored|delivered`, `VALUE`; empty when it takes none. */
export function argumentOf({ type, helpValue, options }: Flag): string {
  if (type === 'boolean') return '';
  return options === undefined ? (helpValue ?? 'VALUE') : options.join('|');
}
