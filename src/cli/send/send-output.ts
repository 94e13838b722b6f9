/** What `im send` prints while it sends: an id or a state for each message on stdout, failures on stderr. */
import { inline, safe } from '../../text/safe-text.js';
import type { Failure } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import type { OutputFailure } from '../output/output-failure.js';
import { SENDING } from './send-limits.js';
import type { SentMessage } from './send-report.js';

interface SendOutputOptions {
  /** There is only one body. */
  readonly isSingle: boolean;
  readonly keepGoing: boolean;
  /** Print no ids. */
  readonly quiet: boolean;
}

export class SendOutput {
  /** The last write to stdout. */
  #written: Promise<void> = Promise.resolve();
  #hasNotedUnprinted = false;
  #printedFailures = 0;

  constructor(
    private readonly options: SendOutputOptions,
    private readonly output: Output,
  ) {}

  stored(message: SentMessage, duplicate: boolean): void {
    if (this.output.json) this.#print(message, { state: 'stored', ...(duplicate && { duplicate }) });
    else if (!this.options.quiet) this.#written = this.output.line(inline(message.id));
  }

  delivered(message: SentMessage): void {
    if (this.output.json) this.#print(message, { state: 'delivered' });
  }

  refused(message: SentMessage, code: string): void {
    if (this.output.json) this.#print(message, { state: 'failed', error: code });
  }

  failed(failure: Failure): void {
    const { isSingle, keepGoing } = this.options;
    const isPrinted = isSingle || keepGoing || this.#printedFailures++ < SENDING.maxPrintedFailures;
    if (isPrinted) this.output.note(safe`im: ${inline(failure.message)}`);
  }

  /** A failed write ends no sending: it resolves with the failure, unless nobody reads stdout any more. */
  async untilPrinted(): Promise<OutputFailure | undefined> {
    const [{ reason }] = (await Promise.allSettled([this.#written])) as [{ reason?: OutputFailure }];
    if (reason === undefined || reason.isClosed) return undefined;
    if (!this.options.isSingle && !this.#hasNotedUnprinted)
      this.output.note(safe`im: no more ids are printed: ${inline(reason.why ?? '')}`);
    this.#hasNotedUnprinted = true;
    return reason;
  }

  #print({ id, to }: SentMessage, state: Readonly<Record<string, unknown>>): void {
    if (!this.options.quiet) this.#written = this.output.object({ id, to, ...state });
  }
}
