/** Processes bound to a core, and their CPU time and memory. Linux only: taskset and /proc. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { systemClock } from '../../src/io/clock.js';

/** The server runs on one core, everything that makes load on the other. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/** Unit of CPU time in /proc: always 100 per second (USER_HZ). */
const TICKS_PER_SECOND = 100;
const STOP_MS = 20_000;

/** User + system time of a process, all threads, in seconds. */
export const processCpuSeconds = (pid: number): number => cpuSeconds(pid, 14);

/** The same for all child processes of this one that have exited. */
export const endedCpuSeconds = (): number => cpuSeconds(process.pid, 16);

/** The same for everything that has run on this machine, interrupts and stolen time included. */
export function allCpuSeconds(): number {
  const [, user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8').split(/\s+/).map(Number);
  return [user, nice, system, irq, softirq, steal].reduce<number>((sum, one) => sum + (one ?? 0), 0) / TICKS_PER_SECOND;
}

/** @param field number of the user time in /proc/PID/stat, from 1; the system time is the next field. */
function cpuSeconds(pid: number, field: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Field 2 is the program name in parentheses and may contain anything; fields 3, 4 … follow it.
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
  /** A file descriptor. Default: empty input. */
  readonly stdin?: number | undefined;
  /** A file descriptor. Default: a pipe. */
  readonly stdout?: number | undefined;
  /** A file descriptor. Default: discarded. */
  readonly stderr?: number | 'pipe';
}

/** Starts a program bound to one core. */
export function spawnOnCore(
  core: number,
  command: string,
  args: readonly string[],
  { env = process.env, stdin, stdout, stderr }: SpawnOptions = {},
): ChildProcess {
  const stdio = [stdin ?? 'ignore', stdout ?? 'pipe', stderr ?? 'ignore'] as const;
  return spawn('taskset', ['--cpu-list', String(core), command, ...args], { stdio: [...stdio], env });
}

/** Sends SIGTERM, and SIGKILL after STOP_MS. Resolves when the process has exited. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = systemClock.after(STOP_MS, () => child.kill('SIGKILL'));
  await exited;
  timer.cancel();
}

/** Runs a program to its end. Resolves with its stdout; rejects with its stderr when the exit code is not 0. */
export async function output(
  core: number,
  command: string,
  args: readonly string[],
  options?: Pick<SpawnOptions, 'env' | 'stdin' | 'stdout'>,
): Promise<string> {
  const child = spawnOnCore(core, command, args, { ...options, stderr: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    stdout += part;
  });
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0) throw new Error(`${command} ${args[0] ?? ''} exited with ${code ?? signal}\n${stderr.slice(-2_000)}`);
  return stdout;
}
