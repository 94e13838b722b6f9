/** CPU time and memory of another process, from /proc: Linux only. */
import { readFileSync } from 'node:fs';

/** Unit of CPU time in /proc: always 100 per second (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** User + system time of a process, all threads, in seconds; undefined where it cannot be read. */
export function cpuSeconds(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // Field 2 is the program name in parentheses and may contain anything; fields 3, 4 … follow it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[14 - 3]) + Number(fields[15 - 3])) / TICKS_PER_SECOND;
}

/** Resident memory of a process, bytes; undefined where it cannot be read. */
export function residentBytes(pid: number): number | undefined {
  const kiB = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kiB === undefined ? undefined : Number(kiB) * 1_024;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // not Linux, or the process has ended
  }
}
