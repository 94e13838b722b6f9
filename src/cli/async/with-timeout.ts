/** Waiting, but not for ever. */
import type { Clock } from '../../io/clock.js';

/** The wait was longer than allowed. What was waited for may still happen. */
export const TIMED_OUT: unique symbol = Symbol('late');

/** What the promise resolves with, or LATE when that takes longer. Rejects as the promise does. */
export async function withTimeout<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | typeof TIMED_OUT> {
  let giveUp: (late: typeof TIMED_OUT) => void = () => {};
  const late = new Promise<typeof TIMED_OUT>((resolve) => {
    giveUp = resolve;
  });
  const timer = clock.after(ms, () => giveUp(TIMED_OUT));
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.cancel();
  }
}
