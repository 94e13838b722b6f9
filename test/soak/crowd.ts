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
  /** Devices of each user, a process each. More than one: they get copies, and the server keeps all messages for them. */
  readonly devices?: number;
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
  /** What follows on the user in the names of its processes, for each device. */
  readonly devices: readonly string[];
  readonly #children = new Set<Child>();
  #server: Child | undefined;
  #url = '';
  /** For each pair, its devices. */
  #senders: readonly Child[][] = [];
  #receivers: readonly Child[][] = [];

  constructor(private readonly options: CrowdOptions) {
    const { pairs, devices = 1 } = options;
    this.indices = Array.from({ length: pairs }, (_, index) => index);
    this.devices = devices === 1 ? [''] : Array.from({ length: devices }, (_, index) => `.d${index}`);
  }

  /** Starts the server, adds the users and starts the load, when all devices are online: a new one gets no older messages. */
  async start(): Promise<void> {
    await this.serve();
    const tokens = await this.#addUsers(this.indices.flatMap((index) => [`s${index}`, `r${index}`]));
    const taskOf = (role: Task['role'], index: number, device: string): Task => {
      const user = `${role === 'sender' ? 's' : 'r'}${index}`;
      const name = `${user}${device}`;
      return {
        role,
        url: this.#url,
        user,
        token: tokens.get(user) as string,
        device: device === '' ? undefined : device.slice(1),
        stateFolder: join(this.#home, name),
        name,
        log: join(this.#home, `${name}.log`),
        copiesLog: join(this.#home, `${name}.copies.log`),
        to: `r${index}`,
        perSecond: this.options.rate / this.options.pairs / this.devices.length,
        padding: this.options.padding ?? 0,
      };
    };
    const startAll = (role: Task['role']) =>
      this.indices.map((index) =>
        this.devices.map((device) => this.run([WORKER, JSON.stringify(taskOf(role, index, device))])),
      );
    this.#receivers = startAll('receiver');
    this.#senders = startAll('sender');
    const all = [...this.#receivers, ...this.#senders].flat();
    await Promise.all(all.map((child) => nextLine(child, /^online/)));
    for (const sender of this.#senders.flat()) sender.stdin.write('begin\n');
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
    const keepAll = this.devices.length === 1 ? [] : ['--keep-delivered', '1000000000'];
    this.#server = this.run([PROGRAM, 'serve', '--json', '--port', port, ...keepAll]);
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

  /**
   * Stops the senders and waits until every message has arrived on each device, and its copy on each other device of its sender.
   * Resolves with the number of messages; rejects when a process exited early.
   */
  async finish(): Promise<number> {
    const early = [...this.#senders, ...this.#receivers]
      .flat()
      .filter(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null);
    if (early.length > 0) throw new Error(`${early.length} senders and receivers exited early`);
    const ask = (child: Child, request: string): Promise<string> => {
      const done = nextLine(child, /^complete/);
      child.stdin.write(`${request}\n`);
      return done;
    };
    const sums = await Promise.all(
      this.indices.map(async (index) => {
        const senders = this.#senders[index] as Child[];
        const lines = await Promise.all(senders.map((sender) => ask(sender, 'stop')));
        const counts = lines.map((line) => Number(line.split(' ')[1]));
        const sum = counts.reduce((total, count) => total + count, 0);
        const receivers = this.#receivers[index] as Child[];
        await Promise.all(receivers.map((receiver) => ask(receiver, `await ${sum}`)));
        await Promise.all(senders.map((sender, at) => ask(sender, `await ${sum - (counts[at] as number)}`)));
        return sum;
      }),
    );
    return sums.reduce((total, sum) => total + sum, 0);
  }

  /**
   * The log of a process, which is named for its user and device (see `devices`). A sender: the ids that were stored. A receiver: id
   * and sender of each message that was shown. With `.copies` after the name: of each copy that was shown.
   */
  logOf(name: string): string[] {
    try {
      return readFileSync(join(this.#home, `${name}.log`), 'utf8')
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
