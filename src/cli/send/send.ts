/** `im send`: sends messages with many in flight, prints the id of each stored one, and reports the failures. */
import { type Client, type ClientEvent, Unsendable } from '../../client/api/client.js';
import { certificateAdvice } from '../../client/offline-reason.js';
import type { Clock, Timer } from '../../io/clock.js';
import type { ErrorFrame } from '../../protocol/frames/error.js';
import { inline, safe } from '../../text/safe-text.js';
import { ClosableIterator } from '../async/closable-iterator.js';
import { clientFailure } from '../errors/client-failure.js';
import type { Exit } from '../errors/exit-codes.js';
import { Failure } from '../errors/failure.js';
import { formatDuration } from '../output/duration.js';
import type { Output } from '../output/output.js';
import type { SourceItem, SourceMessage } from './message-source.js';
import { type PendingMessage, PendingMessages } from './pending-messages.js';
import { SendDeadline, type SendDeadlineOptions } from './send-deadline.js';
import { SENDING } from './send-limits.js';
import { SendOutput } from './send-output.js';
import { SendReport, type StallReason } from './send-report.js';
import { WaitingNotice } from './waiting-notice.js';

/** `timeoutMs` is the time until a message is in the state `wait`. */
export interface SendJob extends SendDeadlineOptions {
  readonly from: string;
  /** Each item goes to each of them. Empty: each item names its own target. */
  readonly targets: readonly string[];
  /** In batches of any size. */
  readonly items: AsyncIterable<readonly SourceItem[]>;
  /** There is only one body: failures do not mention lines. */
  readonly isSingle: boolean;
  /** Send the lines after a refused one. */
  readonly keepGoing: boolean;
  /** Print no ids. */
  readonly quiet: boolean;
  /** On a terminal, tell what it waits for. */
  readonly announces: boolean;
  /** The state that each message must reach. */
  readonly wait: 'stored' | 'delivered';
}

interface SendPorts {
  readonly client: Client;
  readonly output: Output;
  readonly clock: Clock;
  readonly signal: Promise<Exit>;
}

const UNANSWERED: StallReason = { why: 'the server has not answered' };
const NEVER = Number.POSITIVE_INFINITY;

/**
 * Resolves when every message is in the state `wait`.
 * @throws Failure
 * - at once, when a message is not stored in time, since later ones to the same target cannot overtake it (R16), or when the
 *   client ends;
 * - after a signal, when the messages sent so far are answered, or SENDING.lastAnswersMs have passed;
 * - at the end, when messages were refused or not delivered in time. A refusal outranks a late delivery.
 */
export function sendAll(job: SendJob, ports: SendPorts): Promise<void> {
  return new Promise((resolve, reject) => {
    // `run` may be waiting for standard input without end: an early end rejects here.
    ports.client.ended.then((end) => reject(clientFailure(end, job.from)));
    const sending = new Sending(job, ports, reject);
    ports.signal.then((exit) => sending.interrupt(exit));
    sending.run().then(resolve, reject);
  });
}

/** @param problem as it follows "line 7". */
export const unsendable = (line: number, problem: string, isSingle: boolean): Failure =>
  new Failure('refused', `${isSingle ? 'the message' : `line ${line}`} ${problem}`);

class Sending {
  readonly #pending = new PendingMessages();
  readonly #batches: ClosableIterator<readonly SourceItem[]>;
  readonly #report: SendReport;
  /** The input has ended. */
  #isAtEnd = false;
  /** The rest of the input is not sent. */
  #isStopped = false;
  #interruptedBy: Exit | undefined;
  #stallReason = UNANSWERED;
  readonly #deadline: SendDeadline;
  /** Fires when the oldest pending message is overdue. */
  #timer: Timer | undefined;
  readonly #notice: WaitingNotice;
  readonly #output: SendOutput;
  /** What `run` waits for. */
  #waiter: { readonly isReady: () => boolean; readonly resume: () => void } | undefined;

  constructor(
    private readonly job: SendJob,
    private readonly ports: SendPorts,
    private readonly reject: (failure: Failure) => void,
  ) {
    this.#batches = new ClosableIterator(job.items);
    this.#report = new SendReport(job);
    this.#output = new SendOutput(job, ports.output);
    this.#deadline = new SendDeadline(job, ports.clock.monotonic());
    this.#notice = new WaitingNotice(ports, () => this.#waiting());
    ports.client.subscribe((event) => this.#onEvent(event));
  }

  async run(): Promise<void> {
    for (;;) {
      const batch = await this.#batches.next();
      if (batch === undefined) break;
      for (const item of batch) {
        if (this.#isStopped) break;
        this.#report.lastLine = item.line;
        if ('problem' in item) this.#rejectItem(item.line, item.problem);
        else
          for (const to of item.to === undefined ? this.job.targets : [item.to]) {
            if (!this.#pending.hasRoom) await this.#untilRoom();
            this.#sendTo(to, item);
          }
      }
      await this.#output.untilPrinted(); // backpressure from the reader of stdout
    }
    this.#isAtEnd = true;
    await this.#waitUntil(() => this.#pending.size === 0);
    this.#timer?.cancel();
    this.#notice.stop();
    const unprinted = await this.#output.untilPrinted();
    const failure = this.#interruptedBy ? this.#interrupted(this.#interruptedBy) : this.#report.atEnd(this.#isStopped);
    if (failure) throw failure;
    if (unprinted) throw this.#report.unprinted(unprinted);
  }

  /** Stops sending. Waits a moment for the answers to what was sent, so that the failure can name the last stored line. */
  interrupt(exit: Exit): void {
    this.#interruptedBy = exit;
    this.#pending.clearUndelivered();
    this.#stop();
    this.#timer?.cancel();
    const end = (): void => this.#abort(this.#interrupted(exit));
    if (this.#deadline.isOnline) this.#timer = this.ports.clock.after(SENDING.lastAnswersMs, end);
    else end();
  }

  #abort(failure: Failure): void {
    this.#notice.stop();
    this.reject(failure);
  }

  #stop(): void {
    this.#isStopped = true;
    this.#batches.close();
    this.#wakeWaiter();
  }

  /** The client sends what it has before it gets more: so the server has work meanwhile. */
  async #untilRoom(): Promise<void> {
    await this.#waitUntil(() => this.#pending.hasRoom);
    await new Promise<void>((resolve) => this.ports.clock.defer(resolve));
  }

  async #waitUntil(isReady: () => boolean): Promise<void> {
    if (isReady()) return;
    await new Promise<void>((resume) => {
      this.#waiter = { isReady, resume };
    });
  }

  #wakeWaiter(): void {
    const waiter = this.#waiter;
    if (!waiter?.isReady()) return;
    this.#waiter = undefined;
    waiter.resume();
  }

  #rejectItem(line: number, problem: string): void {
    this.#report.messages += 1;
    this.#fail(unsendable(line, problem, this.job.isSingle));
  }

  #sendTo(to: string, { line, body, id: chosen, re }: SourceMessage & { readonly line: number }): void {
    const { client, clock } = this.ports;
    this.#report.messages += 1;
    try {
      const { id, stage } = client.send(to, body, {
        ...(chosen !== undefined && { id: chosen }),
        ...(re !== undefined && { re }),
      });
      this.#pending.add({ id, line, to, sentAt: clock.monotonic(), units: body.length });
      if (stage === 'stored') this.#onStored(id, true); // An earlier line with this id: no event will follow.
      this.#timer ??= this.#checkAfter(this.#deadline.currentTimeoutMs);
      if (this.job.announces) this.#notice.start();
    } catch (error) {
      if (!(error instanceof Unsendable)) throw error;
      const what = `${this.#report.nameOf({ line, to })} cannot be sent: ${error.message}`;
      this.#fail(new Failure('refused', what, { cause: error }));
    }
  }

  #onEvent(event: ClientEvent): void {
    switch (event.type) {
      case 'online':
        this.#stallReason = UNANSWERED;
        this.#setOnline(true);
        break;
      case 'offline':
        this.#stallReason = {
          why: `the server cannot be reached: ${event.detail || event.reason}`,
          next: certificateAdvice(event.detail),
        };
        this.#setOnline(false);
        break;
      case 'state': {
        const { id, state, duplicate = false, refusal } = event;
        if (state === 'queued' && refusal) this.#stallReason = { why: refusal.message, refusal };
        if (state === 'stored') this.#onStored(id, duplicate);
        if (state === 'delivered') this.#onDelivered(id);
        if (state === 'failed') this.#onRefused(id, refusal);
        this.#wakeWaiter();
      }
    }
  }

  #onStored(id: string, duplicate: boolean): void {
    const { wait } = this.job;
    const message = this.#pending.takeUnstored(id);
    if (!message) return;
    this.#report.stored += 1;
    if (wait === 'delivered' && this.#interruptedBy === undefined) this.#pending.addUndelivered(message);
    this.#output.stored(message, duplicate);
  }

  #onDelivered(id: string): void {
    const message = this.#pending.takeUndelivered(id);
    if (message) this.#output.delivered(message);
  }

  #onRefused(id: string, refusal: ErrorFrame | undefined): void {
    const message = this.#pending.takeUnstored(id) ?? this.#pending.takeUndelivered(id);
    if (!message) return;
    const { code = 'unknown', message: why = 'for no known reason' } = refusal ?? {};
    this.#output.refused(message, code);
    this.#fail(new Failure('refused', `${this.#report.nameOf(message)} was refused: ${why}`, { cause: refusal }));
  }

  #setOnline(isOnline: boolean): void {
    const hasChanged = this.#deadline.setOnline(isOnline, this.ports.clock.monotonic());
    if (!hasChanged || this.#interruptedBy || this.#pending.size === 0) return;
    this.#timer?.cancel();
    this.#checkDeadlines();
  }

  #checkAfter(ms: number): Timer {
    return this.ports.clock.after(Math.max(ms, 0), () => this.#checkDeadlines());
  }

  /** One timer for all messages: the oldest is due first. */
  #checkDeadlines(): void {
    const now = this.ports.clock.monotonic();
    const unstored = this.#pending.oldestUnstored;
    if (unstored && this.#isOverdue(unstored, now)) {
      this.#abort(this.#report.notStored(unstored, this.#deadline.currentTimeoutMs, this.#stallReason));
      return;
    }
    let undelivered = this.#pending.oldestUndelivered;
    for (; undelivered && this.#isOverdue(undelivered, now); undelivered = this.#pending.oldestUndelivered) {
      this.#pending.takeUndelivered(undelivered.id);
      this.#fail(this.#report.notDelivered(undelivered));
    }
    const oldest = Math.min(unstored?.sentAt ?? NEVER, undelivered?.sentAt ?? NEVER);
    this.#timer = oldest === NEVER ? undefined : this.#checkAfter(this.#deadline.of(oldest) - now);
    this.#wakeWaiter();
  }

  /** For a person: what the oldest message waits for. */
  #waiting(): ReturnType<ConstructorParameters<typeof WaitingNotice>[1]> {
    const { oldestUnstored, oldestUndelivered } = this.#pending;
    const oldest = oldestUnstored ?? oldestUndelivered;
    if (!oldest || this.#interruptedBy) return undefined;
    const why = oldestUnstored ? this.#stallReason.why : `${oldest.to} has not received the message yet`;
    const limit = formatDuration(this.#deadline.currentTimeoutMs);
    return { since: oldest.sentAt, text: safe`im: ${inline(why)}; waiting for up to ${inline(limit)}` };
  }

  #isOverdue({ sentAt }: PendingMessage, now: number): boolean {
    return this.#deadline.of(sentAt) <= now;
  }

  #interrupted(exit: Exit): Failure {
    const { oldestUnstored, unstored } = this.#pending;
    return this.#report.interrupted(exit, oldestUnstored, unstored, this.#stallReason);
  }

  /** A refusal stops the input; a late delivery does not. */
  #fail(failure: Failure): void {
    const { isSingle, keepGoing } = this.job;
    this.#report.add(failure);
    if (this.#report.isOne) return;
    this.#output.failed(failure);
    if (!isSingle && !keepGoing && !this.#isAtEnd && failure.exit !== 'not-delivered') this.#stop();
  }
}
