/** Starts NATS with JetStream in files: as it comes, and, where the version can do that, with a sync for each message. */
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, startListening } from './listening.js';
import type { Server } from './rounds.js';

const config = (port: number, folder: string, more: string) => `host: 127.0.0.1
port: ${port}
jetstream { store_dir: "${folder}"${more} }
`;

/** One server for each way to sync. */
export async function startNats(parent: string, program: string): Promise<readonly Server[]> {
  const asItComes = await start(parent, program, 'NATS JetStream', '');
  return [asItComes, ...(await startSynced(parent, program))];
}

async function startSynced(parent: string, program: string): Promise<readonly Server[]> {
  const more = ', sync_interval: always';
  const file = join(parent, 'nats-check.conf');
  await writeFile(file, config(4222, parent, more));
  try {
    execFileSync(program, ['-t', '-c', file], { stdio: 'ignore' });
  } catch {
    return []; // this version cannot do it
  }
  return [await start(parent, program, 'NATS, synced', more)];
}

async function start(parent: string, program: string, name: string, more: string): Promise<Server> {
  const folder = join(parent, more === '' ? 'nats' : 'nats-synced');
  await mkdir(folder);
  const port = await freePort();
  const file = `${folder}.conf`;
  await writeFile(file, config(port, folder, more));
  const { pid, stop } = await startListening(port, program, ['-c', file]);
  return { contestants: [{ name, pid, target: { system: 'nats', port }, restMs: 0 }], stop };
}
