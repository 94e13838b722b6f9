/**
 * The processes of the PostgreSQL servers below a folder. Each is a process group of its own, so no signal reaches all of them at
 * once. On Linux they are those whose working directory is below the folder, which also finds what a dead postmaster left behind;
 * elsewhere those whose command line names the folder, and their children.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join, sep } from 'node:path';

const OURS = /^(postgres|initdb)/;

/** Pids, any order. */
export function processesBelow(folder: string): number[] {
  return process.platform === 'linux' ? byWorkingDirectory(folder) : byCommandLine(folder);
}

function byWorkingDirectory(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const directory = `${readlinkSync(`/proc/${pid}/cwd`)}${sep}`;
        return directory.startsWith(`${folder}${sep}`) && OURS.test(readFileSync(`/proc/${pid}/comm`, 'utf8'));
      } catch {
        return false; // it has ended, or belongs to somebody else
      }
    })
    .map(Number);
}

/** Exported for its test, which runs on Linux, too. */
export function byCommandLine(folder: string): number[] {
  const lines = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' }).split('\n');
  const found = new Set<number>();
  for (const line of lines) {
    const [, pid, ppid, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    const isServer = /^\S*\/(postgres|initdb) /.test(command) && command.includes(`${folder}${sep}`);
    // A child has a higher pid than its postmaster, but for pids that have begun again: those are found by the next call.
    if (isServer || found.has(Number(ppid))) found.add(Number(pid));
  }
  return [...found];
}

/** Stops all of them where they are. A server that is frozen still accepts connections, in its kernel. */
export function freeze(folder: string): void {
  // Whoever is frozen starts no more processes. So it is done when nobody new is there.
  const frozen = new Set<number>();
  for (;;) {
    const fresh = processesBelow(folder).filter((pid) => !frozen.has(pid));
    if (fresh.length === 0) return;
    for (const pid of fresh) {
      frozen.add(pid);
      signal(pid, 'SIGSTOP');
    }
  }
}

export function thaw(folder: string): void {
  for (const pid of processesBelow(folder)) signal(pid, 'SIGCONT');
}

/** Ends all of them with SIGKILL, frozen ones as well. */
export function killAll(folder: string): void {
  freeze(folder);
  for (const pid of processesBelow(folder)) signal(pid, 'SIGKILL');
  for (const path of pidFilesBelow(folder)) cleanUp(path);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended
  }
}

/** Those of a server whose folder this is, or of several. */
function pidFilesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return ['', ...readdirSync(folder)]
    .map((name) => join(folder, name, 'data/postmaster.pid'))
    .filter((path) => existsSync(path));
}

/**
 * A killed server leaves two things. Its System V segment, of which a system has few, stays when there is no next start in the same
 * folder. Its pid file would stop that start if another node has got the pid.
 */
function cleanUp(pidFile: string): void {
  const [, segment] = (readFileSync(pidFile, 'utf8').split('\n')[6] ?? '').trim().split(/\s+/);
  rmSync(pidFile);
  if (segment === undefined) return;
  try {
    execFileSync('ipcrm', ['-m', segment], { stdio: 'ignore' });
  } catch {
    // There is no ipcrm here: 56 bytes stay.
  }
}
