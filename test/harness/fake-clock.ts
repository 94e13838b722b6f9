/** A clock that a test moves. Timers, deferred work and the promises in between run in a deterministic order. */
import type { Clock, Timer } from '../../src/io/clock.js';

export interface FakeClock extends Clock {
  /** Moves the time forward. Each timer runs at its own time, in order, followed by `settle`. */
  advance(ms: number): Promise<void>;
  /** Runs deferred work and the promises in between until nothing is left. The time does not move. */
  settle(): Promise<void>;
  /**
   * A barrier: settles until the condition holds, for work that the fake clock does not control, such as real files. The time
   * does not move. Rejects with an error that contains `what` after 10 s on the real clock.
   */
  until(holds: () => boolean | Promise<boolean>, what: string): Promise<void>;
  /** Sets the wall clock (`now`) forward or back; `monotonic` and the timers are not affected. */
  jump(ms: number): void;
  /** The number of pending timers. */
  readonly timers: number;
}

interface PendingTimer {
  at: number;
  readonly order: number;
  readonly everyMs: number | undefined;
  readonly run: () => void;
}

const UNTIL_TIMEOUT_MS = 10_000;

/** @param startedAt the first value of `now`; ms since 1970. */
export function createFakeClock(startedAt = Date.UTC(2030, 0, 1)): FakeClock {
  let elapsedMs = 0;
  let jumpedMs = 0;
  let orders = 0;
  let deferred: (() => void)[] = [];
  const pending = new Set<PendingTimer>();

  const wait = (ms: number, everyMs: number | undefined, run: () => void): Timer => {
    const timer: PendingTimer = { at: elapsedMs + Math.max(ms, 1), order: orders++, everyMs, run };
    pending.add(timer);
    return { cancel: () => pending.delete(timer) };
  };

  /** The timer that is due first, at `until` at the latest. */
  const next = (until: number): PendingTimer | undefined => {
    let first: PendingTimer | undefined;
    for (const timer of pending) {
      if (timer.at > until) continue;
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  };

  const settle = async (): Promise<void> => {
    for (;;) {
      await turn();
      if (deferred.length === 0) return;
      const due = deferred;
      deferred = [];
      for (const run of due) run();
    }
  };

  return {
    now: () => startedAt + elapsedMs + jumpedMs,
    monotonic: () => elapsedMs,
    after: (ms, run) => wait(ms, undefined, run),
    every: (ms, run) => wait(ms, Math.max(ms, 1), run),
    defer: (run) => {
      deferred.push(run);
    },
    settle,
    async advance(ms) {
      const until = elapsedMs + ms;
      await settle();
      for (let timer = next(until); timer; timer = next(until)) {
        elapsedMs = Math.max(elapsedMs, timer.at);
        if (timer.everyMs === undefined) pending.delete(timer);
        else timer.at += timer.everyMs;
        timer.run();
        await settle();
      }
      elapsedMs = until;
    },
    async until(holds, what) {
      const startedWaitingAt = performance.now();
      for (await settle(); !(await holds()); await settle()) {
        if (performance.now() - startedWaitingAt > UNTIL_TIMEOUT_MS) throw new Error(`timed out waiting until ${what}`);
      }
    },
    jump(ms) {
      jumpedMs += ms;
    },
    get timers() {
      return pending.size;
    },
  };
}

/** One turn of the real event loop: all promises that can settle have settled. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
