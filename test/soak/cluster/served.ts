/** One `im serve` of the soak: a process that can be killed, frozen and started again, behind proxies to its clients and its database. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../harness/free-port.js';
import { startTcpProxy, type TcpProxy } from '../../harness/tcp-proxy.js';

/** Ends the process when its stdin ends: it must not outlive the soak. */
const LEASH = join(import.meta.dirname, 'leash.js');

export interface ServedOptions {
  readonly name: string;
  /** HOME of the process. */
  readonly home: string;
  /** Of the nodes of the database, with passwords. */
  readonly databaseUrls: readonly string[];
  /** `im`, or something that behaves like it. */
  readonly program: string;
  readonly flags: readonly string[];
}

export class Served {
  readonly name: string;
  /** The clients connect here. */
  readonly clients: TcpProxy;
  /** To each node of the database. */
  readonly database: readonly TcpProxy[];
  readonly #options: ServedOptions;
  readonly #port: number;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #isFrozen = false;
  #tail = '';
  /** How often it ended by itself. */
  deaths = 0;
  #isExpected = false;

  static async create(options: ServedOptions): Promise<Served> {
    const port = await freePort();
    const clients = await startTcpProxy(port);
    const database = [];
    for (const url of options.databaseUrls) database.push(await startTcpProxy(Number(new URL(url).port)));
    return new Served(options, port, clients, database);
  }

  private constructor(options: ServedOptions, port: number, clients: TcpProxy, database: readonly TcpProxy[]) {
    this.#options = options;
    this.name = options.name;
    this.#port = port;
    this.clients = clients;
    this.database = database;
    this.#log = createWriteStream(join(options.home, `${options.name}.log`), { flags: 'a' });
  }

  get isRunning(): boolean {
    return this.#child !== undefined && !this.#isFrozen;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** All nodes in one address, through the proxies. */
  get databaseUrl(): string {
    const { username, password, pathname } = new URL(this.#options.databaseUrls[0] as string);
    const hosts = this.database.map(({ port }) => `127.0.0.1:${port}`).join(',');
    return `postgresql://${username}:${password}@${hosts}${pathname}`;
  }

  /** Starts it, again and again while the database refuses it. Resolves when it listens. */
  async start(): Promise<void> {
    for (let tries = 1; ; tries++) {
      const isListening = await this.#start();
      if (isListening) return;
      if (tries === MAX_STARTS) throw new Error(`${this.name} does not start: ${this.#tail}`);
    }
  }

  async #start(): Promise<boolean> {
    const { home, program, flags } = this.#options;
    const args = ['--import', LEASH, program, 'serve', '--json', '--port', String(this.#port), ...flags];
    const child = spawn(process.execPath, args, {
      env: {
        PATH: process.env.PATH ?? '',
        HOME: home,
        IM_DATABASE_URL: this.databaseUrl,
        NODE_DISABLE_COMPILE_CACHE: '1',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#isExpected = false;
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#log.write(chunk);
      this.#tail = (this.#tail + chunk).slice(-TAIL_LENGTH);
    });
    let isListening = false;
    this.#exited = new Promise((resolve) =>
      child.once('close', () => {
        this.#child = undefined;
        this.#isFrozen = false;
        if (isListening && !this.#isExpected) this.deaths++;
        resolve();
      }),
    );
    const listening = new Promise<boolean>((resolve) => {
      createInterface(child.stdout).on('line', (line) => {
        if (line.includes('"listening"')) resolve(true);
      });
      void this.#exited.then(() => resolve(false));
    });
    isListening = await listening;
    return isListening;
  }

  /** SIGKILL. Resolves when it has ended. */
  async kill(): Promise<void> {
    this.#isExpected = true;
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  freeze(): void {
    this.#isFrozen = true;
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#isFrozen = false;
    this.#child?.kill('SIGCONT');
  }

  /** SIGTERM; SIGKILL if it takes long. */
  async stop(): Promise<void> {
    this.#isExpected = true;
    this.thaw();
    this.#child?.kill('SIGTERM');
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    await this.kill();
    for (const proxy of [this.clients, ...this.database]) proxy.close();
    this.#log.end();
  }
}

const MAX_STARTS = 20;
const TAIL_LENGTH = 2_000;
const STOP_MS = 5_000;
