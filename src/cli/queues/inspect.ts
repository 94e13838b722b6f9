/** `im inspect-queue`: prints the queues of a data folder, or of a server elsewhere: once, or again and again. */
import { boolean, integer, option } from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { systemClock } from '../../io/clock.js';
import { messagesOf, summariesOf } from '../../queue-admin/queue-scan.js';
import { QUEUE_STATES } from '../../queue-admin/queue-source.js';
import { safe } from '../../text/safe-text.js';
import { toFailure } from '../app/error-report.js';
import { commonFlags, duration } from '../app/flags.js';
import { untilSignal } from '../app/signals.js';
import { Cancellation } from '../async/cancellation.js';
import { type Exit, exitCode } from '../errors/exit-codes.js';
import { resolveTarget } from '../login/target.js';
import { wantsColor } from '../output/color.js';
import { formatDuration } from '../output/duration.js';
import type { Output } from '../output/output.js';
import { untilReaderGone } from '../output/pipe-reader.js';
import { printCheck, printUnknown } from './check-line.js';
import { printAudits, printMessages, printSummary } from './inspect-print.js';
import { filterFlags, filterOf } from './queue-flags.js';
import { CHECK, WATCH } from './queue-limits.js';
import { ownQueueReader, queueReader, UnreadableMailboxes, type WithQueues } from './queue-reader.js';
import { watch } from './watch.js';
import type { WatchedItems, WatchView } from './watch-views.js';

export const inspectFlags = {
  status: option({ options: [...QUEUE_STATES, 'all'] as const })({
    description: 'which messages to show',
    default: 'undelivered',
    env: 'IM_QUEUE_STATUS',
  }),
  ...filterFlags,
  mine: boolean({
    description: 'show what waits for you, and what you sent that waits for others; needs no operator',
    env: 'IM_INSPECT_QUEUE_MINE',
    exclusive: ['audit', 'status'],
  }),
  'no-body': boolean({ description: 'show no bodies', env: 'IM_INSPECT_QUEUE_NO_BODY' }),
  summary: boolean({
    description: 'show one line per mailbox, the longest waiting first, and the total',
    env: 'IM_INSPECT_QUEUE_SUMMARY',
    exclusive: ['limit', 'no-body'],
  }),
  check: boolean({
    description: 'print one line for monitoring, and use its exit codes',
    env: 'IM_INSPECT_QUEUE_CHECK',
    exclusive: ['limit', 'no-body', 'summary'],
  }),
  'warn-age': duration({
    description: `with --check: warning if a message is this old; default: ${formatDuration(CHECK.warnAgeMs)}`,
    env: 'IM_INSPECT_QUEUE_WARN_AGE',
  }),
  'crit-age': duration({
    description: `with --check: critical if a message is this old; default: ${formatDuration(CHECK.critAgeMs)}`,
    env: 'IM_INSPECT_QUEUE_CRIT_AGE',
  }),
  'warn-count': integer({
    description: 'with --check: warning at this many messages',
    min: 1,
    helpValue: 'N',
    env: 'IM_INSPECT_QUEUE_WARN_COUNT',
  }),
  'crit-count': integer({
    description: 'with --check: critical at this many messages',
    min: 1,
    helpValue: 'N',
    env: 'IM_INSPECT_QUEUE_CRIT_COUNT',
  }),
  audit: boolean({
    description: 'show what operators did to the queues: when, who, and to how many messages',
    env: 'IM_INSPECT_QUEUE_AUDIT',
    exclusive: ['check', 'limit', 'no-body', 'summary'],
  }),
  watch: boolean({
    description: 'repeat: redraw on a terminal; elsewhere, and with --json, print a line per change',
    env: 'IM_INSPECT_QUEUE_WATCH',
    exclusive: ['audit', 'check'],
  }),
  interval: duration({
    description: `with --watch: how often; default: ${formatDuration(WATCH.intervalMs)}, at least ${formatDuration(WATCH.minIntervalMs)}`,
    env: 'IM_INSPECT_QUEUE_INTERVAL',
  }),
  ...commonFlags,
};

/** The values of these flags, and of the argument USER. */
type InspectFlags = InferredFlags<typeof inspectFlags> & { readonly user: string | undefined };

/** Resolves with the exit code. @throws Failure, except with --check, which prints UNKNOWN and the reason instead. */
export async function inspectQueue(flags: InspectFlags, output: Output): Promise<number> {
  try {
    return await inspect(flags, output);
  } catch (error) {
    if (!flags.check) throw error;
    return printUnknown(toFailure(error).message, output);
  }
}

async function inspect(flags: InspectFlags, output: Output): Promise<number> {
  const { check, summary } = flags;
  const withQueues = flags.mine ? await ownQueues(flags, output) : await allQueues(flags, output);
  if (flags.watch) return exitCode(await watchQueues(flags, withQueues, output));
  const now = systemClock.now();
  return withQueues(async (source) => {
    const unreadable = new UnreadableMailboxes(output, flags.mine ? 'tell an operator of the server' : undefined);
    const scan = { source, filter: filterOf(flags, flags.status, now), unreadable: unreadable.note };
    if (flags.audit) await printAudits(await source.audits(), output);
    else if (check) {
      const summaries = await summariesOf(scan);
      unreadable.throwIfAny();
      return printCheck(summaries, thresholdsOf(flags), now, output);
    } else if (summary) await printSummary(await summariesOf(scan), now, output);
    else {
      const count = await printMessages(messagesOf(scan, flags.limit), shownOf(flags), now, output);
      // On a terminal no output at all would look like a failure.
      if (count === 0 && output.columns !== undefined) output.note(safe`im: no such messages`);
    }
    unreadable.throwIfAny();
    return exitCode('done');
  });
}

async function allQueues(flags: InspectFlags, output: Output): Promise<WithQueues> {
  const target = await resolveTarget(flags);
  const login = target.isElsewhere
    ? await (await import('../login/operator-login.js')).operatorLogin(flags, target, output)
    : undefined;
  return queueReader(target, login, flags.user, wantsHeaders(flags));
}

/** Logs in as im send does; but a user who does not exist is not added. */
async function ownQueues(flags: InspectFlags, output: Output): Promise<WithQueues> {
  const [{ resolveLogin }, { unknownUser }] = await Promise.all([
    import('../login/login.js'),
    import('../errors/unknown-user.js'),
  ]);
  const beforeAdding = async (user: string): Promise<never> => {
    throw unknownUser(user);
  };
  return ownQueueReader(await resolveLogin(flags, output, { beforeAdding }), flags.user, wantsHeaders(flags));
}

const wantsHeaders = ({ grep, check, summary, 'no-body': noBody }: InspectFlags): boolean =>
  grep === undefined && (check || summary || noBody);

async function watchQueues(flags: InspectFlags, withQueues: WithQueues, output: Output): Promise<Exit> {
  const { interval: everyMs = WATCH.intervalMs } = flags;
  // Loaded only here, with the package that measures text.
  const { ChangeLog, ScreenView, watchedMailboxes, watchedMessages } = await import('./watch-views.js');
  const viewOf = <T extends object>(items: WatchedItems<T>): WatchView =>
    hasScreen(output) ? new ScreenView(items, everyMs, output) : new ChangeLog(items, output);
  return watch({
    withQueues,
    filterAt: (now) => filterOf(flags, flags.status, now),
    view: flags.summary ? viewOf(watchedMailboxes) : viewOf(watchedMessages(flags.limit, shownOf(flags))),
    everyMs,
    clock: systemClock,
    cancellation: new Cancellation(Promise.race([untilSignal(), untilReaderGone()]), systemClock),
    unreadable: new UnreadableMailboxes(output).note,
  });
}

const shownOf = (flags: InspectFlags) => ({
  body: !flags['no-body'],
  status: flags.status === 'all',
  isOwn: flags.mine,
});

/** Stdout is a terminal, and escape sequences are allowed. */
const hasScreen = ({ json, rows }: Output): boolean =>
  !json && wantsColor(process.argv.slice(2), process.env, rows !== undefined);

const thresholdsOf = (flags: InspectFlags) => ({
  warnAgeMs: flags['warn-age'] ?? CHECK.warnAgeMs,
  critAgeMs: flags['crit-age'] ?? CHECK.critAgeMs,
  warnCount: flags['warn-count'],
  critCount: flags['crit-count'],
});
