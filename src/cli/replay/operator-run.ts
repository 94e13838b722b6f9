/** What the runs of `im replay` and `im purge` have in common. */
import type { Operator } from '../../client/api/operator-client.js';
import { type Clock, systemClock } from '../../io/clock.js';
import { QUEUE } from '../../protocol/limits.js';
import type { BatchPorts, Pace } from '../../queue-admin/frame-batches.js';
import type { QueuedMessage } from '../../queue-admin/queue-source.js';
import { plural, type SafeText, safe } from '../../text/safe-text.js';
import type { Cancellation } from '../async/cancellation.js';
import type { Exit } from '../errors/exit-codes.js';
import type { Failure } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import { unlessClosed } from '../output/output-failure.js';
import { printMessages } from '../queues/inspect-print.js';

export interface RunPorts {
  readonly output: Output;
  readonly signal: Promise<Exit>;
  /** The arguments of the command, for the audit. */
  readonly commandLine: string;
}

/** As much of the command line as an audit keeps. */
export const auditedFilter = ({ commandLine }: RunPorts): string => commandLine.slice(0, QUEUE.maxAuditedFilter);

/** --dry-run: prints the messages, and a note with their number. */
export async function printDryRun(batches: AsyncIterable<readonly QueuedMessage[]>, output: Output): Promise<Exit> {
  const count = await printMessages(batches, { body: true, status: false }, systemClock.now(), output);
  output.note(safe`im: ${plural(count, 'message')}; nothing was done`);
  return 'done';
}

/** Prints the result of a run. @throws OutputFailure, unless nobody reads stdout any more; the result is on stderr then. */
export async function printResult(output: Output, object: object, text: SafeText): Promise<void> {
  try {
    await unlessClosed(output.json ? output.object(object) : output.line(text));
  } catch (error) {
    output.note(safe`im: ${text}`);
    throw error;
  }
}

/** A write to `output` that fails does not end the run: the last one, of the result, fails then, too. */
export interface ReplayRun {
  /** Identifies the run in the audit, and marks replayed messages. */
  readonly id: string;
  readonly operator: Pick<Operator, 'queue' | 'replay' | 'restore'>;
  readonly output: Output;
  readonly clock: Clock;
  readonly cancellation: Cancellation;
  readonly pace: Pace;
}

export interface RunResult {
  /** Messages that were processed, and matching ones that were not. One that the server had already is neither. */
  readonly done: number;
  readonly left: number;
  /** The seqs of the processed ones, as ranges; see Audit. */
  readonly ranges?: readonly number[];
  /** The result as a sentence. */
  readonly message: string;
  /** More values for --json, besides done and left. */
  readonly numbers?: Readonly<Record<string, number | boolean>>;
  /** Why it is not a success. */
  readonly failure?: Failure | undefined;
}

/** Time and cancellation of the run, for `frameBatches`. */
export function batchPorts({ clock, cancellation }: ReplayRun): BatchPorts {
  const startedAt = clock.monotonic();
  return { elapsed: () => clock.monotonic() - startedAt, sleep: (ms) => cancellation.sleep(ms) };
}
