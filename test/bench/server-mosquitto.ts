/** Starts Mosquitto with persistence, without queue limits and without a log. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/io/clock.js';
import { SERVER_CORE, spawnOnCore, stopProcess } from './process.js';
import type { Server } from './rounds.js';

/**
 * Mosquitto makes one system call per packet. With a client that answers each packet at once it reaches about 95,000 messages/s;
 * with a client that pauses for 0.3 to 1 ms, about 127,000. So the load generator pauses.
 */
const REST_MS = 0.5;
const START_MS = 5_000;
const POLL_MS = 20;

const config = (port: number, folder: string) => `listener ${port} 127.0.0.1
allow_anonymous true
user ${userInfo().username}
persistence true
persistence_location ${folder}/
set_tcp_nodelay true
max_inflight_messages 0
max_queued_messages 0
max_queued_bytes 0
log_dest none
log_type none
connection_messages false
`;

export async function startMosquitto(parent: string, program: string): Promise<Server> {
  const folder = join(parent, 'mosquitto');
  await mkdir(folder);
  const port = await freePort();
  const configFile = join(parent, 'mosquitto.conf');
  await writeFile(configFile, config(port, folder));
  const child = spawnOnCore(SERVER_CORE, program, ['-c', configFile]);
  const deadline = systemClock.monotonic() + START_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || systemClock.monotonic() > deadline) throw new Error('mosquitto did not start');
    await new Promise<void>((resolve) => systemClock.after(POLL_MS, resolve));
  }
  const { pid } = child;
  if (pid === undefined) throw new Error('mosquitto has no process id');
  return {
    contestants: [{ name: 'Mosquitto, QoS 1', pid, target: { system: 'mosquitto', port }, restMs: REST_MS }],
    stop: () => stopProcess(child),
  };
}

async function freePort(): Promise<number> {
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
