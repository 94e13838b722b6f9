/** The port to time. The only file that calls Date.now and setTimeout: everything else is given a number or this port. */

export interface Timer {
  cancel(): void;
}

/** The longest delay of a timer, in ms: Node fires a longer one at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

export interface Clock {
  /** ms since 1970; may jump. For what people read: `at` in frames and logs. */
  now(): number;
  /** ms on a clock that never goes back. For deadlines and durations. */
  monotonic(): number;
  after(ms: number, run: () => void): Timer;
  every(ms: number, run: () => void): Timer;
  /** At the end of this turn of the event loop: what gathers until then can leave in one write. */
  defer(run: () => void): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return { cancel: () => clearTimeout(timer) };
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    return { cancel: () => clearInterval(timer) };
  },
  defer: (run) => {
    setImmediate(run);
  },
};
