/** Processes on a core of their own, and what the kernel counts for them. Linux only: taskset and /proc. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { systemClock } from '../../src/io/clock.js';

/** The server has one core, all that makes load the other. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/** The kernel's unit of CPU time in /proc: always 100 a second for programs. */
const TICKS_PER_SECOND = 100;
const STOP_MS = 20_000;

/** User + system time of a process with all its threads, seconds. */
export const processCpuSeconds = (pid: number): number => cpuSeconds(pid, 14);

/** The same of all processes that this one has started and that have ended. */
export const endedCpuSeconds = (): number => cpuSeconds(process.pid, 16);

/** @param field of the two in /proc/PID/stat that count: the first, from 1 on. */
function cpuSeconds(pid: number, field: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in brackets, which may hold anything; after it come fields 3, 4 …
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[field - 3]) + Number(fields[field + 1 - 3])) / TICKS_PER_SECOND;
}

/** Resident memory of a process, MiB. */
export function processMiB(pid: number): number {
  const kiB = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kiB) / 1024;
}

export interface SpawnOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** A file's descriptor. Default: empty. */
  readonly stdin?: number | undefined;
  /** A file's descriptor. Default: thrown away. */
  readonly stderr?: number | 'pipe';
}

/** Starts a program bound to one core. */
export function spawnOnCore(
  core: number,
  command: string,
  args: readonly string[],
  { env = process.env, stdin, stderr }: SpawnOptions = {},
): ChildProcess {
  const stdio = [stdin ?? 'ignore', 'pipe', stderr ?? 'ignore'] as const;
  return spawn('taskset', ['--cpu-list', String(core), command, ...args], { stdio: [...stdio], env });
}

/** SIGTERM, and SIGKILL when that does not help in time. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = systemClock.after(STOP_MS, () => child.kill('SIGKILL'));
  await exited;
  timer.cancel();
}

/** Runs a program to its end and returns what it printed. Fails with what it said on stderr when its exit code is not 0. */
export async function output(
  core: number,
  command: string,
  args: readonly string[],
  options?: Pick<SpawnOptions, 'env' | 'stdin'>,
): Promise<string> {
  const child = spawnOnCore(core, command, args, { ...options, stderr: 'pipe' });
  let said = '';
  let complained = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    complained += part;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0)
    throw new Error(`${command} ${args[0] ?? ''} ended with ${code ?? signal}\n${complained.slice(-2_000)}`);
  return said;
}
