/** `im send`: keeps the pipe to the server full, prints what was stored, in order, and says what became of the rest. */
import { type Client, Unsendable } from '../../client/client.js';
import type { ClientEvent } from '../../client/events.js';
import type { Clock, Timer } from '../../io/clock.js';
import type { ErrorFrame } from '../../protocol/frames/error.js';
import { inline, safe } from '../../text/safe-text.js';
import { ClosableIterator } from '../async/closable-iterator.js';
import { clientFailure } from '../errors/client-failure.js';
import type { Exit } from '../errors/exit-codes.js';
import { Failure } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import type { Message, SourceItem } from './message-source.js';
import { type Pending, PendingMessages } from './pending-messages.js';
import { SendDeadline, type SendDeadlineOptions } from './send-deadline.js';
import { SENDING } from './send-limits.js';
import { SendReport, type Sent, type Trouble } from './send-report.js';

/** How long a message may take is until it has reached what `wait` says. */
export interface SendJob extends SendDeadlineOptions {
  readonly from: string;
  /** Everything goes to each of them. None: each item names its own. */
  readonly targets: readonly string[];
  /** In whatever portions they come. */
  readonly items: AsyncIterable<readonly SourceItem[]>;
  /** Whether there is but one body: then there are no lines to speak of. */
  readonly isSingle: boolean;
  /** Whether the lines after one that is refused are sent. */
  readonly keepGoing: boolean;
  /** No ids. */
  readonly quiet: boolean;
  /** What each message has to reach. */
  readonly wait: 'stored' | 'delivered';
}

interface SendPorts {
  readonly client: Client;
  readonly output: Output;
  readonly clock: Clock;
  /** Somebody wants it to end. */
  readonly signal: Promise<Exit>;
}

const UNANSWERED: Trouble = { why: 'the server has not answered' };
const NEVER = Number.POSITIVE_INFINITY;

/**
 * Resolves when every message has reached what it should.
 * @throws Failure at once when one is not stored in time, since later ones to the same target cannot overtake it (R16), or
 *   when the client ends; and at the signal, as soon as what was sent is answered.
 * @throws Failure at the end when some were refused, or stored and not delivered in time: refused comes before not delivered.
 */
export function sendAll(job: SendJob, ports: SendPorts): Promise<void> {
  return new Promise((resolve, reject) => {
    // Reading standard input may take for ever: what ends the work early ends it here.
    ports.client.ended.then((end) => reject(clientFailure(end, job.from)));
    const sending = new Sending(job, ports, reject);
    ports.signal.then((exit) => sending.interrupt(exit));
    sending.run().then(resolve, reject);
  });
}

class Sending {
  readonly #pending = new PendingMessages();
  readonly #portions: ClosableIterator<readonly SourceItem[]>;
  readonly #report: SendReport;
  /** There are no more lines. */
  #isAtEnd = false;
  /** There may be more, but they are not sent. */
  #isCut = false;
  #named = 0;
  #interruptedBy: Exit | undefined;
  #trouble = UNANSWERED;
  readonly #patience: SendDeadline;
  #timer: Timer | undefined;
  #written: Promise<void> = Promise.resolve();
  /** What `run` waits for. */
  #awaited: { readonly isThere: () => boolean; readonly goOn: () => void } | undefined;

  constructor(
    private readonly job: SendJob,
    private readonly ports: SendPorts,
    private readonly giveUp: (failure: Failure) => void,
  ) {
    this.#portions = new ClosableIterator(job.items);
    this.#report = new SendReport(job);
    this.#patience = new SendDeadline(job, ports.clock.monotonic());
    ports.client.subscribe((event) => this.#heard(event));
  }

  async run(): Promise<void> {
    for (;;) {
      const portion = await this.#portions.next();
      if (portion === undefined) break;
      for (const item of portion) {
        if (this.#isCut) break;
        this.#report.lastLine = item.line;
        if ('problem' in item) this.#unsendable(item.line, item.problem);
        else
          for (const to of item.to === undefined ? this.job.targets : [item.to]) {
            if (!this.#pending.isBelow(1)) await this.#until(() => this.#pending.isBelow(0.5));
            this.#sendTo(to, item);
          }
      }
      await this.#written; // Whoever reads the ids sets the pace.
    }
    this.#isAtEnd = true;
    await this.#until(() => this.#pending.size === 0);
    this.#timer?.cancel();
    await this.#written;
    const failure = this.#interruptedBy ? this.#interrupted(this.#interruptedBy) : this.#report.atEnd(this.#isCut);
    if (failure) throw failure;
  }

  /** Sends no further line, and waits for the answers to what was sent, so that it can say where it stopped; not for long. */
  interrupt(exit: Exit): void {
    this.#interruptedBy = exit;
    this.#pending.forgetUndelivered();
    this.#cut();
    this.#timer?.cancel();
    const end = (): void => this.giveUp(this.#interrupted(exit));
    if (this.#patience.isOnline) this.#timer = this.ports.clock.after(SENDING.lastAnswersMs, end);
    else end();
  }

  #cut(): void {
    this.#isCut = true;
    this.#portions.close();
    this.#progressed();
  }

  async #until(isThere: () => boolean): Promise<void> {
    if (isThere()) return;
    await new Promise<void>((goOn) => {
      this.#awaited = { isThere, goOn };
    });
  }

  #progressed(): void {
    if (this.#awaited?.isThere()) this.#awaited.goOn();
  }

  #unsendable(line: number, problem: string): void {
    this.#report.messages += 1;
    this.#fail(new Failure('refused', `${this.job.isSingle ? 'the message' : `line ${line}`} ${problem}`));
  }

  #sendTo(to: string, { line, body, id: chosen }: Message & { readonly line: number }): void {
    const { client, clock } = this.ports;
    this.#report.messages += 1;
    try {
      const { id, stage } = client.send(to, body, chosen === undefined ? {} : { id: chosen });
      this.#pending.add({ id, line, to, sentAt: clock.monotonic(), units: body.length });
      if (stage === 'stored') this.#stored(id, true); // The same line again: nothing more comes.
      this.#timer ??= this.#wakeAfter(this.job.timeoutMs);
    } catch (error) {
      if (!(error instanceof Unsendable)) throw error;
      const what = `${this.#report.nameOf({ line, to })} cannot be sent: ${error.message}`;
      this.#fail(new Failure('refused', what, { cause: error }));
    }
  }

  #heard(event: ClientEvent): void {
    switch (event.type) {
      case 'online':
        this.#trouble = UNANSWERED;
        this.#reached(true);
        break;
      case 'offline':
        this.#trouble = { why: `the server cannot be reached: ${event.detail || event.reason}` };
        this.#reached(false);
        break;
      case 'state': {
        const { id, state, duplicate = false, refusal } = event;
        if (state === 'queued' && refusal) this.#trouble = { why: refusal.message, refusal };
        if (state === 'stored') this.#stored(id, duplicate);
        if (state === 'delivered') this.#delivered(id);
        if (state === 'failed') this.#refused(id, refusal);
        this.#progressed();
      }
    }
  }

  #stored(id: string, duplicate: boolean): void {
    const { wait } = this.job;
    const pending = this.#pending.takeUnstored(id);
    if (!pending) return;
    this.#report.stored += 1;
    if (wait === 'delivered' && this.#interruptedBy === undefined) this.#pending.addUndelivered(pending);
    this.#print(pending, { state: 'stored', ...(duplicate && { duplicate }) });
  }

  #delivered(id: string): void {
    const pending = this.#pending.takeUndelivered(id);
    if (pending && this.ports.output.json) this.#print(pending, { state: 'delivered' });
  }

  #refused(id: string, refusal: ErrorFrame | undefined): void {
    const pending = this.#pending.takeUnstored(id) ?? this.#pending.takeUndelivered(id);
    if (!pending) return;
    const { code = 'unknown', message = 'for no known reason' } = refusal ?? {};
    if (this.ports.output.json) this.#print(pending, { state: 'failed', error: code });
    this.#fail(new Failure('refused', `${this.#report.nameOf(pending)} was refused: ${message}`));
  }

  #print({ id, to }: Sent, news: Readonly<Record<string, unknown>>): void {
    const { output } = this.ports;
    if (this.job.quiet) return;
    this.#written = output.json ? output.object({ id, to, ...news }) : output.line(inline(id));
  }

  #reached(isOnline: boolean): void {
    const isAnother = this.#patience.reached(isOnline, this.ports.clock.monotonic());
    if (!isAnother || this.#interruptedBy || this.#pending.size === 0) return;
    this.#timer?.cancel();
    this.#overdue();
  }

  #wakeAfter(ms: number): Timer {
    return this.ports.clock.after(Math.max(ms, 0), () => this.#overdue());
  }

  /** The oldest decide: one timer for all. */
  #overdue(): void {
    const now = this.ports.clock.monotonic();
    const unstored = this.#pending.oldestUnstored;
    if (unstored && this.#isOverdue(unstored, now)) {
      this.giveUp(this.#report.notStored(unstored, this.#patience.lastsMs, this.#trouble));
      return;
    }
    let undelivered = this.#pending.oldestUndelivered;
    for (; undelivered && this.#isOverdue(undelivered, now); undelivered = this.#pending.oldestUndelivered) {
      this.#pending.takeUndelivered(undelivered.id);
      this.#fail(this.#report.notDelivered(undelivered));
    }
    const oldest = Math.min(unstored?.sentAt ?? NEVER, undelivered?.sentAt ?? NEVER);
    this.#timer = oldest === NEVER ? undefined : this.#wakeAfter(this.#patience.endsAt(oldest) - now);
    this.#progressed();
  }

  #isOverdue({ sentAt }: Pending, now: number): boolean {
    return this.#patience.endsAt(sentAt) <= now;
  }

  #interrupted(exit: Exit): Failure {
    const { oldestUnstored, unstored } = this.#pending;
    return this.#report.interrupted(exit, oldestUnstored, unstored, this.#trouble);
  }

  /** What is refused stops what comes after it; what is stored but not delivered does not. */
  #fail(failure: Failure): void {
    const { isSingle, keepGoing } = this.job;
    this.#report.add(failure);
    if (this.#report.isOne) return;
    const isNamed = isSingle || keepGoing || this.#named++ < SENDING.maxNamed;
    if (isNamed) this.ports.output.note(safe`im: ${inline(failure.message)}`);
    if (!isSingle && !keepGoing && !this.#isAtEnd && failure.exit !== 'not-delivered') this.#cut();
  }
}
