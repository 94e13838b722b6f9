/** Tells processes apart although the system uses their numbers again: by the boot and the moment at which they started. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { errorCode } from './disk-errors.js';

export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own words. Undefined where the system does not tell. */
  readonly started?: string;
  /** Which boot of the system it belongs to. Undefined as above. */
  readonly boot?: string;
}

/** Asks the system about a process; undefined when there is no such process. */
export type Identify = (pid: number) => Promise<ProcessIdentity | undefined>;

/** Linux says all of it in /proc. */
export async function identifyByProc(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // The command, in brackets, may hold anything; the state and 18 more fields stand between it and the start time.
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return { pid, boot: boot.trim(), ...(started && { started }) };
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Other systems have `ps`. Where not even that exists, a process is known by its number alone. */
export async function identifyByPs(pid: number): Promise<ProcessIdentity | undefined> {
  if (!isRunning(pid)) return undefined;
  const started = await new Promise<string>((resolve) => {
    execFile('ps', ['-o', 'lstart=', '-p', String(pid)], { env: { LC_ALL: 'C' } }, (_, stdout) =>
      resolve(stdout.trim()),
    );
  });
  return { pid, ...(started && { started }) };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM'; // It runs, as somebody else.
  }
}

export const identifyProcess: Identify = (pid) =>
  process.platform === 'linux' ? identifyByProc(pid) : identifyByPs(pid);

/** Whether this very process still runs, not another one with its number. */
export async function isAlive(process: ProcessIdentity, identify: Identify = identifyProcess): Promise<boolean> {
  const now = await identify(process.pid);
  return now !== undefined && now.started === process.started && now.boot === process.boot;
}
