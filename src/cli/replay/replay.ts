/** `im replay`: brings what is undelivered, what was delivered, or what a file holds, into motion on a running server. */
import { type OperatorOptions, operate } from '../../client/operator-client.js';
import { messagesOf } from '../../queue-admin/queue-scan.js';
import type { QueuedMessage } from '../../queue-admin/queued-message.js';
import { AT_ONCE, asRecorded, atRate, type Pace } from '../../queue-admin/replay-pace.js';
import { inline, safe } from '../../text/safe-text.js';
import { Cancellation } from '../async/cancellation.js';
import type { Exit } from '../errors/exit-codes.js';
import { Failure } from '../errors/failure.js';
import { operatorFailure } from '../errors/operator-failure.js';
import type { LoginFlags } from '../login/login.js';
import { operatorLogin } from '../login/operator-login.js';
import { resolveTarget, type Target } from '../login/target.js';
import { printPortions } from '../queues/inspect-print.js';
import { UnreadableMailboxes, withQueues } from '../queues/open-queues.js';
import type { QueuesWanted } from '../queues/open-server-queues.js';
import { type FilterFlags, filterOf } from '../queues/queue-flags.js';
import { ExportLines } from './export-reader.js';
import { auditedFilter, type ReplayRun, type RunPorts, type RunResult } from './operator-run.js';
import { replayDelivered } from './replay-delivered.js';
import { replayUndelivered } from './replay-undelivered.js';
import { restoreFile } from './restore.js';

interface ReplayFlags extends FilterFlags, LoginFlags {
  readonly user: string | undefined;
  readonly delivered: boolean;
  readonly file?: string | undefined;
  readonly limit?: number | undefined;
  readonly rate?: number | undefined;
  readonly 'original-timing': boolean;
  readonly speed: number;
  readonly timeout?: number | undefined;
  readonly 'dry-run': boolean;
  readonly 'keep-going': boolean;
}

/** Returns how it ended. @throws Failure, also when something is left. */
export async function replay(flags: ReplayFlags, ports: RunPorts): Promise<Exit> {
  refuseNonsense(flags);
  const place = await resolveTarget(flags);
  if (flags['dry-run']) return showOnly(flags, place, ports);
  const { stdin, output, clock, signal } = ports;
  const login = await operatorLogin(flags, place, stdin, output);
  const operator = operate(login);
  const run = {
    id: ports.newId(),
    operator,
    output,
    clock,
    stop: new Cancellation(signal, clock),
    pace: paceOf(flags),
  };
  try {
    const result = await perform(run, flags, place, ports, login);
    const { done, left, ranges } = result;
    const what = flags.file === undefined ? 'replay' : 'restore';
    const user = flags.user === undefined ? {} : { user: flags.user };
    await operator.audit({
      run: run.id,
      what,
      ...user,
      filter: auditedFilter(ports),
      done,
      left,
      ...(ranges && { ranges }),
    });
    if (output.json) await output.object({ run: run.id, what, ...user, done, left, ...result.numbers });
    else await output.line(inline(result.message));
    if (run.stop.exit) return run.stop.exit;
    if (result.failure) throw result.failure;
    return 'done';
  } catch (error) {
    throw operatorFailure(error, login, 'run it again: nothing is stored twice');
  } finally {
    await operator.close();
  }
}

async function perform(
  run: ReplayRun,
  flags: ReplayFlags,
  place: Target,
  ports: RunPorts,
  login: OperatorOptions,
): Promise<RunResult> {
  const { user = '', file, delivered, timeout } = flags;
  if (file !== undefined) return restoreFile(run, linesOf(flags, file, ports), flags['keep-going']);
  if (!delivered) return replayUndelivered(run, user, timeout);
  const messages: QueuedMessage[] = [];
  await select(flags, { place, login }, ports, async (portions) => {
    for await (const portion of portions) messages.push(...portion);
  });
  return replayDelivered(run, user, messages);
}

/** --dry-run: exactly what it would be done to. No server is needed for it, unless it is one elsewhere. */
async function showOnly(flags: ReplayFlags, place: Target, ports: RunPorts): Promise<Exit> {
  const { output, clock } = ports;
  const listing = { shown: { body: true, status: false }, now: clock.now() };
  let count = 0;
  if (flags.file !== undefined) {
    const lines = linesOf(flags, flags.file, ports);
    count = await printPortions(lines.read(), listing, output);
    lines.conclude();
  } else {
    await select(flags, { place }, ports, async (portions) => {
      count = await printPortions(portions, listing, output);
    });
  }
  output.note(safe`im: ${count} messages; nothing was done`);
  return 'done';
}

/** The messages of the queues that are meant. */
async function select(
  flags: ReplayFlags,
  where: Pick<QueuesWanted, 'place' | 'login'>,
  { stdin, output, clock }: RunPorts,
  use: (portions: AsyncIterable<readonly QueuedMessage[]>) => Promise<void>,
): Promise<void> {
  const { user, delivered, limit } = flags;
  const filter = filterOf(flags, delivered ? 'delivered' : 'undelivered', clock.now());
  await withQueues({ flags, ...where, user, headers: false }, stdin, output, async (source) => {
    const unreadable = new UnreadableMailboxes(output);
    await use(messagesOf({ source, filter, unreadable: unreadable.note }, limit));
    unreadable.throwIfAny();
  });
}

function linesOf(flags: ReplayFlags, path: string, { stdin, output, clock }: RunPorts): ExportLines {
  const filter = filterOf(flags, flags.delivered ? 'all' : 'undelivered', clock.now());
  const { user, limit, 'keep-going': keepGoing } = flags;
  return new ExportLines({ path, filter, user, limit, keepGoing }, stdin, output);
}

function paceOf({ rate, speed, 'original-timing': originalTiming }: ReplayFlags): Pace {
  if (originalTiming) return asRecorded(speed);
  return rate === undefined ? AT_ONCE : atRate(rate);
}

/** @throws Failure `usage` for what does not go together. */
function refuseNonsense(flags: ReplayFlags): void {
  const { user, file, delivered, from, id, since, until, grep, limit, rate } = flags;
  if (file === undefined && user === undefined) {
    const next = 'im replay USER pushes again; im replay --file FILE puts messages back';
    throw new Failure('usage', 'it is not said whose messages', { next });
  }
  const narrowing = [
    from,
    id,
    since,
    until,
    grep,
    limit,
    rate,
    flags['min-age'],
    flags['original-timing'] || undefined,
  ];
  if (file !== undefined || delivered || narrowing.every((flag) => flag === undefined)) return;
  throw new Failure('usage', 'what is undelivered is pushed as a whole, in its order', {
    next: 'filters and pace go with --delivered and --file',
  });
}
