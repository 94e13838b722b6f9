/** Starts a server on SERVER_CORE, and waits until it accepts connections. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { systemClock } from '../../src/io/clock.js';
import { SERVER_CORE, spawnOnCore, stopProcess } from './process.js';

const START_MS = 15_000;
const POLL_MS = 20;

export interface Listening {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Resolves when it listens on 127.0.0.1. @throws Error when it ends before, or takes longer than START_MS. */
export async function startListening(
  port: number,
  program: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<Listening> {
  const child = spawnOnCore(SERVER_CORE, program, args, { env });
  child.stdout?.resume(); // else it waits for a reader some day
  const deadline = systemClock.monotonic() + START_MS;
  while (!(await accepts(port))) {
    if (child.exitCode === null && systemClock.monotonic() < deadline) {
      await new Promise<void>((resolve) => systemClock.after(POLL_MS, resolve));
      continue;
    }
    await stopProcess(child);
    throw new Error(`${program} did not start`);
  }
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} has no process id`);
  return { pid, stop: () => stopProcess(child) };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
