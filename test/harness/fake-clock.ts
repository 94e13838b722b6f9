/** A clock that moves only when told: timers, deferred work and the promises between them run in one fixed order. */
import type { Clock, Timer } from '../../src/io/clock.js';

export interface FakeClock extends Clock {
  /**
   * Moves the time forward, stopping at each timer that falls due: each runs at its own time, in order, and all that it
   * sets off (see `settle`) runs before the next.
   */
  advance(ms: number): Promise<void>;
  /** Runs what is deferred, what that defers in turn, and the promises between, until nothing is left. Time stands still. */
  settle(): Promise<void>;
  /**
   * A barrier: settles until the condition holds, for work that the fake clock does not rule, such as real files. Time
   * stands still. Rejects, naming `what`, when the real clock has gone on for 10 s.
   */
  until(holds: () => boolean | Promise<boolean>, what: string): Promise<void>;
  /** The wall clock jumps (`now`), as when somebody sets it; `monotonic` and the timers do not notice. */
  jump(ms: number): void;
  /** Timers that wait. */
  readonly timers: number;
}

interface Waiting {
  at: number;
  readonly order: number;
  readonly everyMs: number | undefined;
  readonly run: () => void;
}

const GIVE_UP_MS = 10_000;

/** `startedAt`: what `now` says at first, in ms since 1970. */
export function createFakeClock(startedAt = Date.UTC(2030, 0, 1)): FakeClock {
  let elapsedMs = 0;
  let jumpedMs = 0;
  let orders = 0;
  let deferred: (() => void)[] = [];
  const waiting = new Set<Waiting>();

  const wait = (ms: number, everyMs: number | undefined, run: () => void): Timer => {
    const timer: Waiting = { at: elapsedMs + Math.max(ms, 1), order: orders++, everyMs, run };
    waiting.add(timer);
    return { cancel: () => waiting.delete(timer) };
  };

  /** The timer that falls due first, if one does by `until`. */
  const next = (until: number): Waiting | undefined => {
    let first: Waiting | undefined;
    for (const timer of waiting) {
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
        if (timer.everyMs === undefined) waiting.delete(timer);
        else timer.at += timer.everyMs;
        timer.run();
        await settle();
      }
      elapsedMs = until;
    },
    async until(holds, what) {
      const begun = performance.now();
      for (await settle(); !(await holds()); await settle()) {
        if (performance.now() - begun > GIVE_UP_MS) throw new Error(`waited in vain until ${what}`);
      }
    },
    jump(ms) {
      jumpedMs += ms;
    },
    get timers() {
      return waiting.size;
    },
  };
}

/** One turn of the real event loop: every promise that can go on has gone on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
