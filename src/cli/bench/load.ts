/** The load of a benchmark: pairs of a sender and a recipient, each sender with a window of unanswered messages. */
import { type ClientPorts, portsFor } from '../../client/ports.js';
import type { TlsTrust } from '../../io/tls-connect.js';
import { Failure } from '../errors/failure.js';
import { Checker, total, type Verdict } from './checker.js';
import { Latencies } from './latencies.js';
import { type Credential, Receiver, Sender, Session, type Shared } from './sessions.js';

/** What is measured. */
export interface Work {
  readonly pairs: number;
  /** Unanswered messages of a sender. */
  readonly window: number;
  /** Bytes of a body. */
  readonly bodyBytes: number;
}

export interface LoadOptions extends Work {
  readonly url: string;
  readonly tls?: TlsTrust | undefined;
  readonly agent: string;
  /** Part of every id: ids of two runs never collide. */
  readonly run: string;
  /** As many as there are pairs. */
  readonly senders: readonly Credential[];
  readonly receivers: readonly Credential[];
  /** Sessions that do nothing beside. */
  readonly idle: readonly Credential[];
  /** Default: the network and the clock of the system. */
  readonly ports?: Partial<ClientPorts>;
}

/** Without an answer, a push or a login for this long, a run does not wait any more. */
const STALL_MS = 30_000;
const STALL_CHECK_MS = 1_000;

/**
 * Stored and not delivered, for each pair: a server that delivers slower than it stores is not filled. Below the limits of a
 * mailbox (src/store/limits.ts), of which one sender has a half.
 */
const MAX_BACKLOG = 20_000;
const MAX_BACKLOG_BYTES = 16 * 1024 * 1024;

/** In place of the random part of the backoff: after a few ms, at most 150, since the server is started again at once. */
const SOON = 0.005;

/** Sessions that connect at the same time. */
const CONNECTING = 64;

/** Send times that are kept: more messages are never on their way (MAX_BACKLOG, and a window). */
const TIMES = 1 << 16;

class Pair {
  readonly checker: Checker;
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly #times = new Float64Array(TIMES);
  /** How many messages it may send in all. */
  limit = 0;

  constructor(load: Load, shared: Shared, index: number, options: LoadOptions) {
    const { bodyBytes, window, run } = options;
    const filler = 'x'.repeat(bodyBytes);
    const bodyOf = (number: number): string => (number + filler).slice(0, bodyBytes);
    const checker = new Checker(bodyOf);
    const backlog = Math.max(window, Math.min(MAX_BACKLOG, Math.floor(MAX_BACKLOG_BYTES / Math.max(bodyBytes, 1))));
    const sender = options.senders[index] as Credential;
    const receiver = options.receivers[index] as Credential;
    const since = (number: number): number => shared.ports.clock.monotonic() - (this.#times[number % TIMES] ?? 0);
    const route = {
      checker,
      bodyOf,
      bodyBytes,
      prefix: `${run}.${index}.`,
      to: receiver.user,
      room: () =>
        Math.min(
          this.limit - checker.sent,
          window - checker.unanswered,
          load.isOffline ? Number.POSITIVE_INFINITY : backlog - (checker.sent - checker.received),
        ),
      sent: (number: number) => {
        this.#times[number % TIMES] = shared.ports.clock.monotonic();
      },
      stored: (number: number) => {
        if (load.isRecording) load.stored.record(since(number));
      },
      delivered: (number: number) => {
        // After a backlog of offline recipients its time may be forgotten, and says nothing.
        if (load.isRecording && !load.isOffline) load.delivered.record(since(number));
        this.sender.wake(); // the backlog is smaller
      },
    };
    this.checker = checker;
    this.sender = new Sender(shared, sender, route);
    this.receiver = new Receiver(shared, receiver, route);
  }
}

export class Load {
  /** From send to stored, and from send to receipt. */
  readonly stored = new Latencies();
  readonly delivered = new Latencies();
  /** Whether latencies are recorded. */
  isRecording = false;
  /** The recipients are away, and no limit but that of the mailbox holds. */
  isOffline = false;
  readonly #pairs: readonly Pair[];
  readonly #idle: readonly Session[];
  readonly #ports: ClientPorts;
  /** The conditions that are waited for. */
  readonly #waiting = new Set<() => void>();
  readonly #failed: Promise<never>;
  #changes = 0;

  constructor(options: LoadOptions) {
    this.#ports = portsFor(options, { random: () => SOON, ...options.ports });
    let fail: (failure: Failure) => void = () => undefined;
    this.#failed = new Promise<never>((_, reject) => {
      fail = reject;
    });
    void Promise.allSettled([this.#failed]); // it may come while nobody waits
    const { url, agent } = options;
    const changed = (): void => {
      this.#changes++;
      for (const check of this.#waiting) check();
    };
    const shared: Shared = { url, agent, ports: this.#ports, changed, failed: (failure) => fail(failure) };
    this.#pairs = Array.from({ length: options.pairs }, (_, index) => new Pair(this, shared, index, options));
    this.#idle = options.idle.map((credential) => new Session(shared, credential));
  }

  /** Resolves when the senders are online. @throws Failure */
  openSenders(): Promise<void> {
    return this.#open(this.#pairs.map(({ sender }) => sender));
  }

  openReceivers(): Promise<void> {
    return this.#open(this.#pairs.map(({ receiver }) => receiver));
  }

  openIdle(): Promise<void> {
    return this.#open(this.#idle);
  }

  /** Begins to log in the recipients. */
  startReceivers(): void {
    for (const { receiver } of this.#pairs) receiver.start();
  }

  /** The senders may send this many messages more, together; 0: none. */
  allow(messages: number): void {
    for (const [index, pair] of this.#pairs.entries()) {
      const share = Math.floor((messages + this.#pairs.length - 1 - index) / this.#pairs.length);
      pair.limit = Number.isFinite(messages) ? pair.checker.sent + share : messages;
      pair.sender.wake();
    }
  }

  get sentCount(): number {
    return this.#sum(({ sent }) => sent);
  }

  get storedCount(): number {
    return this.#sum(({ stored }) => stored);
  }

  get deliveredCount(): number {
    return this.#sum(({ received }) => received);
  }

  verdict(): Verdict {
    return total(this.#pairs.map(({ checker }) => checker.verdict()));
  }

  /** Resolves after this time. @throws Failure when the run cannot go on: also when it has come to a standstill. */
  async during(ms: number): Promise<void> {
    const isOver = new Promise<boolean>((resolve) => this.#ports.clock.after(ms, () => resolve(true)));
    if (!(await this.#orStall(isOver))) throw this.#stalled();
  }

  /** Resolves when the condition holds: true; false when nothing comes any more. @throws Failure when the run cannot go on. */
  async until(holds: () => boolean): Promise<boolean> {
    let check: () => void = () => undefined;
    const reached = new Promise<boolean>((resolve) => {
      check = () => {
        if (holds()) resolve(true);
      };
    });
    this.#waiting.add(check);
    check();
    try {
      return await this.#orStall(reached);
    } finally {
      this.#waiting.delete(check);
    }
  }

  /** @throws Failure when a session is away: then what did not come is not lost. */
  checkConnected(): void {
    if (this.#sessions().some(({ isOnline }) => !isOnline)) throw this.#stalled();
  }

  /** Ends the sessions. */
  async close(): Promise<void> {
    await Promise.all(this.#sessions().map((session) => session.close()));
  }

  async #open(sessions: readonly Session[]): Promise<void> {
    for (let first = 0; first < sessions.length; first += CONNECTING) {
      const some = sessions.slice(first, first + CONNECTING);
      for (const session of some) session.start();
      if (!(await this.until(() => some.every(({ isOnline }) => isOnline)))) throw this.#stalled();
    }
  }

  /** The result; false when nothing has changed for STALL_MS. */
  async #orStall(result: Promise<boolean>): Promise<boolean> {
    const { clock } = this.#ports;
    let seen = this.#changes;
    let changedAt = clock.monotonic();
    let stop: () => void = () => undefined;
    const stalled = new Promise<boolean>((resolve) => {
      const timer = clock.every(STALL_CHECK_MS, () => {
        if (seen !== this.#changes) changedAt = clock.monotonic();
        seen = this.#changes;
        if (clock.monotonic() - changedAt >= STALL_MS) resolve(false);
      });
      stop = () => timer.cancel();
    });
    try {
      return await Promise.race([result, stalled, this.#failed]);
    } finally {
      stop();
    }
  }

  #stalled(): Failure {
    const away = this.#sessions().filter(({ isOnline, isEnded }) => !isOnline && !isEnded);
    const [first] = away;
    if (first === undefined) return new Failure('not-stored', 'the server does not answer any more');
    return new Failure('not-stored', `${away.length} of ${this.#sessions().length} sessions are not connected`, {
      why: first.loss,
      next: 'with many --connections: ulimit -n on both ends, and --max-connections of im serve',
    });
  }

  #sessions(): readonly Session[] {
    return [...this.#pairs.flatMap(({ sender, receiver }) => [sender, receiver]), ...this.#idle];
  }

  #sum(count: (checker: Checker) => number): number {
    return this.#pairs.reduce((all, { checker }) => all + count(checker), 0);
  }
}
