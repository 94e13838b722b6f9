/** `im bench`: opens a server, puts a load on it, measures, judges, and leaves nothing behind. */
import { resolve } from 'node:path';
import type { OperatorOptions } from '../../client/api/operator-client.js';
import type { Clock, Timer } from '../../io/clock.js';
import { MAILBOX } from '../../store/limits.js';
import { safe } from '../../text/safe-text.js';
import { isInMemory, timeAppends } from '../doctor/append-time.js';
import type { Exit } from '../errors/exit-codes.js';
import { Failure } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import { Progress } from '../output/progress.js';
import { openFilesLimit } from '../serve/open-files.js';
import { type BenchServer, type OwnServer, openForeignServer, openOwnServer } from './bench-server.js';
import { benchUsers } from './bench-users.js';
import { Killer } from './killer.js';
import type { Latencies } from './latencies.js';
import { Load, type Work } from './load.js';
import { cpuSeconds, residentBytes } from './process-figures.js';
import { type Phase, type Result, reportLines, reportObject, type Times, verdictFailure } from './report.js';

export interface BenchOptions extends Work {
  /** How long is measured, ms. A fifth of it comes before, not measured. Not used with `offline`. */
  readonly measureMs: number;
  /** Store this many messages while the recipients are away, then let them come. */
  readonly offline: number | undefined;
  /** Idle sessions beside. */
  readonly connections: number;
  /** Of the own server; undefined: never. */
  readonly killEveryMs: number | undefined;
  /** In which the temporary folder of the own server is made. Default: that of the system. */
  readonly folder: string | undefined;
  /** A server that runs already, and whether it may have users of other people. */
  readonly foreign: { readonly login: OperatorOptions; readonly isShared: boolean } | undefined;
}

export interface BenchPorts {
  readonly output: Output;
  readonly clock: Clock;
  /** Ends the run. */
  readonly signal: Promise<Exit>;
  /** The path of `im`. */
  readonly program: string;
  readonly agent: string;
}

const APPENDS = 500;
const PROGRESS_MS = 250;

/** How long the server is asked whether the last acks are on disk. */
const SETTLE_TRIES = 50;
const SETTLE_MS = 100;

/** For the server's own files, and what else a process opens. */
const OTHER_FILES = 1_024;

/** Each end of a connection is an open file: beyond the limit the sessions would wait for ever. @throws Failure `usage` */
function refuseTooMany(connections: number): void {
  const limit = openFilesLimit();
  if (connections === 0 || connections + OTHER_FILES <= limit) return;
  throw new Failure('usage', `${connections} connections need more files than this process may open`, {
    why: `its limit is ${limit}`,
    next: 'raise it with ulimit -n, or give a lower --connections',
  });
}

/** Resolves with how it ended. @throws Failure when a promise was broken, and when it could not be carried out. */
export async function bench(options: BenchOptions, ports: BenchPorts): Promise<Exit> {
  const { output, signal } = ports;
  refuseTooMany(options.connections);
  const opening = open(options, ports);
  let load: Load | undefined;
  try {
    const server = await Promise.race([opening, signal]);
    if (typeof server === 'string') return server;
    const run = new Run(options, ports, server);
    const result = await Promise.race([
      run.measure((made) => {
        load = made;
      }),
      signal,
      server.own?.broken ?? NEVER,
    ]);
    if (typeof result === 'string') return result;
    if (output.json) await output.object(reportObject(result));
    else for (const line of reportLines(result)) await output.line(line);
    const failure = verdictFailure(result.verdict, result.unacked);
    if (failure === undefined) return 'done';
    throw new Failure('unexpected', failure, { next: 'please report it, with this output and the version of im' });
  } finally {
    const [opened] = await Promise.allSettled([opening]);
    if (opened.status === 'fulfilled') {
      // Nobody is logged out by a server that is gone: then nothing has to be waited for.
      if (opened.value.own === undefined) await load?.close();
      await opened.value.close();
    }
    await load?.close();
  }
}

const NEVER = new Promise<never>(() => undefined);

function open({ foreign, offline, pairs, bodyBytes, folder }: BenchOptions, ports: BenchPorts): Promise<BenchServer> {
  if (foreign !== undefined)
    return openForeignServer(foreign.login, foreign.isShared, (text) => ports.output.note(text));
  // One sender may fill this part of a mailbox.
  const share = Math.ceil(Math.ceil((offline ?? 0) / pairs) / MAILBOX.maxShareOfOneSender) + 2;
  const atLeast = (limit: number, needed: number): string => String(Math.max(limit, needed));
  const flags = [
    ...['--max-undelivered', atLeast(MAILBOX.maxUndelivered, share)],
    ...['--max-undelivered-bytes', atLeast(MAILBOX.maxUndeliveredBytes, share * bodyBytes)],
  ];
  return openOwnServer(ports.program, flags, folder === undefined ? undefined : resolve(folder));
}

class Run {
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #progress: Progress;
  readonly #own: OwnServer | undefined;

  constructor(
    private readonly options: BenchOptions,
    private readonly ports: BenchPorts,
    private readonly server: BenchServer,
  ) {
    this.#output = ports.output;
    this.#clock = ports.clock;
    this.#progress = new Progress(ports.output, ports.clock, '');
    this.#own = server.own;
  }

  /** @param made called with the load, which has to be closed. */
  async measure(made: (load: Load) => void): Promise<Result> {
    const { pairs, connections, window, bodyBytes, offline } = this.options;
    const { users, login } = this.server;
    const run = this.#clock.now().toString(36);
    const receiverNames = benchUsers(run, 'b', pairs);
    const names = [...benchUsers(run, 'a', pairs), ...receiverNames, ...benchUsers(run, 'c', connections)];
    const datasync = this.#own && timeAppends(this.#own.folder, APPENDS);
    const credentials = await users.add(names);
    const load = new Load({
      ...{ pairs, window, bodyBytes, run },
      ...{ url: login.url, tls: login.tls, agent: this.ports.agent },
      senders: credentials.slice(0, pairs),
      receivers: credentials.slice(pairs, 2 * pairs),
      idle: credentials.slice(2 * pairs),
    });
    made(load);
    await load.openIdle();
    await load.openSenders();
    const killer = new Killer(this.#own, this.options.killEveryMs, this.#clock);
    const phases = await killer.during(offline === undefined ? this.#live(load) : this.#offline(load, offline));
    if (!(await load.until(() => isComplete(load)))) load.checkConnected(); // until then something was on its way
    const serverBytes = this.#own && residentBytes(this.#own.pid);
    await load.close();
    return {
      work: { pairs, window, bodyBytes },
      url: login.url,
      own: this.#own && {
        folder: this.#own.folder,
        isInMemory: await isInMemory(this.#own.folder),
        datasync: { p50: at(datasync ?? [], 0.5), p99: at(datasync ?? [], 0.99) },
        residentBytes: serverBytes,
        ...(this.options.killEveryMs !== undefined && { kills: this.#own.kills }),
      },
      connections,
      phases,
      stored: timesOf(load.stored),
      delivered: timesOf(load.delivered),
      verdict: load.verdict(),
      unacked: await this.#untilAcked(receiverNames),
    };
  }

  async #live(load: Load): Promise<readonly Phase[]> {
    const { measureMs } = this.options;
    const warmupMs = measureMs / 5;
    await load.openReceivers();
    load.allow(Number.POSITIVE_INFINITY);
    const done = (): number => Math.min(load.storedCount, load.deliveredCount);
    const showing = this.#show(warmupMs + measureMs, done);
    try {
      await load.during(warmupMs);
      load.isRecording = true;
      return [await this.#phase('live', done, () => load.during(measureMs))];
    } finally {
      load.isRecording = false;
      load.allow(0);
      showing.cancel();
    }
  }

  async #offline(load: Load, messages: number): Promise<readonly Phase[]> {
    const show = (what: string, done: () => number): Timer =>
      this.#clock.every(PROGRESS_MS, () => this.#progress.update(done(), messages, what));
    const all = async (done: () => number): Promise<void> => {
      if (!(await load.until(() => done() === messages)))
        this.#output.note(safe`im: nothing comes any more after ${done()} of ${messages} messages`);
    };
    const part = async (name: 'store' | 'drain', done: () => number, begin: () => void): Promise<Phase> => {
      const showing = show(name === 'store' ? 'stored' : 'drained', done);
      try {
        return await this.#phase(name, done, () => {
          begin();
          return all(done);
        });
      } finally {
        showing.cancel();
      }
    };
    load.isOffline = true;
    load.isRecording = true;
    const stored = await part(
      'store',
      () => load.storedCount,
      () => load.allow(messages),
    );
    load.isRecording = false;
    const drained = await part(
      'drain',
      () => load.deliveredCount,
      () => load.startReceivers(),
    );
    return [stored, drained];
  }

  /** Measures while `work` runs. */
  async #phase(name: Phase['name'], done: () => number, work: () => Promise<void>): Promise<Phase> {
    const before = this.#snapshot(done);
    await work();
    const after = this.#snapshot(done);
    const seconds = (after.at - before.at) / 1_000;
    const messages = after.done - before.done;
    // Another process has done a part of the work, if it was killed.
    const isKnown = before.pid === after.pid && before.serverCpu !== undefined && after.serverCpu !== undefined;
    const serverSeconds = isKnown ? (after.serverCpu ?? 0) - (before.serverCpu ?? 0) : undefined;
    return {
      name,
      messages,
      seconds,
      messagesPerSecond: messages / seconds,
      serverMicros: serverSeconds === undefined || messages === 0 ? undefined : (serverSeconds / messages) * 1e6,
      serverBusy: serverSeconds === undefined ? undefined : serverSeconds / seconds,
      loadBusy: (after.loadCpu - before.loadCpu) / seconds,
    };
  }

  #snapshot(done: () => number) {
    const { user, system } = process.cpuUsage();
    const pid = this.#own?.pid;
    return {
      at: this.#clock.monotonic(),
      done: done(),
      pid,
      serverCpu: pid === undefined ? undefined : cpuSeconds(pid),
      loadCpu: (user + system) / 1e6,
    };
  }

  /** Shows the time that is left, and the messages per second since the last line. */
  #show(totalMs: number, done: () => number): Timer {
    const startedAt = this.#clock.monotonic();
    const seconds = (ms: number): number => Math.round(ms / 1_000);
    let last = { at: startedAt, done: done() };
    return this.#clock.every(PROGRESS_MS, () => {
      const now = { at: this.#clock.monotonic(), done: done() };
      const speed = ((now.done - last.done) / Math.max(now.at - last.at, 1)) * 1_000;
      last = now;
      const what = `s, ${Math.round(speed).toLocaleString('en')} messages/s`;
      this.#progress.update(seconds(now.at - startedAt), seconds(totalMs), what);
    });
  }

  /** An ack is answered when it is on disk, perhaps after the last session has ended. Resolves with what is left. */
  async #untilAcked(names: readonly string[]): Promise<number> {
    for (let tries = 1; ; tries++) {
      const left = await this.server.users.undelivered(names);
      if (left === 0 || tries === SETTLE_TRIES) return left;
      await new Promise<void>((next) => this.#clock.after(SETTLE_MS, next));
    }
  }
}

const isComplete = (load: Load): boolean =>
  load.storedCount === load.sentCount && load.deliveredCount === load.sentCount;

const timesOf = (latencies: Latencies): Times | undefined => {
  const summary = latencies.summary();
  return summary && { summary, bars: latencies.bars() };
};

/** A percentile of sorted values. */
const at = (sorted: readonly number[], part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
