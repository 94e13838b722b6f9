/** Waiting, but not for ever. */
import type { Clock } from '../../io/clock.js';

/** The wait was longer than allowed. What was waited for may still happen. */
export const LATE: unique symbol = Symbol('late');

/** What the promise resolves with, or LATE when that takes longer. Rejects as the promise does. */
export async function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | typeof LATE> {
  let giveUp: (late: typeof LATE) => void = () => {};
  const late = new Promise<typeof LATE>((resolve) => {
    giveUp = resolve;
  });
  const timer = clock.after(ms, () => giveUp(LATE));
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.cancel();
  }
}
