/** `im send`: keeps the pipe to the server full, prints what was stored, in order, and says what became of the rest. */
import { type Client, Unsendable } from '../client/client.js';
import type { ClientEvent } from '../client/events.js';
import type { Clock, Timer } from '../io/clock.js';
import type { ErrorFrame } from '../protocol/frames/error.js';
import { SESSION } from '../protocol/limits.js';
import { inline, safe } from '../text/safe-text.js';
import { failureOf } from './client-end.js';
import { formatDuration } from './duration.js';
import type { Exit } from './exit-codes.js';
import { Failure } from './failure.js';
import type { Item } from './message-source.js';
import type { Output } from './output.js';

export interface SendJob {
  readonly from: string;
  readonly to: string;
  /** In whatever portions they come. */
  readonly items: AsyncIterable<readonly Item[]>;
  /** Whether there is but one message: then there are no lines to speak of. */
  readonly isSingle: boolean;
  /** What each message has to reach. */
  readonly wait: 'stored' | 'delivered';
  /** How long each message may take for it. */
  readonly timeoutMs: number;
}

export interface SendPorts {
  readonly client: Client;
  readonly output: Output;
  readonly clock: Clock;
  /** Somebody wants it to end. */
  readonly signal: Promise<Exit>;
}

/** More than the window, so that the client always has the next ones at hand. */
const MAX_PENDING = 2 * SESSION.window;

const NEVER = Number.POSITIVE_INFINITY;

/**
 * Resolves when every message has reached what it should.
 * @throws Failure at once when one is not stored in time, since later ones to the same target cannot overtake it (R16), or
 *   when the client ends, or at the signal.
 * @throws Failure at the end when some were refused, or stored and not delivered in time: that of the first of them.
 */
export function sendAll(job: SendJob, ports: SendPorts): Promise<void> {
  return new Promise((resolve, reject) => {
    // Reading standard input may take for ever: what ends the work early ends it here.
    ports.client.ended.then((end) => reject(failureOf(end, job.from)));
    ports.signal.then((exit) => reject(new Failure(exit, 'ended before everything was answered')));
    new Sending(job, ports, reject).run().then(resolve, reject);
  });
}

/** A message on its way, and when it should have reached what it has to, on the clock that never goes back. */
interface Pending {
  readonly line: number;
  readonly due: number;
}

class Sending {
  /** By id, oldest first. */
  readonly #unstored = new Map<string, Pending>();
  readonly #undelivered = new Map<string, Pending>();
  #count = 0;
  #failed = 0;
  #firstFailure: Failure | undefined;
  /** Why the server does not take what it is sent: it cannot be reached, or it refuses for now. */
  #trouble: { readonly why: string; readonly refusal?: ErrorFrame } = { why: 'the server has not answered' };
  #timer: Timer | undefined;
  #written: Promise<void> = Promise.resolve();
  /** Called when no more than `#enough` messages are pending. */
  #wake: (() => void) | undefined;
  #enough = 0;

  constructor(
    private readonly job: SendJob,
    private readonly ports: SendPorts,
    private readonly giveUp: (failure: Failure) => void,
  ) {
    ports.client.subscribe((event) => this.#heard(event));
  }

  async run(): Promise<void> {
    for await (const portion of this.job.items) {
      for (const item of portion) {
        if (this.#pending >= MAX_PENDING) await this.#untilPending(MAX_PENDING / 2);
        this.#send(item);
      }
      await this.#written; // Whoever reads the ids sets the pace.
    }
    await this.#untilPending(0);
    this.#timer?.cancel();
    await this.#written;
    this.#conclude();
  }

  get #pending(): number {
    return this.#unstored.size + this.#undelivered.size;
  }

  async #untilPending(enough: number): Promise<void> {
    if (this.#pending <= enough) return;
    await new Promise<void>((resolve) => {
      this.#enough = enough;
      this.#wake = resolve;
    });
  }

  #send(item: Item): void {
    const { line } = item;
    this.#count += 1;
    if ('problem' in item) {
      this.#fail(new Failure(item.exit, `${this.#name(line)} ${item.problem}`));
      return;
    }
    const { client, clock } = this.ports;
    try {
      const { id } = client.send(this.job.to, item.body, item.id === undefined ? {} : { id: item.id });
      this.#unstored.set(id, { line, due: clock.monotonic() + this.job.timeoutMs });
      this.#timer ??= this.#wakeAfter(this.job.timeoutMs);
    } catch (error) {
      if (!(error instanceof Unsendable)) throw error;
      this.#fail(new Failure('usage', `${this.#name(line)} cannot be sent: ${error.message}`, { cause: error }));
    }
  }

  #heard(event: ClientEvent): void {
    if (event.type === 'offline') {
      this.#trouble = { why: `the server cannot be reached: ${event.detail || event.reason}` };
    }
    if (event.type !== 'state') return;
    const { id, state, duplicate = false, refusal } = event;
    if (state === 'queued' && refusal) this.#trouble = { why: refusal.message, refusal };
    if (state === 'stored') this.#stored(id, duplicate);
    if (state === 'delivered') this.#delivered(id);
    if (state === 'failed') this.#refused(id, refusal);
    if (this.#pending <= this.#enough) this.#wake?.();
  }

  #stored(id: string, duplicate: boolean): void {
    const { output } = this.ports;
    const { to, wait } = this.job;
    const pending = this.#unstored.get(id);
    if (!pending) return;
    this.#unstored.delete(id);
    if (wait === 'delivered') this.#undelivered.set(id, pending);
    const news = { id, to, state: 'stored', ...(duplicate && { duplicate }) };
    this.#written = output.json ? output.object(news) : output.line(inline(id));
  }

  #delivered(id: string): void {
    const { output } = this.ports;
    if (!this.#undelivered.delete(id) || !output.json) return;
    this.#written = output.object({ id, to: this.job.to, state: 'delivered' });
  }

  #refused(id: string, refusal: ErrorFrame | undefined): void {
    const { output } = this.ports;
    const pending = this.#unstored.get(id) ?? this.#undelivered.get(id);
    if (!pending) return;
    this.#unstored.delete(id);
    this.#undelivered.delete(id);
    const { code = 'unknown', message = 'for no known reason' } = refusal ?? {};
    if (output.json) this.#written = output.object({ id, to: this.job.to, state: 'failed', error: code });
    this.#fail(new Failure('refused', `${this.#name(pending.line)} was refused: ${message}`));
  }

  #wakeAfter(ms: number): Timer {
    return this.ports.clock.after(Math.max(ms, 0), () => this.#overdue());
  }

  /** The oldest decide: one timer for all. */
  #overdue(): void {
    const now = this.ports.clock.monotonic();
    const [unstored] = this.#unstored;
    if (unstored && unstored[1].due <= now) {
      this.giveUp(this.#notStored(unstored[1].line, unstored[0]));
      return;
    }
    for (const [id, { line, due }] of this.#undelivered) {
      if (due > now) break;
      this.#undelivered.delete(id);
      this.#fail(this.#notDelivered(line));
    }
    const [undelivered] = this.#undelivered.values();
    const due = Math.min(unstored?.[1].due ?? NEVER, undelivered?.due ?? NEVER);
    this.#timer = due === NEVER ? undefined : this.#wakeAfter(due - now);
    if (this.#pending <= this.#enough) this.#wake?.();
  }

  #notStored(line: number, id: string): Failure {
    const { why, refusal } = this.#trouble;
    const { isSingle, timeoutMs } = this.job;
    const what = `${this.#name(line)} was not stored within ${formatDuration(timeoutMs)}`;
    const next = isSingle
      ? `it is safe to repeat it with the same id: --id ${id}`
      : 'the lines before it were answered; it and those after it may be sent again';
    return new Failure(refusal?.code === 'mailbox-full' ? 'refused' : 'not-stored', what, { why, next });
  }

  #notDelivered(line: number): Failure {
    const { to, timeoutMs } = this.job;
    const what = `${this.#name(line)} is stored, but was not delivered within ${formatDuration(timeoutMs)}`;
    return new Failure('not-delivered', what, { next: `do not send it again: it is delivered when ${to} logs in` });
  }

  #name(line: number): string {
    return this.job.isSingle ? `the message to ${this.job.to}` : `line ${line}`;
  }

  #fail(failure: Failure): void {
    if (!this.job.isSingle) this.ports.output.note(safe`im: ${inline(failure.message)}`);
    this.#failed += 1;
    this.#firstFailure ??= failure;
  }

  #conclude(): void {
    const first = this.#firstFailure;
    if (first === undefined) return;
    if (this.job.isSingle) throw first;
    throw new Failure(first.exit, `${this.#failed} of ${this.#count} messages failed`, { cause: first });
  }
}
