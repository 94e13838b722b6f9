/** What became of the messages of one `im send`, as words and as an exit code. Pure. */
import type { ErrorFrame } from '../../protocol/frames/error.js';
import type { Exit } from '../errors/exit-codes.js';
import { Failure } from '../errors/failure.js';
import { formatDuration } from '../output/duration.js';

interface ReportOptions {
  /** None: each line names its own. */
  readonly targets: readonly string[];
  /** Whether there is but one body: then there are no lines to speak of. */
  readonly isSingle: boolean;
  readonly timeoutMs: number;
}

/** One message: from which line, to whom. */
interface Addressed {
  readonly line: number;
  readonly to: string;
}

export interface Sent extends Addressed {
  readonly id: string;
}

/** Why the server does not take what it is sent: it cannot be reached, or it refuses for now. */
export interface Trouble {
  readonly why: string;
  readonly refusal?: ErrorFrame | undefined;
}

export class SendReport {
  /** Messages, one for each target of a line. */
  messages = 0;
  stored = 0;
  /** The last line that was looked at. */
  lastLine = 0;
  #failed = 0;
  #worst: Failure | undefined;

  constructor(private readonly options: ReportOptions) {}

  /** Whether there is but one message at all: then its failure is the command's. */
  get isOne(): boolean {
    return this.options.isSingle && this.options.targets.length === 1;
  }

  nameOf({ line, to }: Addressed): string {
    const { isSingle, targets } = this.options;
    if (isSingle) return `the message to ${to}`;
    return targets.length === 1 ? `line ${line}` : `line ${line} to ${to}`;
  }

  /** One message, or one line, is refused, or is not delivered in time, which is not as bad: it is stored. */
  add(failure: Failure): void {
    this.#failed += 1;
    if (this.#worst === undefined || this.#worst.exit === 'not-delivered') this.#worst = failure;
  }

  /**
   * When everything was answered. Undefined: nothing failed.
   * @param isCut whether there may be more lines, at which nobody looked.
   */
  atEnd(isCut: boolean): Failure | undefined {
    const worst = this.#worst;
    if (worst === undefined || this.isOne) return worst;
    if (!isCut) return new Failure(worst.exit, `${this.#failed} of ${this.messages} messages failed`, { cause: worst });
    return new Failure(worst.exit, `stopped after line ${this.lastLine}; ${this.#saysStored}`, {
      next: `go on with what follows line ${this.lastLine}; --keep-going leaves out what is refused`,
      cause: worst,
    });
  }

  /** Somebody wanted it to end. `first` is the first that was not answered, if any was not. */
  interrupted(exit: Exit, first: Sent | undefined, unanswered: number, { why }: Trouble): Failure {
    const after = this.options.isSingle ? '' : ` after line ${this.lastLine}`;
    return new Failure(exit, `${exit}${after}; ${this.#saysStored}`, {
      why: first && `${unanswered} not answered, ${this.nameOf(first)} first: ${why}`,
      next: first && this.options.isSingle ? this.#repeat(first) : undefined,
    });
  }

  /** @param withinMs how long it was waited for. */
  notStored(message: Sent, withinMs: number, { why, refusal }: Trouble): Failure {
    const what = `${this.nameOf(message)} was not stored within ${formatDuration(withinMs)}`;
    return new Failure(refusal?.code === 'mailbox-full' ? 'refused' : 'not-stored', what, {
      why,
      next: this.options.isSingle
        ? this.#repeat(message)
        : `${this.#saysStored}; go on with line ${message.line}: ids of your own (--stdin jsonl) make that safe`,
    });
  }

  notDelivered(message: Addressed): Failure {
    const within = formatDuration(this.options.timeoutMs);
    return new Failure('not-delivered', `${this.nameOf(message)} is stored, but was not delivered within ${within}`, {
      next: `do not send it again: it is delivered when ${message.to} logs in`,
    });
  }

  #repeat({ id, to }: Sent): string {
    return `it is safe to repeat it with the same id: ${this.isOne ? '' : `im send ${to} `}--id ${id}`;
  }

  get #saysStored(): string {
    const stored = this.stored === 1 ? '1 message is stored' : `${this.stored} messages are stored`;
    return this.#failed === 0 ? stored : `${stored}, ${this.#failed} failed`;
  }
}
