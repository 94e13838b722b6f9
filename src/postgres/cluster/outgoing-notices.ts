/** What waits to be sent to other servers, and what was sent lately, for those that may have missed it. */
import type { Clock, Timer } from '../../io/clock.js';
import type { Listener } from '../database/database.js';
import { BUS } from '../limits.js';
import { channelOf, toPayloads } from './bus-items.js';

/** Encoded items that were sent, and to whom. */
interface Sent {
  /** When the first was sent, by the monotonic clock. */
  readonly since: number;
  readonly items: { readonly json: string; readonly servers: readonly string[] }[];
  length: number;
}

const NOTHING_SENT: Sent = { since: 0, items: [], length: 0 };

const NOTIFY = {
  name: 'notify',
  text: 'SELECT pg_notify(channel, payload) FROM unnest($1::text[], $2::text[]) AS given (channel, payload)',
};

export class OutgoingNotices {
  /** Encoded items by server, and how many characters of them. */
  #waiting = new Map<string, string[]>();
  #waitingLength = 0;
  #recent: Sent = { since: 0, items: [], length: 0 };
  #older: Sent = NOTHING_SENT;
  #flushing: Promise<void> | undefined;
  #isScheduled = false;
  #timer: Timer | undefined;
  #flushedAt = Number.NEGATIVE_INFINITY;

  /** @param listener the connection; undefined: none yet. */
  constructor(
    private readonly clock: Clock,
    private readonly listener: () => Listener | undefined,
  ) {}

  /** @param isKept whether they may be sent again to a server that asks. */
  add(items: readonly string[], servers: readonly string[], { isKept }: { readonly isKept: boolean }): void {
    for (const json of items) {
      this.#enqueue(json, servers);
      if (isKept) this.#keep(json, servers);
    }
    this.flushSoon();
  }

  /** Sends again what this server was sent in the last BUS.keptMs, as far as it is kept. */
  repeat(server: string): void {
    this.#forget();
    for (const { json, servers } of [...this.#older.items, ...this.#recent.items])
      if (servers.includes(server)) this.#enqueue(json, [server]);
    this.flushSoon();
  }

  /** At the end of this turn of the event loop, but not less than BUS.gatherMs after the last time. */
  flushSoon(): void {
    if (this.#flushing !== undefined || this.#isScheduled || !this.listener()?.isConnected) return;
    this.#isScheduled = true;
    const flush = (): void => {
      this.#isScheduled = false;
      void this.#flush();
    };
    const pause = this.#flushedAt + BUS.gatherMs - this.clock.monotonic();
    if (pause > 0) this.#timer = this.clock.after(pause, flush);
    else this.clock.defer(flush);
  }

  /** Resolves when all is sent, or there is no connection. */
  async flushAll(): Promise<void> {
    this.#timer?.cancel();
    await this.#flushing;
    while (this.#waiting.size > 0 && this.listener()?.isConnected) await this.#flush();
  }

  /** One statement at a time. What is lost with its connection is told again with the next one, as far as it is kept. */
  #flush(): Promise<void> {
    if (this.#flushing !== undefined) return this.#flushing;
    const waiting = this.#waiting;
    const listener = this.listener();
    if (waiting.size === 0 || !listener?.isConnected) return Promise.resolve();
    this.#waiting = new Map();
    this.#waitingLength = 0;
    this.#flushedAt = this.clock.monotonic();
    const sent = [...waiting].flatMap(([server, items]) => toPayloads(items).map((payload) => ({ server, payload })));
    const values = [sent.map(({ server }) => channelOf(server)), sent.map(({ payload }) => payload)];
    const done = (): void => {
      this.#flushing = undefined;
      if (this.#waiting.size > 0) this.flushSoon();
    };
    this.#flushing = listener.query(NOTIFY, values).then(done, done);
    return this.#flushing;
  }

  #enqueue(json: string, servers: readonly string[]): void {
    for (const server of servers) {
      const items = this.#waiting.get(server);
      if (items?.at(-1) === json || this.#waitingLength + json.length > BUS.maxWaiting) continue; // Nudged already; full.
      if (items === undefined) this.#waiting.set(server, [json]);
      else items.push(json);
      this.#waitingLength += json.length;
    }
  }

  /** For twice BUS.keptMs at most; for BUS.keptMs at least, unless they are more than BUS.maxKept. */
  #keep(json: string, servers: readonly string[]): void {
    this.#forget();
    this.#recent.items.push({ json, servers });
    this.#recent.length += json.length;
  }

  #forget(): void {
    const now = this.clock.monotonic();
    if (now - this.#recent.since <= BUS.keptMs && this.#recent.length <= BUS.maxKept) return;
    this.#older = now - this.#recent.since > 2 * BUS.keptMs ? NOTHING_SENT : this.#recent;
    this.#recent = { since: now, items: [], length: 0 };
  }
}
