/** The closed loop that drives every system in the same way: it keeps the senders' windows full and checks that every message arrives. */
import { systemClock } from '../../src/io/clock.js';
import { Histogram } from './histogram.js';
import { type OpenPair, type Pair, type PairEvents, Progress } from './pair.js';
import { processCpuSeconds, processMiB } from './process.js';
import type { Figures, Work } from './work.js';

const DRAIN_MS = 15_000;
const SLEEP = new Int32Array(new SharedArrayBuffer(4));

/** Runs the work to its end. Rejects when a message is lost, duplicated or out of order, or does not arrive in time. */
export async function runLoad(work: Work, open: OpenPair): Promise<Figures> {
  const load = new Load(work);
  await load.start(open);
  await load.during(work.warmupMs);
  const before = load.snapshot();
  load.isMeasuring = true;
  await load.during(work.measureMs);
  const after = load.snapshot();
  load.isMeasuring = false;
  const total = await load.finish();

  const seconds = (after.at - before.at) / 1_000;
  const done = after.done - before.done;
  const serverSeconds = after.serverCpu - before.serverCpu;
  return {
    messagesPerSecond: done / seconds,
    serverCpuMicros: (serverSeconds / done) * 1e6,
    serverBusy: serverSeconds / seconds,
    loadBusy: (after.loadCpu - before.loadCpu) / seconds,
    serverMiB: processMiB(work.serverPid),
    answer: load.answer.percentiles(),
    receipt: load.receipt.percentiles(),
    total,
  };
}

/** The counters at one moment. */
interface Snapshot {
  readonly at: number;
  readonly done: number;
  readonly serverCpu: number;
  readonly loadCpu: number;
}

class Load {
  readonly answer = new Histogram();
  readonly receipt = new Histogram();
  /** Whether latencies are recorded. */
  isMeasuring = false;
  readonly #work: Work;
  readonly #progress: readonly Progress[];
  #pairs: readonly Pair[] = [];
  #refillIsDue = false;
  /** Set by `finish`: nothing more is sent, and it is called when everything has arrived. */
  #drained: (() => void) | undefined;
  #hasFailed = false;
  #reject: (cause: Error) => void = () => {};
  readonly #failed = new Promise<never>((_, reject) => {
    this.#reject = reject;
  });

  constructor(work: Work) {
    this.#work = work;
    this.#progress = Array.from({ length: work.pairs }, () => new Progress());
  }

  async start(open: OpenPair): Promise<void> {
    this.#pairs = await Promise.all(
      this.#progress.map((progress, index) => open(index, this.#eventsOf(progress, index))),
    );
    this.#refillSoon();
  }

  during(ms: number): Promise<void> {
    return Promise.race([new Promise<void>((resolve) => systemClock.after(ms, resolve)), this.#failed]);
  }

  /** Stops sending, waits until everything has arrived, and disconnects. Resolves with the number of messages. */
  async finish(): Promise<number> {
    const late = systemClock.after(DRAIN_MS, () =>
      this.#fail(new Error(`not all messages arrived:\n${this.#progress.join('\n')}`)),
    );
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    this.#refillSoon();
    await Promise.race([drained, this.#failed]);
    late.cancel();
    await Promise.all(this.#pairs.map((pair) => pair.close()));
    return this.#progress.reduce((sum, { sent }) => sum + sent, 0);
  }

  snapshot(): Snapshot {
    return {
      at: performance.now(),
      done: this.#progress.reduce((sum, { done }) => sum + done, 0),
      serverCpu: processCpuSeconds(this.#work.serverPid),
      loadCpu: processCpuSeconds(process.pid),
    };
  }

  /** Stops sending and rejects the run. */
  #fail(cause: Error): void {
    this.#hasFailed = true;
    this.#reject(cause);
  }

  /** Refills once per turn of the event loop, so that all messages of a turn leave in one write. */
  #refillSoon(): void {
    if (this.#refillIsDue) return;
    this.#refillIsDue = true;
    systemClock.defer(() => {
      this.#refillIsDue = false;
      this.#refill();
    });
  }

  #refill(): void {
    if (this.#hasFailed) return;
    const { unanswered, restMs } = this.#work;
    if (restMs > 0) Atomics.wait(SLEEP, 0, 0, restMs);
    if (this.#drained !== undefined) {
      if (this.#progress.every((progress) => progress.isIdle)) this.#drained();
      return;
    }
    for (const [index, progress] of this.#progress.entries()) {
      const { sent, answered, isIdle } = progress;
      const room = unanswered > 0 ? unanswered - (sent - answered) : Number(isIdle);
      if (room === 0) continue;
      progress.send(room, performance.now());
      this.#pairs[index]?.send(sent, room);
    }
  }

  #eventsOf(progress: Progress, index: number): PairEvents {
    return {
      answered: (count) => {
        const now = performance.now();
        for (let turn = 0; this.isMeasuring && turn < count; turn++) {
          this.answer.record(now - progress.sentAt(progress.answered + turn));
        }
        progress.answered += count;
        this.#refillSoon();
      },
      received: (number) => {
        const expected = progress.received++;
        if (number !== expected) this.#fail(new Error(`pair ${index}: expected message ${expected}, got ${number}`));
        if (this.isMeasuring) this.receipt.record(performance.now() - progress.sentAt(number));
      },
      settled: (count) => {
        progress.settled += count;
        this.#refillSoon();
      },
      failed: (cause) => this.#fail(cause),
    };
  }
}
