/** `im serve` as users run it: the real command with its defaults, a durable store and its log. */
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WIRE } from '../../src/protocol/limits.js';
import { LOAD_CORE, output, SERVER_CORE, spawnOnCore, stopProcess } from './process.js';
import type { Server } from './rounds.js';
import { type Credential, type ImTarget, PAIRS, type Style } from './work.js';

const IM = join(import.meta.dirname, '../../../bin/run.js');
/** Enough mailboxes per sender that a million undelivered messages stay below the limits of a mailbox. */
const RECEIVERS_PER_SENDER = 3;
/** What Node prints with --inspect. */
const DEBUGGER = /Debugger listening on (\S+)/;
const STYLES: readonly { name: string; style: Style }[] = [
  { name: 'im, packages', style: 'packages' },
  { name: 'im, single frames', style: 'frames' },
];

export interface ImServer extends Server {
  readonly pid: number;
  readonly target: ImTarget;
  /** Environment for commands that use this server. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs an `im` command on this server's data folder, on LOAD_CORE. Resolves with its stdout, unless that is a file. */
  im(args: readonly string[], stdin?: number, stdout?: number): Promise<string>;
  /** Adds the users letter0, letter1 … */
  addUsers(letter: string, count: number): Promise<readonly Credential[]>;
  /** With `isInspected`. */
  readonly debuggerUrl: string | undefined;
}

export interface ImOptions {
  /** Node writes a CPU profile of the server there at exit. */
  readonly profileFolder?: string | undefined;
  /** Node listens for a debugger: see `attach` of inspector.ts. */
  readonly isInspected?: boolean;
  /** Settings of the server. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts the server and adds its users. */
export async function startIm(parent: string, options: ImOptions = {}): Promise<ImServer> {
  const { profileFolder, isInspected = false, settings } = options;
  const env = { ...environmentOf(parent), ...settings };
  const logFile = join(parent, 'im.log');
  const stderr = openSync(logFile, 'w');
  const profile = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const flags = [...profile, ...(isInspected ? ['--inspect=127.0.0.1:0'] : [])];
  const child = spawnOnCore(SERVER_CORE, process.execPath, [...flags, IM, 'serve', '--port', '0', '--json'], {
    env,
    stderr,
  });
  closeSync(stderr);
  const { pid, stdout } = child;
  if (pid === undefined || stdout === null) throw new Error('im serve did not start');
  const exited = once(child, 'exit').then(() => {
    throw new Error(`im serve exited:\n${readFileSync(logFile, 'utf8').slice(-2_000)}`);
  });
  const [line] = (await Promise.race([once(createInterface({ input: stdout }), 'line'), exited])) as [string];
  exited.catch(() => {}); // from here on the load generator notices a dead server
  const { url } = JSON.parse(line) as { readonly url: string };

  const im: ImServer['im'] = (args, stdin, stdout) =>
    output(LOAD_CORE, process.execPath, [IM, ...args], { env, stdin, stdout });
  const addUsers = async (letter: string, count: number): Promise<Credential[]> => {
    const names = Array.from({ length: count }, (_, index) => `${letter}${index}`);
    const added: Credential[] = [];
    for (let first = 0; first < count; first += WIRE.maxUsersPerFrame) {
      const lines = await im(['user', 'add', ...names.slice(first, first + WIRE.maxUsersPerFrame), '--json']);
      for (const line of lines.trim().split('\n')) added.push(JSON.parse(line) as Credential);
    }
    return added;
  };
  const senders = await addUsers('a', PAIRS);
  const receivers = await addUsers('b', PAIRS * RECEIVERS_PER_SENDER);
  const target: ImTarget = { system: 'im', url, style: 'packages', receiving: true, senders, receivers };
  return {
    pid,
    target,
    env,
    im,
    addUsers,
    debuggerUrl: isInspected ? DEBUGGER.exec(readFileSync(logFile, 'utf8'))?.[1] : undefined,
    contestants: STYLES.map(({ name, style }) => ({ name, pid, target: { ...target, style }, restMs: 0 })),
    stop: () => stopProcess(child),
  };
}

/** All folders of im are below `parent`: the benchmark does not touch the files of the user who runs it. */
function environmentOf(parent: string): Readonly<Record<string, string>> {
  const own = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || name.startsWith('IM_') ? [] : [[name, value] as const],
  );
  return {
    ...Object.fromEntries(own),
    IM_DATA: join(parent, 'im'),
    // One sender may fill half of a mailbox: room for the backlogs that are measured.
    IM_SERVE_MAX_UNDELIVERED: '1000000',
    IM_SERVE_MAX_UNDELIVERED_BYTES: String(1024 ** 3),
    XDG_DATA_HOME: join(parent, 'data'),
    XDG_STATE_HOME: join(parent, 'state'),
    XDG_CONFIG_HOME: join(parent, 'config'),
  };
}
