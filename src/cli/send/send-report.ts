/** The result of one `im send`: counts its messages, and makes the failures for those that went wrong. Pure. */
import type { ErrorFrame } from '../../protocol/frames/error.js';
import { plural } from '../../text/safe-text.js';
import type { Exit } from '../errors/exit-codes.js';
import { Failure } from '../errors/failure.js';
import { formatDuration } from '../output/duration.js';
import type { OutputFailure } from '../output/output-failure.js';

interface ReportOptions {
  /** Empty: each line names its own target. */
  readonly targets: readonly string[];
  /** One body: failures do not mention lines. */
  readonly isSingle: boolean;
  readonly timeoutMs: number;
}

/** The line of a message, counted from 1, and its target. */
interface MessageOrigin {
  readonly line: number;
  readonly to: string;
}

export interface SentMessage extends MessageOrigin {
  readonly id: string;
}

/** Why messages are not stored yet: the server cannot be reached, or refuses them for now. */
export interface StallReason {
  readonly why: string;
  /** What to do about it. */
  readonly next?: string | undefined;
  readonly refusal?: ErrorFrame | undefined;
}

export class SendReport {
  /** Messages so far, one for each target of a line. */
  messages = 0;
  stored = 0;
  /** The last line that was processed. */
  lastLine = 0;
  #failed = 0;
  #worst: Failure | undefined;

  constructor(private readonly options: ReportOptions) {}

  /** There is one body for one target: its failure is the failure of the command. */
  get isOne(): boolean {
    return this.options.isSingle && this.options.targets.length === 1;
  }

  /** `line 7 to bob`: names a message in an error. */
  nameOf({ line, to }: MessageOrigin): string {
    const { isSingle, targets } = this.options;
    if (isSingle) return `the message to ${to}`;
    return targets.length === 1 ? `line ${line}` : `line ${line} to ${to}`;
  }

  /** Counts a failed message or line. Any failure outranks `not-delivered`, whose message is stored. */
  add(failure: Failure): void {
    this.#failed += 1;
    if (this.#worst === undefined || this.#worst.exit === 'not-delivered') this.#worst = failure;
  }

  /**
   * The failure of the command when every message is answered; undefined when all went well.
   * @param isStopped whether a failure stopped the input, so that later lines were not read.
   */
  atEnd(isStopped: boolean): Failure | undefined {
    const worst = this.#worst;
    if (worst === undefined || this.isOne) return worst;
    if (!isStopped) {
      return new Failure(worst.exit, `${this.#failed} of ${plural(this.messages, 'message')} failed`, { cause: worst });
    }
    return new Failure(worst.exit, `stopped after line ${this.lastLine}; ${this.#counts}`, {
      next: `continue after line ${this.lastLine}; --keep-going skips refused lines`,
      cause: worst,
    });
  }

  /** After a signal. @param first the oldest of the `unanswered` messages; undefined when there are none. */
  interrupted(exit: Exit, first: SentMessage | undefined, unanswered: number, { why }: StallReason): Failure {
    const after = this.options.isSingle ? '' : ` after line ${this.lastLine}`;
    return new Failure(exit, `${exit}${after}; ${this.#counts}`, {
      why: first && `${plural(unanswered, 'message')} unanswered, the first is ${this.nameOf(first)}: ${why}`,
      next: first && this.options.isSingle ? this.#howToRepeat(first) : undefined,
    });
  }

  /** @param timeoutMs the timeout that has passed. */
  notStored(message: SentMessage, timeoutMs: number, { why, next, refusal }: StallReason): Failure {
    const repeat = this.options.isSingle
      ? this.#howToRepeat(message)
      : `${this.#counts}; continue with line ${message.line}, safely with ids of your own (--stdin jsonl)`;
    const what = `${this.nameOf(message)} was not stored within ${formatDuration(timeoutMs)}`;
    return new Failure(refusal?.code === 'mailbox-full' ? 'refused' : 'not-stored', what, {
      why,
      next: `${next === undefined ? '' : `${next}; `}${repeat}`,
    });
  }

  notDelivered(message: MessageOrigin): Failure {
    const within = formatDuration(this.options.timeoutMs);
    return new Failure('not-delivered', `${this.nameOf(message)} is stored, but was not delivered within ${within}`, {
      next: `do not send it again: it is delivered when ${message.to} logs in`,
    });
  }

  /** All went well, but ids could not be printed. */
  unprinted(cause: OutputFailure): Failure {
    const what = `${plural(this.stored, 'message')} stored, but ${this.messages === 1 ? 'its id' : 'some ids'} could not be printed`;
    return new Failure('unexpected', what, { why: cause.why, next: 'do not send again', cause });
  }

  #howToRepeat({ id, to }: SentMessage): string {
    return `to repeat it safely, use the same id: ${this.isOne ? '' : `im send ${to} `}--id ${id}`;
  }

  get #counts(): string {
    const stored = `${plural(this.stored, 'message')} stored`;
    return this.#failed === 0 ? stored : `${stored}, ${this.#failed} failed`;
  }
}
