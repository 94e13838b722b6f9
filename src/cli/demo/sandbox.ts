/**
 * A temporary home in which `im demo` and `im bench` run real commands. A keeper, a shell that waits for this process to end, ends all of
 * them and removes the folder: also after kill -9, and when the terminal is closed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Failure } from '../errors/failure.js';
import { quoted } from './command-line.js';

/**
 * Makes a folder in $1, named for $2, and prints its path. Reads lines of process ids until its input ends, which is when this process does;
 * then those of the last line are ended. A process that is just being ended may still make a file: hence the second `rm`.
 */
const KEEPER = `
folder=$(mktemp -d "$1/im-$2-XXXXXX") || exit
printf '%s\\n' "$folder"
pids=
while read -r line; do pids=$line; done
[ -z "$pids" ] || kill -9 $pids 2>/dev/null
rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }
`;

/** Characters of stderr that are kept of a process. */
const MAX_STDERR = 10_000;

const XDG = ['XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CONFIG_HOME'] as const;

/** How a process has ended. */
export interface Ended {
  /** Of stdout. */
  readonly lines: readonly string[];
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Started {
  readonly pid: number;
  /** Of stdout; undefined when it ended without one. */
  readonly firstLine: Promise<string | undefined>;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): Promise<Ended>;
}

/** What the sandbox is for, and where it is. */
interface Purpose {
  /** In the name of the folder, and in errors. */
  readonly name: string;
  /** The folder is made in this one. */
  readonly parent: string;
  /** How to choose another parent. */
  readonly next: string;
}

const DEMO = (): Purpose => ({
  name: 'demo',
  parent: tmpdir(),
  next: 'name a folder that this account may write to: TMPDIR=DIR',
});

export class Sandbox {
  /** The environment in which everything is inside the folder. */
  readonly env: NodeJS.ProcessEnv;
  readonly #pids = new Set<number>();
  #isClosed = false;

  private constructor(
    readonly folder: string,
    private readonly program: string,
    private readonly keeper: ChildProcess,
    private readonly name: string,
  ) {
    this.env = sandboxEnvironment(process.env, folder);
    // It is gone if somebody has ended it: then nobody can be told.
    keeper.stdin?.on('error', () => undefined);
  }

  /** @param program the path of `im`. @throws Failure `unexpected` when there is no shell, or no room for a temporary folder. */
  static async open(program: string, { name, parent, next }: Purpose = DEMO()): Promise<Sandbox> {
    // Detached: what the terminal sends to this process does not reach it.
    const keeper = spawn('sh', ['-c', KEEPER, 'sh', resolve(parent), name], { detached: true, stdio: 'pipe' });
    const { firstLine, ended } = follow(keeper);
    const [first] = await Promise.allSettled([firstLine]);
    if (first.status === 'fulfilled' && first.value !== undefined)
      return new Sandbox(first.value, program, keeper, name);
    const why = await ended.then(
      ({ stderr }) => stderr.trim(),
      (error: Error) => error.message,
    );
    throw new Failure('unexpected', `the ${name} has no temporary folder`, { why, next });
  }

  /** Starts `im` in this home. The process is ended with this one. */
  start(words: readonly string[]): Started {
    if (this.#isClosed) throw new Error('the sandbox is closed');
    const child = spawn(process.execPath, [this.program, ...words], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const { pid = 0 } = child;
    const { firstLine, ended } = follow(child);
    this.#guard((pids) => pids.add(pid));
    const guarded = ended.finally(() => this.#guard((pids) => pids.delete(pid)));
    return {
      pid,
      firstLine,
      ended: guarded,
      kill: (signal) => {
        child.kill(signal);
        return guarded;
      },
    };
  }

  /** Runs `im` to its end. @throws Failure when it fails. */
  async run(words: readonly string[]): Promise<readonly string[]> {
    const ended = await this.start(words).ended;
    if (ended.code === 0) return ended.lines;
    throw this.failed(words, ended);
  }

  /** The failure for a command that is needed, and has ended. */
  failed(words: readonly string[], { code, signal, stderr }: Ended): Failure {
    const why = reasonIn(stderr);
    return new Failure('unexpected', `the ${this.name} failed: im ${words[0]} ended with ${signal ?? code}`, {
      why,
      next: 'im doctor checks this machine',
    });
  }

  /** Writes a script that runs `im` in this home, for other terminals. Resolves with the words that run it. */
  async writeScript(): Promise<string> {
    const path = join(this.folder, 'im');
    const text = `# Runs im in the home of this demo.
unset ${XDG.join(' ')}
for name in $(env | sed -n '/^IM_CONNECT_/!s/^\\(IM_[A-Z_]*\\)=.*/\\1/p'); do unset "$name"; done
HOME=${quoted(this.folder)} exec ${quoted(process.execPath)} ${quoted(this.program)} "$@"
`;
    await writeFile(path, text);
    return `sh ${quoted(path)}`; // not executable: temporary folders are often mounted so that nothing in them is
  }

  /** Ends all processes and removes the folder. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.keeper.exitCode !== null || this.keeper.signalCode !== null) return;
    const exited = once(this.keeper, 'exit');
    this.keeper.stdin?.end();
    await exited;
  }

  #guard(change: (pids: Set<number>) => unknown): void {
    change(this.#pids);
    if (!this.#isClosed) this.keeper.stdin?.write(`${[...this.#pids].join(' ')}\n`);
  }
}

/** Without everything that names a server, a user or a folder of this account. How the chat looks stays. */
export function sandboxEnvironment(environment: NodeJS.ProcessEnv, home: string): NodeJS.ProcessEnv {
  const isOurs = (name: string): boolean => /^IM_(?!CONNECT_)/.test(name) || XDG.some((one) => one === name);
  return { ...Object.fromEntries(Object.entries(environment).filter(([name]) => !isOurs(name))), HOME: home };
}

/** The first line for people on stderr: a server also writes its log there, as JSON. */
export const reasonIn = (stderr: string): string | undefined =>
  stderr.split('\n').find((line) => line.trim() !== '' && !line.startsWith('{'));

/** What it prints, and how it ends. Both reject when it cannot be started. */
function follow(child: ChildProcess): Pick<Started, 'firstLine' | 'ended'> {
  const lines: string[] = [];
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-MAX_STDERR);
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ lines, stderr, code, signal }));
  });
  const firstLine = new Promise<string | undefined>((resolve, reject) => {
    if (child.stdout === null) return resolve(undefined);
    createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
      lines.push(line);
      resolve(line);
    });
    ended.then(() => resolve(undefined), reject);
  });
  void Promise.allSettled([firstLine, ended]);
  return { firstLine, ended };
}
