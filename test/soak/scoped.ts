/** What the soak scripts share: processes that end with a story, and waiting. */
import { systemClock } from '../../src/io/clock.js';
import type { Scope } from '../harness/process.js';

/** Runs a story. At its end, everything it has registered is cleaned up, the newest first. */
export async function scoped<T>(tell: (scope: Scope) => Promise<T>): Promise<T> {
  const ends: (() => Promise<unknown>)[] = [];
  try {
    return await tell({ after: (end) => ends.push(end) });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => void systemClock.after(ms, resolve));

/** Resolves with whether the promise resolved in time. */
export function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = systemClock.after(ms, () => resolve(false));
    promise.then(() => {
      timer.cancel();
      resolve(true);
    }, reject);
  });
}

export function shuffle<T>(items: readonly T[], below: (bound: number) => number): T[] {
  const shuffled = [...items];
  for (let index = shuffled.length - 1; index > 0; index--) {
    const other = below(index + 1);
    [shuffled[index], shuffled[other]] = [shuffled[other] as T, shuffled[index] as T];
  }
  return shuffled;
}
