/** An end that a person has to understand: what happened, why, and what to do next. */
import type { Exit } from './exit-codes.js';

/** The parts of a failure. They may quote others: whoever prints them makes them safe. */
interface FailureDetails {
  /** Why it happened, if that is more than what happened. */
  readonly why?: string | undefined;
  /** What to do next. */
  readonly next?: string | undefined;
  readonly cause?: unknown;
}

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly why: string | undefined;
  readonly next: string | undefined;

  /** @param what what happened, as one sentence without a full stop. */
  constructor(
    readonly exit: Exit,
    what: string,
    { why, next, cause }: FailureDetails = {},
  ) {
    super(what, { cause });
    this.why = why;
    this.next = next;
  }
}
