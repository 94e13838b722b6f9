/** Time as an interface, so that tests control it. The only file that calls Date.now and setTimeout. */

/** A timer that has been started. */
export interface Timer {
  /** Does nothing when it has fired already. */
  cancel(): void;
}

/** The longest delay of a timer, in ms: Node fires a longer one at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

export interface Clock {
  /** Wall-clock time, ms since 1970; may jump. For times that people read: `at` in frames, and the log. */
  now(): number;
  /** ms on a clock that never goes backwards. For deadlines and durations. */
  monotonic(): number;
  after(ms: number, run: () => void): Timer;
  every(ms: number, run: () => void): Timer;
  /** Calls `run` at the end of this turn of the event loop, so that everything written until then leaves in one write. */
  defer(run: () => void): void;
}

/** The clock and timers of the system. */
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
