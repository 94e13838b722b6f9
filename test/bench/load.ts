/** The closed loop that drives every system alike: keeps the senders' windows full, checks that all arrive, and measures. */
import { systemClock } from '../../src/io/clock.js';
import { Histogram } from './histogram.js';
import { processCpuSeconds, processMiB } from './process.js';
import type { Figures, Work } from './work.js';

/** One sender and its receiver, connected to a system. */
export interface Pair {
  /** Sends messages number `first` to `first + count - 1`, in one write. */
  send(first: number, count: number): void;
  close(): Promise<void>;
}

/** What a pair tells the loop. */
export interface PairEvents {
  /** The server has answered the sender for this many messages more. */
  answered(count: number): void;
  /** The receiver got message `number` and acks it. */
  received(number: number): void;
  /** The system is done with this many messages more: the ack arrived, as far as its protocol tells. */
  settled(count: number): void;
  failed(cause: Error): void;
}

export type OpenPair = (index: number, events: PairEvents) => Promise<Pair>;

/** Send times are kept for as many messages as can ever be under way. */
const TIMES = 1 << 16;
const DRAIN_MS = 15_000;
const SLEEP = new Int32Array(new SharedArrayBuffer(4));
const STATES = ['sent', 'answered', 'received', 'settled'];

const wait = (ms: number) => new Promise<void>((resolve) => systemClock.after(ms, resolve));

class Progress {
  pair: Pair | undefined;
  sent = 0;
  answered = 0;
  received = 0;
  settled = 0;
  readonly times = new Float64Array(TIMES);

  /** Messages that count. */
  get done(): number {
    return Math.min(this.answered, this.received);
  }

  get idle(): boolean {
    return this.answered === this.sent && this.received === this.sent && this.settled === this.sent;
  }
}

/** Runs the work to its end. Fails when a message is lost, doubled or out of order, or when the rest does not arrive. */
export async function runLoad(work: Work, open: OpenPair): Promise<Figures> {
  const pairs = Array.from({ length: work.pairs }, () => new Progress());
  const answer = new Histogram();
  const receipt = new Histogram();
  let phase: 'warm-up' | 'measuring' | 'draining' = 'warm-up';
  let refillDue = false;
  let fail: (cause: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  let drain = () => {};
  const drained = new Promise<void>((resolve) => {
    drain = resolve;
  });

  const refill = () => {
    refillDue = false;
    if (work.restMs > 0) Atomics.wait(SLEEP, 0, 0, work.restMs);
    if (phase === 'draining') {
      if (pairs.every((pair) => pair.idle)) drain();
      return;
    }
    for (const progress of pairs) {
      const underWay = progress.sent - progress.answered;
      const room = work.unanswered > 0 ? work.unanswered - underWay : Number(progress.idle);
      if (room === 0) continue;
      const now = performance.now();
      const first = progress.sent;
      for (let number = first; number < first + room; number++) progress.times[number % TIMES] = now;
      progress.sent += room;
      progress.pair?.send(first, room);
    }
  };
  /** Once for all that happens in this turn, so that what leaves in one turn leaves in one write. */
  const refillSoon = () => {
    if (refillDue) return;
    refillDue = true;
    systemClock.defer(refill);
  };

  const eventsOf = (progress: Progress, index: number): PairEvents => ({
    answered(count) {
      if (phase === 'measuring') {
        const now = performance.now();
        for (let number = progress.answered; number < progress.answered + count; number++) {
          answer.record(now - (progress.times[number % TIMES] ?? 0));
        }
      }
      progress.answered += count;
      refillSoon();
    },
    received(number) {
      if (number !== progress.received) {
        fail(new Error(`pair ${index}: message ${number} came when ${progress.received} was due`));
      }
      if (phase === 'measuring') receipt.record(performance.now() - (progress.times[number % TIMES] ?? 0));
      progress.received++;
      if (progress.sent - progress.received >= TIMES) fail(new Error(`pair ${index}: too far behind to be measured`));
    },
    settled(count) {
      progress.settled += count;
      refillSoon();
    },
    failed: (cause) => fail(cause),
  });
  const passed = (ms: number) => Promise.race([wait(ms), failed]);
  const snapshot = () => ({
    at: performance.now(),
    done: pairs.reduce((sum, pair) => sum + pair.done, 0),
    serverCpu: processCpuSeconds(work.serverPid),
    loadCpu: processCpuSeconds(process.pid),
  });

  await Promise.all(
    pairs.map(async (progress, index) => {
      progress.pair = await open(index, eventsOf(progress, index));
    }),
  );
  refillSoon();
  await passed(work.warmupMs);
  const before = snapshot();
  phase = 'measuring';
  await passed(work.measureMs);
  const after = snapshot();
  phase = 'draining';
  refillSoon();
  const late = systemClock.after(DRAIN_MS, () => fail(new Error(`not all arrived: ${JSON.stringify(pairs, STATES)}`)));
  await Promise.race([drained, failed]);
  late.cancel();
  const serverMiB = processMiB(work.serverPid);
  await Promise.all(pairs.map((progress) => progress.pair?.close()));

  const seconds = (after.at - before.at) / 1_000;
  const done = after.done - before.done;
  const serverSeconds = after.serverCpu - before.serverCpu;
  return {
    messagesPerSecond: done / seconds,
    serverCpuMicros: (serverSeconds / done) * 1e6,
    serverBusy: serverSeconds / seconds,
    loadBusy: (after.loadCpu - before.loadCpu) / seconds,
    serverMiB,
    answer: answer.percentiles(),
    receipt: receipt.percentiles(),
    total: pairs.reduce((sum, pair) => sum + pair.sent, 0),
  };
}
