/** A real server that can be killed, under the load of senders and receivers in processes of their own, each with a log. */
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
  /** Senders, and receivers: sender s1 sends to r1. */
  readonly pairs: number;
  /** Messages a second, of all together. */
  readonly rate: number;
  /** Bytes that each body has besides its words. */
  readonly padding?: number;
}

/** The first line of stdout from now on that matches. */
export function line(child: Child, wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (text) => {
      if (/^(ended|failed)/.test(text)) reject(new Error(text));
      if (!wanted.test(text)) return;
      lines.close();
      resolve(text);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code} before ${wanted}`)));
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

  /** The server, its users, and the load. */
  async start(): Promise<void> {
    await this.serve();
    const tokens = await this.#addUsers(this.indices.flatMap((index) => [`s${index}`, `r${index}`]));
    const work = (role: Task['role'], index: number): Task => {
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
    const begin = (role: Task['role']) =>
      this.indices.map((index) => this.run([WORKER, JSON.stringify(work(role, index))]));
    this.#receivers = begin('receiver');
    this.#senders = begin('sender');
  }

  /** Starts a process of Node that ends with this crowd. */
  run(words: readonly string[]): Child {
    const child = spawn(process.execPath, words, { env: this.env, stdio: 'pipe' });
    child.stderr.resume();
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Resolves when it listens, on the port that it had before. */
  async serve(): Promise<void> {
    const port = this.#url === '' ? '0' : new URL(this.#url).port;
    this.#server = this.run([PROGRAM, 'serve', '--json', '--port', port]);
    const { url } = JSON.parse(await line(this.#server, /listening/)) as { url: string };
    this.#url = url;
  }

  /** Resolves when the server is gone. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!this.#server) return;
    const gone = once(this.#server, 'exit');
    this.#server.kill(signal);
    await gone;
  }

  /** Senders stop; rejects when one has ended before, resolves when everything has arrived, with how many messages there were. */
  async finish(): Promise<number> {
    const early = [...this.#senders, ...this.#receivers].filter(
      ({ exitCode, signalCode }) => exitCode !== null || signalCode !== null,
    );
    if (early.length > 0) throw new Error(`${early.length} senders and receivers have ended before their time`);
    const counts = await Promise.all(
      this.#senders.map(async (sender) => {
        const done = line(sender, /^complete/);
        sender.stdin.write('stop\n');
        return Number((await done).split(' ')[1]);
      }),
    );
    await Promise.all(
      this.#receivers.map(async (receiver, index) => {
        const done = line(receiver, /^complete/);
        receiver.stdin.write(`await ${counts[index]}\n`);
        await done;
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** What the sender was told is stored: ids. What the receiver was shown: ids and senders. */
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

  /** Nothing is left of it. */
  async end(): Promise<void> {
    for (const child of this.#children) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
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
