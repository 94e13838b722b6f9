/** A wait that ends at a deadline. */
import type { Clock, Timer } from '../../io/clock.js';

/** @throws what `late` makes, when the answer takes longer than until then. */
export async function within<T>(clock: Clock, answer: Promise<T>, deadline: number, late: () => Error): Promise<T> {
  let timer: Timer | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = clock.after(Math.max(deadline - clock.monotonic(), 0), () => reject(late()));
  });
  try {
    return await Promise.race([answer, limit]);
  } finally {
    timer?.cancel();
  }
}
