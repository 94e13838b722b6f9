/** `im inspect-queue`: looks at the queues of a data folder, or of a server elsewhere, in one of its ways. */
import type { Readable } from 'node:stream';
import { systemClock } from '../io/clock.js';
import { CHECK_CODES, type CheckBounds } from '../queue/check.js';
import type { QueueState } from '../queue/queued-message.js';
import { messagesOf } from '../queue/survey.js';
import { inline, safe } from '../text/safe-text.js';
import type { EntryFlags } from './enter.js';
import { explain } from './explain.js';
import { printAudits, printCheck, printPortions, printSummary } from './inspect-print.js';
import { locate } from './locate.js';
import { Unreadable, withQueues } from './open-queues.js';
import type { Output } from './output.js';
import { type FilterFlags, filterOf } from './queue-flags.js';

export interface InspectFlags extends FilterFlags, EntryFlags {
  readonly user: string | undefined;
  readonly status: QueueState | 'all';
  readonly limit?: number | undefined;
  readonly 'no-body': boolean;
  readonly summary: boolean;
  readonly check: boolean;
  readonly audit: boolean;
  readonly 'warn-age'?: number | undefined;
  readonly 'crit-age'?: number | undefined;
  readonly 'warn-count'?: number | undefined;
  readonly 'crit-count'?: number | undefined;
}

/** Returns the exit code. @throws Failure, but not with `check`: whoever monitors is told "unknown", and why. */
export async function inspectQueue(flags: InspectFlags, stdin: Readable, output: Output): Promise<number> {
  if (!flags.check) return inspect(flags, stdin, output);
  try {
    return await inspect(flags, stdin, output);
  } catch (error) {
    const { message } = explain(error);
    await (output.json
      ? output.object({ state: 'unknown', why: message })
      : output.line(safe`QUEUE UNKNOWN - ${inline(message)}`));
    return CHECK_CODES.unknown;
  }
}

async function inspect(flags: InspectFlags, stdin: Readable, output: Output): Promise<number> {
  const now = systemClock.now();
  const { user, check, summary, audit } = flags;
  const place = await locate(flags);
  const headers = flags.grep === undefined && (check || summary || flags['no-body']);
  return withQueues({ flags, place, user, headers }, stdin, output, async (source) => {
    if (audit) return printAudits(await source.audits(), output);
    const unreadable = new Unreadable(output);
    const survey = { source, filter: filterOf(flags, flags.status, now), unreadable: unreadable.note };
    const conclude = (): void => unreadable.conclude();
    if (check) return printCheck(survey, { bounds: boundsOf(flags), now, conclude }, output);
    if (summary) await printSummary(survey, now, output);
    else await printPortions(messagesOf(survey, flags.limit), { withBody: !flags['no-body'], now }, output);
    conclude();
    return 0;
  });
}

const boundsOf = (flags: InspectFlags): CheckBounds => ({
  warnAgeMs: flags['warn-age'] ?? 5 * 60_000,
  critAgeMs: flags['crit-age'] ?? 60 * 60_000,
  warnCount: flags['warn-count'],
  critCount: flags['crit-count'],
});
