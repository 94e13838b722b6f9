/** How a command fails: an error with an exit code, what happened, why, and what to do next. */
import type { Exit } from './exit-codes.js';

/** Texts may quote untrusted input: they are escaped where they are printed (R18). */
interface FailureDetails {
  /** Why it happened, if that adds something to what happened. */
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

/** What to do where no server has been started yet. */
export const NEXT_STEP = 'start one: im serve; or see first how it works: im demo';

/** Runs `work`, and throws `translate(error)` in place of any error that it throws. */
export async function translateErrors<T>(translate: (error: unknown) => unknown, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(error);
  }
}
