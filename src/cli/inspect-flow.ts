/** `im inspect-queue`: looks at the queues of a data folder in one of three ways. */
import { systemClock } from '../io/clock.js';
import { CHECK_CODES, type CheckBounds } from '../queue/check.js';
import type { QueueState } from '../queue/queued-message.js';
import { inline, safe } from '../text/safe-text.js';
import { explain } from './explain.js';
import { printCheck, printMessages, printSummary } from './inspect-print.js';
import { locate } from './locate.js';
import { openQueues, Unreadable } from './open-queues.js';
import type { Output } from './output.js';
import { type FilterFlags, filterOf } from './queue-flags.js';

export interface InspectFlags extends FilterFlags {
  readonly user: string | undefined;
  readonly data?: string | undefined;
  readonly status: QueueState | 'all';
  readonly limit?: number | undefined;
  readonly 'no-body': boolean;
  readonly summary: boolean;
  readonly check: boolean;
  readonly 'warn-age'?: number | undefined;
  readonly 'crit-age'?: number | undefined;
  readonly 'warn-count'?: number | undefined;
  readonly 'crit-count'?: number | undefined;
}

/** Returns the exit code. @throws Failure, but not with `check`: whoever monitors is told "unknown", and why. */
export async function inspectQueue(flags: InspectFlags, output: Output): Promise<number> {
  if (!flags.check) return inspect(flags, output);
  try {
    return await inspect(flags, output);
  } catch (error) {
    const { message } = explain(error);
    await (output.json
      ? output.object({ state: 'unknown', why: message })
      : output.line(safe`QUEUE UNKNOWN - ${inline(message)}`));
    return CHECK_CODES.unknown;
  }
}

async function inspect(flags: InspectFlags, output: Output): Promise<number> {
  const now = systemClock.now();
  const { data } = await locate({ data: flags.data });
  const unreadable = new Unreadable(output);
  const source = await openQueues(data, flags.user);
  try {
    const survey = { source, filter: filterOf(flags, flags.status, now), unreadable: unreadable.note };
    const conclude = (): void => unreadable.conclude();
    if (flags.check) return await printCheck(survey, { bounds: boundsOf(flags), now, conclude }, output);
    if (flags.summary) await printSummary(survey, now, output);
    else await printMessages(survey, { limit: flags.limit, withBody: !flags['no-body'], now }, output);
    conclude();
    return 0;
  } finally {
    await source.close();
  }
}

const boundsOf = (flags: InspectFlags): CheckBounds => ({
  warnAgeMs: flags['warn-age'] ?? 5 * 60_000,
  critAgeMs: flags['crit-age'] ?? 60 * 60_000,
  warnCount: flags['warn-count'],
  critCount: flags['crit-count'],
});
