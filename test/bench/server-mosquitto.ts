/** Starts Mosquitto with persistence, without queue limits and without a log. */
import { mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort, startListening } from './listening.js';
import type { Server } from './rounds.js';

/**
 * Mosquitto makes one system call per packet. With a client that answers each packet at once it reaches about 95,000 messages/s;
 * with a client that pauses for 0.3 to 1 ms, about 127,000. So the load generator pauses.
 */
const REST_MS = 0.5;

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
  const { pid, stop } = await startListening(port, program, ['-c', configFile]);
  return {
    contestants: [{ name: 'Mosquitto, QoS 1', pid, target: { system: 'mosquitto', port }, restMs: REST_MS }],
    stop,
  };
}
