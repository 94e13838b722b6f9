/** A timeout for a promise. */
import type { Clock, Timer } from '../../io/clock.js';

/** The result of a promise that took too long. It may still settle later. */
export const TIMED_OUT: unique symbol = Symbol('timed out');

/** Resolves or rejects as `promise` does; resolves with TIMED_OUT if that takes longer than `ms`. */
export async function withTimeout<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | typeof TIMED_OUT> {
  let timer: Timer | undefined;
  const timeout = new Promise<typeof TIMED_OUT>((resolve) => {
    timer = clock.after(ms, () => resolve(TIMED_OUT));
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    timer?.cancel();
  }
}
