/** Load for the soak tests: a real server that can be killed, and senders and receivers as processes, each with a log file. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Task } from './worker.js';

export const PROGRAM = join(import.meta.dirname, '../../../bin/run.js');
const WORKER = join(import.meta.dirname, 'worker.js');

export type Child = ChildProcessWithoutNullStreams;

export interface CrowdOptions {
  /** Number of senders and of receivers: sender s1 sends to r1. */
  readonly pairs: number;
  /** Messages per second, all senders together. */
  readonly rate: number;
  /** Bytes of padding in each body. */
  readonly padding?: number;
}

/** The next line of stdout that matches. @throws Error when the child exits first, or reports that it ended or failed. */
export function nextLine(child: Child, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (text) => {
      if (/^(ended|failed)/.test(text)) reject(new Error(text));
      if (!pattern.test(text)) return;
      lines.close();
      resolve(text);
    });
    child.once('exit', (code) => reject(new Error(`exited with ${code} before it printed ${pattern}`)));
  });
}

export class Crowd {
  readonly #home = mkdtempSync(join(tmpdir(), 'im-soak-'));
  readonly env: Readonly<Record<string, string>> = {
    PATH: process.env.PATH ?? '',
    HOME: this.#home,
    IM_DATA: join(this.#home, 'data'),
  };
  readonly indices: readonly number[];
  readonly #children = new Set<Child>();
  #server: Child | undefined;
  #url = '';
  #senders: readonly Child[] = [];
  #receivers: readonly Child[] = [];

  constructor(private readonly options: CrowdOptions) {
    this.indices = Array.from({ length: options.pairs }, (_, index) => index);
  }

  /** Starts the server, adds the users and starts the load. */
  async start(): Promise<void> {
    await this.serve();
    const tokens = await this.#addUsers(this.indices.flatMap((index) => [`s${index}`, `r${index}`]));
    const taskOf = (role: Task['role'], index: number): Task => {
      const user = `${role === 'sender' ? 's' : 'r'}${index}`;
      return {
        role,
        url: this.#url,
        user,
        token: tokens.get(user) as string,
        stateFolder: join(this.#home, user),
        log: join(this.#home, `${user}.log`),
        to: `r${index}`,
        perSecond: this.options.rate / this.options.pairs,
        padding: this.options.padding ?? 0,
      };
    };
    const startAll = (role: Task['role']) =>
      this.indices.map((index) => this.run([WORKER, JSON.stringify(taskOf(role, index))]));
    this.#receivers = startAll('receiver');
    this.#senders = startAll('sender');
  }

  /** Starts a Node process that is killed in `end`. */
  run(args: readonly string[]): Child {
    const child = spawn(process.execPath, args, { env: this.env, stdio: 'pipe' });
    child.stderr.resume();
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Starts the server, on its earlier port if it had one. Resolves when it listens. */
  async serve(): Promise<void> {
    const port = this.#url === '' ? '0' : new URL(this.#url).port;
    this.#server = this.run([PROGRAM, 'serve', '--json', '--port', port]);
    const { url } = JSON.parse(await nextLine(this.#server, /listening/)) as { url: string };
    this.#url = url;
  }

  /** Resolves when the server process has exited. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!this.#server) return;
    const exited = once(this.#server, 'exit');
    this.#server.kill(signal);
    await exited;
  }

  /** Stops the senders and waits until every message has arrived. Resolves with their number; rejects when a process exited early. */
  async finish(): Promise<number> {
    const early = [...this.#senders, ...this.#receivers].filter(
      ({ exitCode, signalCode }) => exitCode !== null || signalCode !== null,
    );
    if (early.length > 0) throw new Error(`${early.length} senders and receivers exited early`);
    const counts = await Promise.all(
      this.#senders.map(async (sender) => {
        const done = nextLine(sender, /^complete/);
        sender.stdin.write('stop\n');
        return Number((await done).split(' ')[1]);
      }),
    );
    await Promise.all(
      this.#receivers.map(async (receiver, index) => {
        const done = nextLine(receiver, /^complete/);
        receiver.stdin.write(`await ${counts[index]}\n`);
        await done;
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** The log of a user. A sender: the ids that were stored. A receiver: id and sender of each message that was shown. */
  logOf(user: string): string[] {
    try {
      return readFileSync(join(this.#home, `${user}.log`), 'utf8')
        .split('\n')
        .slice(0, -1);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** Kills all processes and removes all files. */
  async end(): Promise<void> {
    for (const child of this.#children) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    rmSync(this.#home, { recursive: true, force: true });
  }

  async #addUsers(users: readonly string[]): Promise<Map<string, string>> {
    const adding = this.run([PROGRAM, 'user', 'add', ...users, '--json']);
    const text = (await adding.stdout.setEncoding('utf8').toArray()).join('');
    const issued = text
      .trim()
      .split('\n')
      .map((one) => JSON.parse(one) as { user: string; token: string });
    return new Map(issued.map(({ user, token }) => [user, token]));
  }
}
