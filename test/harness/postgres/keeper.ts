/**
 * The keeper of a folder with PostgreSQL servers: a process that waits for the end of its stdin, which is the end of the tests
 * that started it, however they ended; kill -9 included. Then it kills the servers, frozen ones as well, and removes the folder.
 * argv: the folder.
 */
import { rm } from 'node:fs/promises';
import { killAll, processesBelow } from './processes.js';

const folder = process.argv[2] as string;

process.stdin.resume().once('close', async () => {
  killAll(folder);
  // A killed process may still be writing for a moment.
  while (processesBelow(folder).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await rm(folder, { recursive: true, force: true });
});
