/** `im inspect-queue`: prints the queues of a data folder, or of a server elsewhere: once, or again and again. */
import type { Readable } from 'node:stream';
import { systemClock } from '../../io/clock.js';
import { messagesOf, summariesOf } from '../../queue-admin/queue-scan.js';
import type { WithQueues } from '../../queue-admin/queue-source.js';
import { safe } from '../../text/safe-text.js';
import { toFailure } from '../app/error-report.js';
import { Cancellation } from '../async/cancellation.js';
import { type Exit, exitCode } from '../errors/exit-codes.js';
import { resolveTarget } from '../login/target.js';
import { wantsColor } from '../output/color.js';
import type { Output } from '../output/output.js';
import { printCheck, printUnknown } from './check-line.js';
import type { InspectFlags } from './inspect-flags.js';
import { printAudits, printMessages, printSummary } from './inspect-print.js';
import { filterOf } from './queue-flags.js';
import { CHECK, WATCH } from './queue-limits.js';
import { queueReader, UnreadableMailboxes } from './queue-reader.js';
import type { WatchView } from './watch-views.js';
import type { WatchedItems } from './watched-items.js';

interface InspectPorts {
  readonly stdin: Readable;
  readonly output: Output;
  /** Called only by --watch: otherwise a signal ends the process by itself. */
  readonly signal: () => Promise<Exit>;
}

/** Resolves with the exit code. @throws Failure, except with --check, which prints UNKNOWN and the reason instead. */
export async function inspectQueue(flags: InspectFlags, ports: InspectPorts): Promise<number> {
  try {
    return await inspect(flags, ports);
  } catch (error) {
    if (!flags.check) throw error;
    return printUnknown(toFailure(error).message, ports.output);
  }
}

async function inspect(flags: InspectFlags, ports: InspectPorts): Promise<number> {
  const { stdin, output } = ports;
  const { user, check, summary, 'no-body': noBody } = flags;
  const target = await resolveTarget(flags);
  const login = target.isElsewhere
    ? await (await import('../login/operator-login.js')).operatorLogin(flags, target, stdin, output)
    : undefined;
  const headers = flags.grep === undefined && (check || summary || noBody);
  const withQueues = queueReader(target, login, { user, headers });
  if (flags.watch) return exitCode(await watchQueues(flags, withQueues, ports));
  const now = systemClock.now();
  return withQueues(async (source) => {
    const unreadable = new UnreadableMailboxes(output);
    const scan = { source, filter: filterOf(flags, flags.status, now), unreadable: unreadable.note };
    if (flags.audit) await printAudits(await source.audits(), output);
    else if (check) {
      const summaries = await summariesOf(scan);
      unreadable.throwIfAny();
      return printCheck(summaries, thresholdsOf(flags), now, output);
    } else if (summary) await printSummary(await summariesOf(scan), now, output);
    else {
      const count = await printMessages(messagesOf(scan, flags.limit), { shown: shownOf(flags), now }, output);
      // On a terminal no output at all would look like a failure.
      if (count === 0 && output.columns !== undefined) output.note(safe`im: no such messages`);
    }
    unreadable.throwIfAny();
    return exitCode('done');
  });
}

async function watchQueues(flags: InspectFlags, withQueues: WithQueues, ports: InspectPorts): Promise<Exit> {
  const { output, signal } = ports;
  const { interval: everyMs = WATCH.intervalMs } = flags;
  const [{ watch }, { ChangeLog, ScreenView }, { watchedMailboxes, watchedMessages }] = await Promise.all([
    import('./watch.js'),
    import('./watch-views.js'),
    import('./watched-items.js'),
  ]);
  const viewOf = <T extends object>(items: WatchedItems<T>): WatchView =>
    hasScreen(output) ? new ScreenView(items, everyMs, output) : new ChangeLog(items, output);
  return watch({
    withQueues,
    filterAt: (now) => filterOf(flags, flags.status, now),
    view: flags.summary ? viewOf(watchedMailboxes) : viewOf(watchedMessages(flags.limit, shownOf(flags))),
    everyMs,
    clock: systemClock,
    cancellation: new Cancellation(signal(), systemClock),
    unreadable: new UnreadableMailboxes(output).note,
  });
}

const shownOf = (flags: InspectFlags) => ({ body: !flags['no-body'], status: flags.status === 'all' });

/** Stdout is a terminal, and escape sequences are allowed. */
function hasScreen({ json, rows }: Output): boolean {
  const context = { arguments: process.argv.slice(2), environment: process.env, isTerminal: rows !== undefined };
  return !json && wantsColor(context);
}

const thresholdsOf = (flags: InspectFlags) => ({
  warnAgeMs: flags['warn-age'] ?? CHECK.warnAgeMs,
  critAgeMs: flags['crit-age'] ?? CHECK.critAgeMs,
  warnCount: flags['warn-count'],
  critCount: flags['crit-count'],
});
