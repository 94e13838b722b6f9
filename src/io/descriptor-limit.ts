/** How many file descriptors this process may have. */
import { readFileSync } from 'node:fs';

/** Undefined where it is not known: only Linux tells. Node has raised it to the hard limit. */
export function descriptorLimit(): number | undefined {
  try {
    const [, limit] = /^Max open files +(\d+) /m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}
