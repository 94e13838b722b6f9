/** Runs tasks of the load generator in a child process on LOAD_CORE. */
import { join } from 'node:path';
import { systemClock } from '../../src/io/clock.js';
import { LOAD_CORE, output } from './process.js';
import type { Credential, Drained, Figures, LibraryDrain, LibraryDrained, Task, Work } from './work.js';

/** A unique name for a run: message ids of two runs never collide, even on the same server. */
export const nameRun = (): string => systemClock.now().toString(36);

export const runLoadProcess = (work: Work): Promise<Figures> => perform({ task: 'load', work });

export const drainMailbox = (url: string, credential: Credential): Promise<Drained> =>
  perform({ task: 'drain', url, credential });

export const drainWithLibrary = (work: LibraryDrain): Promise<LibraryDrained> => perform({ task: 'library', work });

async function perform<T>(task: Task): Promise<T> {
  const program = join(import.meta.dirname, 'load-process.js');
  return JSON.parse(await output(LOAD_CORE, process.execPath, [program, JSON.stringify(task)])) as T;
}
