/** `im serve` as users start it: the real command with its defaults, a durable store, nothing switched off. */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LOAD_CORE, output, SERVER_CORE, spawnOnCore, stopProcess } from './process.js';
import type { Server } from './rounds.js';
import { type Credential, PAIRS, type Style } from './work.js';

const IM = join(import.meta.dirname, '../../../bin/run.js');
const STYLES: readonly { name: string; style: Style }[] = [
  { name: 'im, packages', style: 'packages' },
  { name: 'im, single frames', style: 'frames' },
];

/** With `profileFolder`, node writes a CPU profile of the server there when it ends. */
export async function startIm(parent: string, profileFolder?: string): Promise<Server> {
  const data = join(parent, 'im');
  const profile = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const args = [...profile, IM, 'serve', '--data', data, '--port', '0', '--json'];
  const child = spawnOnCore(SERVER_CORE, process.execPath, args);
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`im serve ended with exit code ${code}`)));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as { readonly event?: string; readonly url?: string };
      if (event.event === 'listening' && event.url !== undefined) resolve(event.url);
    });
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('im serve has no process id');
  const senders = await addUsers(data, 'a');
  const receivers = await addUsers(data, 'b');
  return {
    contestants: STYLES.map(({ name, style }) => ({
      name,
      pid,
      target: { system: 'im', url, style, receiving: true, senders, receivers },
      restMs: 0,
    })),
    stop: () => stopProcess(child),
  };
}

async function addUsers(data: string, letter: string): Promise<Credential[]> {
  const names = Array.from({ length: PAIRS }, (_, index) => `${letter}${index}`);
  const args = [IM, 'user', 'add', ...names, '--data', data, '--json'];
  const lines = (await output(LOAD_CORE, process.execPath, args)).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Credential);
}
