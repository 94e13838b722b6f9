/**
 * The calls for some of the mailboxes: one transaction at a time, which takes what has come meanwhile. It is repeated until its outcome
 * is known: what a lost try has stored is found again by sender and id, so nothing is stored twice.
 */
import type { Clock } from '../../io/clock.js';
import type { Log } from '../../io/log.js';
import { OutcomeUnknown, StoreUnavailable } from '../../store/store.js';
import type { Database } from '../database/database.js';
import { POSTGRES_STORE } from '../limits.js';
import type { Call } from './calls.js';
import type { MailboxLimits } from './mailbox-model.js';
import { MailboxMissing, MailboxWork, Needs } from './mailbox-work.js';
import { CREATE_MAILBOXES } from './statements.js';

export interface LaneOptions {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'defer'>;
  readonly log: Log;
  readonly limits: MailboxLimits;
  /** So many calls became durable together, and how long that took. */
  readonly onCommit?: ((calls: number, ms: number) => void) | undefined;
}

/** A call with its caller. */
class WaitingCall {
  /** What a try decided whose commit is unknown. */
  earlier: unknown;
  /** What was decided: a value, or an error. */
  decided: { readonly value: unknown } | { readonly error: unknown } | undefined;

  constructor(
    readonly call: Call<unknown>,
    readonly resolve: (value: never) => void,
    readonly reject: (error: unknown) => void,
  ) {}

  decide(work: MailboxWork): void {
    try {
      this.decided = { value: this.call.decide(work, this.earlier) };
    } catch (error) {
      this.decided = { error };
    }
  }

  answer(): void {
    const { decided } = this;
    if (decided === undefined) this.reject(new Error('the call was not decided'));
    else if ('error' in decided) this.reject(decided.error);
    else this.resolve(decided.value as never);
  }
}

const NOT_SAID = 'the database does not say what is stored';

export class Lane {
  #waiting: WaitingCall[] = [];
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(private readonly options: LaneOptions) {}

  /** Resolves when the decision is durable. */
  run<T>(call: Call<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push(new WaitingCall(call as Call<unknown>, resolve as (value: never) => void, reject));
      this.#running ??= this.#start();
    });
  }

  /** Resolves when no call waits. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Gives up what the database does not answer. */
  stop(): void {
    this.#isStopped = true;
  }

  async #start(): Promise<void> {
    // What comes in the same turn of the event loop shares the transaction.
    await new Promise<void>((resolve) => this.options.clock.defer(resolve));
    while (this.#waiting.length > 0) await this.#transact(this.#take());
    this.#running = undefined;
  }

  /** The next calls: those of one mailbox in their order, and one that is alone without others of its mailbox. */
  #take(): WaitingCall[] {
    const taken: WaitingCall[] = [];
    const left: WaitingCall[] = [];
    const users = new Set<string>();
    const closed = new Set<string>();
    let messages = 0;
    let bytes = 0;
    for (const waiting of this.#waiting) {
      const { user, isAlone = false, messages: more = 0, bytes: moreBytes = 0 } = waiting.call;
      const isTooMuch =
        taken.length > 0 &&
        (taken.length >= POSTGRES_STORE.callsPerTransaction ||
          messages + more > POSTGRES_STORE.messagesPerTransaction ||
          bytes + moreBytes > POSTGRES_STORE.bytesPerTransaction);
      if (closed.has(user) || isTooMuch || (isAlone && users.has(user))) {
        closed.add(user);
        left.push(waiting);
        continue;
      }
      taken.push(waiting);
      users.add(user);
      if (isAlone) closed.add(user);
      messages += more;
      bytes += moreBytes;
    }
    this.#waiting = left;
    return taken;
  }

  /** Answers all of these calls. Never rejects. @param isUnknown an earlier try may have been committed. */
  async #transact(calls: WaitingCall[], isUnknown = false): Promise<void> {
    let left = calls;
    while (left.length > 0) {
      try {
        const begun = this.options.clock.monotonic();
        await this.#try(left);
        this.options.onCommit?.(left.length, this.options.clock.monotonic() - begun);
        for (const call of left) call.answer();
        return;
      } catch (error) {
        if (error instanceof OutcomeUnknown) {
          isUnknown = true;
          this.options.log.warn('database-outcome-unknown', { reason: error.message });
          for (const call of left) if (call.decided && 'value' in call.decided) call.earlier = call.decided.value;
        } else if (!(error instanceof StoreUnavailable)) {
          // One of them has something that the database refuses: the others must not fail with it.
          if (left.length > 1) for (const call of left) await this.#transact([call], isUnknown);
          else left[0]?.reject(isUnknown ? new OutcomeUnknown(NOT_SAID, { cause: error }) : error);
          return;
        }
        const refusal = isUnknown ? new OutcomeUnknown(NOT_SAID) : error;
        left = this.#keepPatient(left, refusal, isUnknown);
        // Those behind them have waited as well.
        if (error instanceof StoreUnavailable) this.#waiting = this.#keepPatient(this.#waiting, error, false);
      }
    }
  }

  /** Refuses the calls that do not wait any longer. @param isUnknown they have been sent, maybe with success. */
  #keepPatient(calls: WaitingCall[], refusal: unknown, isUnknown: boolean): WaitingCall[] {
    return calls.filter((waiting) => {
      const isPatient = !this.#isStopped && (isUnknown || waiting.call.isPatient === true);
      if (!isPatient) waiting.reject(refusal);
      return isPatient;
    });
  }

  async #try(calls: readonly WaitingCall[]): Promise<void> {
    const { database } = this.options;
    for (let mayCreate = true; ; mayCreate = false) {
      try {
        await database.transaction(async (transaction) => {
          const needs = new Needs();
          for (const { call } of calls) call.needs(needs);
          const work = new MailboxWork(transaction, this.options.limits, this.options.clock.now());
          await work.load(needs, mayCreate);
          for (const call of calls) call.decide(work);
          work.write();
        });
        return;
      } catch (error) {
        if (!(error instanceof MailboxMissing)) throw error;
        const { missing } = error;
        const values = [missing.map(({ user }) => user), missing.map(({ on }) => on === 'always')];
        await database.transaction(async (transaction) => transaction.write(CREATE_MAILBOXES, values));
      }
    }
  }
}
