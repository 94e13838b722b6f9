/** A write to stdout that failed: how the command ends then. */
import { Failure } from '../errors/failure.js';

/** The reader of a pipe, or the peer of a socket, is gone. */
const CLOSED = ['EPIPE', 'ECONNRESET'];
const DISK_FULL = ['ENOSPC', 'EDQUOT'];

export class OutputFailure extends Failure {
  /** Nobody reads stdout any more, as in `| head -1`. That is no error: a command that only prints ends quietly with 0. */
  readonly isClosed: boolean;
  /** What is written ends within a line. */
  readonly isCutOff: boolean;
  /** How many bytes of this write were written before it failed. */
  readonly written: number;

  constructor(cause: NodeJS.ErrnoException & { readonly isCutOff?: boolean; readonly written?: number }) {
    const { code = '', message, isCutOff = false, written = 0 } = cause;
    const isClosed = CLOSED.includes(code);
    super(isClosed ? 'done' : 'unexpected', 'the output cannot be written', {
      why: isClosed ? 'nobody reads it any more' : message,
      next: DISK_FULL.includes(code) ? 'free some disk space' : undefined,
      cause,
    });
    this.isClosed = isClosed;
    this.isCutOff = isCutOff;
    this.written = written;
  }
}

export const isClosedOutput = (error: unknown): error is OutputFailure =>
  error instanceof OutputFailure && error.isClosed;

/** Resolves also when nobody reads stdout any more: for a command that has more to do than to print. */
export async function unlessClosed(write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isClosedOutput(error)) throw error;
  }
}
