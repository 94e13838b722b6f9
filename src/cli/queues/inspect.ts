/** `im inspect-queue`: looks at the queues of a data folder, or of a server elsewhere, in one of its ways. */
import type { Readable } from 'node:stream';
import { systemClock } from '../../io/clock.js';
import { CHECK_CODES, type Thresholds } from '../../queue-admin/check-thresholds.js';
import { messagesOf } from '../../queue-admin/queue-scan.js';
import type { WithQueues } from '../../queue-admin/queue-source.js';
import type { QueueState } from '../../queue-admin/queued-message.js';
import { inline, safe } from '../../text/safe-text.js';
import { toFailure } from '../app/error-report.js';
import { Cancellation } from '../async/cancellation.js';
import { type Exit, exitCode } from '../errors/exit-codes.js';
import type { LoginFlags } from '../login/login.js';
import { resolveTarget } from '../login/target.js';
import { wantsColor } from '../output/color.js';
import type { Output } from '../output/output.js';
import { printAudits, printCheck, printPortions, printSummary } from './inspect-print.js';
import { findQueues, UnreadableMailboxes } from './open-queues.js';
import { type FilterFlags, filterOf } from './queue-flags.js';
import type { Shown } from './queue-text.js';
import type { WatchView } from './watch-views.js';
import type { WatchedItems } from './watched-items.js';

interface InspectFlags extends FilterFlags, LoginFlags {
  readonly user: string | undefined;
  readonly status: QueueState | 'all';
  readonly limit?: number | undefined;
  readonly 'no-body': boolean;
  readonly summary: boolean;
  readonly check: boolean;
  readonly audit: boolean;
  readonly watch: boolean;
  readonly interval: number;
  readonly 'warn-age'?: number | undefined;
  readonly 'crit-age'?: number | undefined;
  readonly 'warn-count'?: number | undefined;
  readonly 'crit-count'?: number | undefined;
}

interface InspectPorts {
  readonly stdin: Readable;
  readonly output: Output;
  /** Asked for only where a signal is not the end of all. */
  readonly signal: () => Promise<Exit>;
}

/** Returns the exit code. @throws Failure, but not with `check`: whoever monitors is told "unknown", and why. */
export async function inspectQueue(flags: InspectFlags, ports: InspectPorts): Promise<number> {
  if (!flags.check) return inspect(flags, ports);
  const { output } = ports;
  try {
    return await inspect(flags, ports);
  } catch (error) {
    const { message } = toFailure(error);
    await (output.json
      ? output.object({ state: 'unknown', why: message })
      : output.line(safe`QUEUE UNKNOWN - ${inline(message)}`));
    return CHECK_CODES.unknown;
  }
}

async function inspect(flags: InspectFlags, ports: InspectPorts): Promise<number> {
  const { stdin, output } = ports;
  const { user, check, summary, audit } = flags;
  const place = await resolveTarget(flags);
  const headers = flags.grep === undefined && (check || summary || flags['no-body']);
  const lend = await findQueues({ flags, place, user, headers }, stdin, output);
  if (flags.watch) return exitCode(await watchQueues(flags, lend, ports));
  const now = systemClock.now();
  return lend(async (source) => {
    if (audit) return printAudits(await source.audits(), output);
    const unreadable = new UnreadableMailboxes(output);
    const survey = { source, filter: filterOf(flags, flags.status, now), unreadable: unreadable.note };
    const conclude = (): void => unreadable.throwIfAny();
    if (check) return printCheck(survey, { bounds: boundsOf(flags), now, conclude }, output);
    if (summary) await printSummary(survey, now, output);
    else await list(messagesOf(survey, flags.limit), { shown: shownOf(flags), now }, output);
    conclude();
    return 0;
  });
}

/** An empty answer is a good one to a program; a person is told that it is an answer. */
async function list(...[portions, options, output]: Parameters<typeof printPortions>): Promise<void> {
  const count = await printPortions(portions, options, output);
  if (count === 0 && output.columns !== undefined) output.note(safe`im: no such message is there`);
}

/** Loaded only then. */
async function watchQueues(flags: InspectFlags, lend: WithQueues, { output, signal }: InspectPorts): Promise<Exit> {
  const [{ watch }, { ChangeLog, ScreenView }, kinds] = await Promise.all([
    import('./watch.js'),
    import('./watch-views.js'),
    import('./watched-items.js'),
  ]);
  const viewOf = <T>(kind: WatchedItems<T>): WatchView =>
    hasScreen(output) ? new ScreenView(kind, flags.interval, output) : new ChangeLog(kind, output);
  return watch({
    lend,
    filterAt: (now) => filterOf(flags, flags.status, now),
    view: flags.summary ? viewOf(kinds.watchedMailboxes) : viewOf(kinds.watchedMessages(flags.limit, shownOf(flags))),
    everyMs: flags.interval,
    clock: systemClock,
    stop: new Cancellation(signal(), systemClock),
    unreadable: new UnreadableMailboxes(output).note,
  });
}

const shownOf = (flags: InspectFlags): Shown => ({ body: !flags['no-body'], status: flags.status === 'all' });

/** A terminal, and no wish that it gets no escape sequences. */
function hasScreen({ json, rows }: Output): boolean {
  const scene = { arguments: process.argv.slice(2), environment: process.env, isTerminal: rows !== undefined };
  return !json && wantsColor(scene);
}

const boundsOf = (flags: InspectFlags): Thresholds => ({
  warnAgeMs: flags['warn-age'] ?? 5 * 60_000,
  critAgeMs: flags['crit-age'] ?? 60 * 60_000,
  warnCount: flags['warn-count'],
  critCount: flags['crit-count'],
});
