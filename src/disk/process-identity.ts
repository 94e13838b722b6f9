/** Identifies a process although the system reuses pids: by its boot and its start time. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { errorCode } from './disk-errors.js';

export interface ProcessIdentity {
  readonly pid: number;
  /** Start time as text, in a format that depends on the system. Undefined where the system does not provide it. */
  readonly started?: string;
  /** Id of the boot of the system. Undefined where the system does not provide it. */
  readonly boot?: string;
}

/** Looks a process up; undefined when it does not exist. */
export type Identify = (pid: number) => Promise<ProcessIdentity | undefined>;

/** On Linux: from /proc. */
export async function identifyByProc(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ]);
    // The command, in parentheses, may contain anything. After it come the state, 18 more fields, and the start time.
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return { pid, boot: boot.trim(), ...(started && { started }) };
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** On other systems: from `ps`. Without `ps` the pid is all that is known. */
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
    return errorCode(error) === 'EPERM'; // It runs as another user.
  }
}

export const identifyProcess: Identify = (pid) =>
  process.platform === 'linux' ? identifyByProc(pid) : identifyByPs(pid);

/** Whether this process still runs, and its pid is not another process by now. */
export async function isAlive(process: ProcessIdentity, identify: Identify = identifyProcess): Promise<boolean> {
  const now = await identify(process.pid);
  return now !== undefined && now.started === process.started && now.boot === process.boot;
}
