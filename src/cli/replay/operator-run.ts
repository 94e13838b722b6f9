/** One run of `im replay`, or of `im purge`: what it works with, and what came of it. */
import type { Readable } from 'node:stream';
import type { Operator } from '../../client/operator-client.js';
import type { Clock } from '../../io/clock.js';
import { QUEUE } from '../../protocol/limits.js';
import type { BatchPorts } from '../../queue-admin/frame-batches.js';
import type { Pace } from '../../queue-admin/replay-pace.js';
import type { Cancellation } from '../async/cancellation.js';
import type { Exit } from '../errors/exit-codes.js';
import type { Failure } from '../errors/failure.js';
import type { Output } from '../output/output.js';

/** What a command that does something to queues is given. */
export interface RunPorts {
  readonly stdin: Readable;
  readonly output: Output;
  readonly clock: Clock;
  readonly signal: Promise<Exit>;
  readonly newId: () => string;
  /** What was asked for, as it was written: for the audit. */
  readonly asked: string;
}

/** As much of what was asked for as an audit keeps. */
export const auditedFilter = ({ asked }: RunPorts): string => asked.slice(0, QUEUE.maxAuditedFilter);

export interface ReplayRun {
  /** Names the run: in the audit, and on what is replayed. */
  readonly id: string;
  readonly operator: Pick<Operator, 'queue' | 'replay' | 'restore'>;
  readonly output: Output;
  readonly clock: Clock;
  readonly stop: Cancellation;
  readonly pace: Pace;
}

export interface RunResult {
  /** How many it was done to, and how many of those that were meant it was not done to. */
  readonly done: number;
  readonly left: number;
  /** The seqs it was done to, as runs of them; see Audit. */
  readonly ranges?: readonly number[];
  /** In words. */
  readonly message: string;
  /** The same for programs, besides done and left. */
  readonly numbers?: Readonly<Record<string, number | boolean>>;
  /** Why it is no success. */
  readonly failure?: Failure | undefined;
}

/** The run as its batches see it. */
export function batchPorts({ clock, stop }: ReplayRun): BatchPorts {
  const begun = clock.monotonic();
  return { elapsed: () => clock.monotonic() - begun, sleep: (ms) => stop.sleep(ms) };
}
