/**
 * A real PostgreSQL server for tests: on loopback, in a temporary folder, with everything that makes commits durable switched on.
 * It ends with the process that started it, however that ends (keeper.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { freePort } from '../free-port.js';
import { type Account, giveTo, unprivilegedAccount } from './account.js';
import { type Binaries, findBinaries } from './binaries.js';
import { freeze, killAll, thaw } from './processes.js';

/** Lines of a postgresql.conf: names and values, unquoted. */
export type Settings = Readonly<Record<string, string | number>>;

/** Small and quick to start, never less durable. */
const SETTINGS: Settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // Files in the data folder: those of a killed server would stay in /dev/shm.
  dynamic_shared_memory_type: 'mmap',
  shared_buffers: '32MB',
  max_connections: 60,
  wal_level: 'replica',
  wal_keep_size: '512MB',
  // Faults are noticed within seconds instead of a minute.
  wal_retrieve_retry_interval: '100ms',
  wal_receiver_status_interval: '1s',
  wal_receiver_timeout: '5s',
  wal_sender_timeout: '5s',
  // The sync before a recovery: of the file system, instead of each of a thousand files.
  ...(process.platform === 'linux' && { recovery_init_sync_method: 'syncfs' }),
};

const SUPERUSER = 'postgres';
/** The role that `im` uses: it owns its databases, and nothing else. */
export const ROLE = 'im';
/** Of one server. */
const MAX_LOG_LINES = 2_000;
const MAX_STARTS = 5;
const CONNECT_TIMEOUT_MS = 10_000;

/** What all servers of one folder share. */
export interface Place {
  /** Absolute; removed with everything in it. */
  readonly folder: string;
  readonly binaries: Binaries;
  readonly account: Account;
  /** Of all roles. */
  readonly password: string;
  /** Ends all servers and removes the folder. */
  remove(): Promise<void>;
}

/** A memory disk with less free space than this is not used. */
const MIN_MEMORY_DISK_BYTES = 2 * 1024 ** 3;

/** Where temporary folders are made: in memory, if that is asked for and there is enough. */
async function parentFolder(inMemory: boolean): Promise<string> {
  const free = await statfs('/dev/shm').then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0, // there is none
  );
  return inMemory && free >= MIN_MEMORY_DISK_BYTES ? '/dev/shm' : realpath(tmpdir());
}

/** @param inMemory for tests in which no machine dies: a commit does not wait for a disk that others use, too. */
export async function makePlace(binaries?: Binaries, inMemory = false): Promise<Place> {
  const found = binaries ?? (await findBinaries());
  const account = unprivilegedAccount();
  const folder = await mkdtemp(join(await parentFolder(inMemory), 'im-postgres-'));
  giveTo(account, folder);
  const keeper = spawn(process.execPath, [join(import.meta.dirname, 'keeper.js'), folder], {
    // A signal to the group of the tests, such as ^C, is not for the keeper.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env.PATH ?? '' },
  });
  const ended = new Promise<number | null>((resolve) => keeper.once('close', resolve));
  keeper.unref();
  (keeper.stdin as unknown as { unref(): void }).unref();
  const remove = async (): Promise<void> => {
    keeper.ref();
    keeper.stdin.end();
    if ((await ended) !== 0)
      throw new Error(`the servers in ${folder} could not be ended, or the folder not be removed`);
  };
  return { folder, binaries: found, account, password: randomBytes(12).toString('hex'), remove };
}

export interface StartOptions {
  readonly settings?: Settings;
  /** Default: those that `findBinaries` finds. */
  readonly binaries?: Binaries;
  /** As of `makePlace`. Default: no. */
  readonly inMemory?: boolean;
}

/** A single server, ready for connections. */
export async function startPostgres({ settings = {}, binaries, inMemory }: StartOptions = {}): Promise<PostgresNode> {
  const place = await makePlace(binaries, inMemory);
  try {
    const node = new PostgresNode(place, 'a', settings);
    await node.initialize();
    return node;
  } catch (error) {
    await place.remove();
    throw error;
  }
}

export class PostgresNode {
  /** Also its name as a standby. */
  readonly name: string;
  readonly #place: Place;
  readonly #folder: string;
  #settings: Settings;
  #port = 0;
  #child: ChildProcess | undefined;
  #closed: Promise<void> = Promise.resolve();
  #isFrozen = false;
  #waits = 0;
  #lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  #revision = 0;
  #databases = 0;

  /** Nothing runs yet: `initialize`, or fill `dataFolder` and `start`. */
  constructor(place: Place, name: string, settings: Settings) {
    this.name = name;
    this.#place = place;
    this.#folder = join(place.folder, name);
    this.#settings = { ...SETTINGS, ...settings };
  }

  /** The same for the whole life of the node; 0 before its first start. */
  get port(): number {
    return this.#port;
  }

  get dataFolder(): string {
    return join(this.#folder, 'data');
  }

  get state(): 'running' | 'frozen' | 'stopped' {
    if (this.#child === undefined) return 'stopped';
    return this.#isFrozen ? 'frozen' : 'running';
  }

  /** For a superuser; the tests look and break things with it. */
  get url(): string {
    return this.#urlOf(SUPERUSER, 'postgres');
  }

  /** For the role of `im`, which owns what `newDatabase` makes. */
  urlOf(database: string): string {
    return this.#urlOf(ROLE, database);
  }

  #urlOf(role: string, database: string): string {
    return `postgres://${role}:${this.#place.password}@127.0.0.1:${this.#port}/${database}`;
  }

  /** What a standby needs to follow this node. */
  connectionInfo(standby: string, port = this.#port): string {
    const { password } = this.#place;
    return `host=127.0.0.1 port=${port} user=${SUPERUSER} password=${password} application_name=${standby}`;
  }

  /** Makes the data folder, starts, and makes the role. */
  async initialize(): Promise<void> {
    await this.makeFolder();
    const passwordFile = join(this.#folder, 'password');
    await writeFile(passwordFile, this.#place.password, { mode: 0o600 });
    giveTo(this.#place.account, passwordFile);
    await this.#initdb(passwordFile);
    await rm(passwordFile);
    await this.start();
    // The standbys that are named in the settings may not be there yet.
    await this.query(`SET synchronous_commit = local; CREATE ROLE ${ROLE} LOGIN PASSWORD '${this.#place.password}'`);
  }

  /** The folder around `dataFolder`, which does not exist yet. */
  async makeFolder(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    giveTo(this.#place.account, this.#folder);
  }

  /** For a node that does not run. */
  async removeData(): Promise<void> {
    await rm(this.dataFolder, { recursive: true, force: true });
  }

  async #initdb(passwordFile: string): Promise<void> {
    const identity = ['-U', SUPERUSER, '-A', 'scram-sha-256', '--pwfile', passwordFile];
    // --no-sync: a machine that dies now has no tests to go on with.
    const args = ['-D', this.dataFolder, ...identity, '-E', 'UTF8', '--locale=C', '--no-sync'];
    const child = this.#spawn('initdb', args);
    const code = await new Promise((resolve) => child.once('close', resolve));
    if (code !== 0) throw new Error(`initdb ended with ${code}:\n${this.log}`);
  }

  #spawn(program: string, args: readonly string[]): ChildProcess {
    const { binaries, account } = this.#place;
    const child = spawn(join(binaries.folder, program), args, {
      cwd: this.#folder,
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
      ...account,
    });
    child.once('error', ({ message }) => {
      const who = 'uid' in account ? `The account ${account.uid}` : 'This account';
      this.#lines.push(`${who} cannot run it: ${message}`);
    });
    createInterface(child.stderr as NodeJS.ReadableStream).on('line', (line) => {
      this.#lines.push(line);
      if (this.#lines.length > MAX_LOG_LINES) this.#lines.shift();
      for (const check of this.#waiting) check();
    });
    return child;
  }

  /** Ready for connections (of a standby: for reads) when it resolves. @throws Error with the log. */
  async start(): Promise<void> {
    if (this.#child !== undefined) throw new Error(`${this.name} is ${this.state} already`);
    const isFirst = this.#port === 0;
    for (let starts = 1; ; starts++) {
      if (isFirst) this.#port = await freePort();
      await this.#writeSettings();
      this.#lines = [];
      const child = this.#spawn('postgres', ['-D', this.dataFolder]);
      this.#child = child;
      this.#closed = new Promise((resolve) => {
        // Not `exit`: all its processes have ended when nobody holds its stderr.
        child.once('close', () => {
          this.#child = undefined;
          this.#isFrozen = false;
          for (const check of this.#waiting) check();
          resolve();
        });
      });
      try {
        await this.logged(/database system is ready to accept/);
        return;
      } catch (error) {
        await this.#awake(this.#closed);
        if (!isFirst || starts === MAX_STARTS || !/could not bind/.test(this.log)) throw error;
      }
    }
  }

  async #writeSettings(): Promise<void> {
    const settings = { ...this.#settings, port: this.#port, 'im_test.revision': ++this.#revision };
    const lines = Object.entries(settings).map(
      ([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`,
    );
    const path = join(this.dataFolder, 'postgresql.conf');
    await writeFile(path, lines.join(''), { mode: 0o600 });
    giveTo(this.#place.account, path);
  }

  /**
   * Changes settings, for good. A running node reloads them: new sessions have them when this resolves, the others a moment later.
   */
  async configure(settings: Settings): Promise<void> {
    this.#settings = { ...this.#settings, ...settings };
    if (this.#child === undefined) return;
    await this.#writeSettings();
    this.#child.kill('SIGHUP');
    await until(`${this.name} has reloaded its settings`, async () => {
      const [row] = await this.query<{ revision: string }>(`SELECT current_setting('im_test.revision') AS revision`);
      return Number(row?.revision) === this.#revision;
    });
  }

  /** `fast` ends sessions and waits until the standbys have everything; `immediate` waits for nothing, and recovers at the next start. */
  async stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    this.thaw();
    this.#child?.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await this.#awake(this.#closed);
  }

  async restart(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    await this.stop(mode);
    await this.start();
  }

  /** SIGKILL to all its processes at once. */
  async kill(): Promise<void> {
    killAll(this.#folder);
    await this.#awake(this.#closed);
  }

  /** SIGSTOP to all its processes. */
  freeze(): void {
    if (this.#child === undefined) throw new Error(`${this.name} does not run`);
    freeze(this.#folder);
    this.#isFrozen = true;
  }

  /** SIGCONT to all its processes. */
  thaw(): void {
    if (!this.#isFrozen) return;
    thaw(this.#folder);
    this.#isFrozen = false;
  }

  /** Runs SQL as the superuser on a connection of its own, which waits at most 10 s for the server. Returns the rows. */
  async query<Row extends object = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<Row[]> {
    return withClient(
      this.url,
      async (client) => (await client.query(sql, values as unknown[] | undefined)).rows as Row[],
    );
  }

  /** An empty database for one test. Returns its URL, for the role of `im`. */
  async newDatabase(): Promise<string> {
    const name = `test_${++this.#databases}`;
    await this.query(`CREATE DATABASE ${name} OWNER ${ROLE}`);
    return this.urlOf(name);
  }

  /** What the server wrote since its last start; at most 2,000 lines. */
  get log(): string {
    return this.#lines.join('\n');
  }

  /**
   * Waits for a line that matches, past (since the last start) or future; with `after`, for as many as `times` after the line that
   * contains this text. Rejects when the server ends before.
   */
  logged(pattern: RegExp, { after = '', times = 1 } = {}): Promise<void> {
    const found = new Promise<void>((resolve, reject) => {
      const check = (): void => {
        const from = this.#lines.findIndex((line) => line.includes(after));
        const isThere = from >= 0 && this.#lines.slice(from).filter((line) => pattern.test(line)).length >= times;
        if (!isThere && this.#child !== undefined) return;
        this.#waiting.delete(check);
        if (isThere) resolve();
        else reject(new Error(`PostgreSQL ${this.name} ended without ${pattern}:\n${this.log}`));
      };
      this.#waiting.add(check);
      check();
    });
    return this.#awake(found);
  }

  /** The server keeps this process alive only while something is awaited of it: a program that forgets it can end. */
  async #awake<Result>(awaited: Promise<Result>): Promise<Result> {
    const handles = [this.#child, this.#child?.stderr as { ref(): void; unref(): void } | undefined];
    this.#waits++;
    for (const handle of handles) handle?.ref();
    try {
      return await awaited;
    } finally {
      if (--this.#waits === 0) for (const handle of handles) handle?.unref();
    }
  }

  /** Ends it, and removes its folder; all nodes of its cluster as well. */
  async remove(): Promise<void> {
    await this.#place.remove();
    await this.#awake(this.#closed);
  }
}

/** Opens a connection, and closes it at the end. */
export async function withClient<Result>(url: string, use: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => {
    // A lost connection also rejects the query that it carried.
  });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

const POLL_MS = 10;
const UNTIL_TIMEOUT_MS = 30_000;

/** Asks again and again: for what the database does not tell. @throws Error that contains `what` after 30 s. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + UNTIL_TIMEOUT_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited for 30 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
