/** `im replay`: has undelivered or delivered messages pushed again, or puts exported ones back, on a running server. */
import { type OperatorOptions, operate } from '../../client/operator-client.js';
import type { QueuedMessage } from '../../queue-admin/queued-message.js';
import { AT_ONCE, asRecorded, atRate, type Pace } from '../../queue-admin/replay-pace.js';
import { inline } from '../../text/safe-text.js';
import { Cancellation } from '../async/cancellation.js';
import type { Exit } from '../errors/exit-codes.js';
import { Failure } from '../errors/failure.js';
import { operatorFailure } from '../errors/operator-failure.js';
import { operatorLogin } from '../login/operator-login.js';
import { resolveTarget, type Target } from '../login/target.js';
import { filterOf } from '../queues/queue-flags.js';
import { matchingMessages, queueReader } from '../queues/queue-reader.js';
import { ExportLines } from './export-reader.js';
import { auditedFilter, printDryRun, type ReplayRun, type RunPorts, type RunResult } from './operator-run.js';
import { replayDelivered } from './replay-delivered.js';
import type { ReplayFlags } from './replay-flags.js';
import { replayUndelivered } from './replay-undelivered.js';
import { restoreFile } from './restore.js';

/** Resolves with how it ended. @throws Failure, also when messages are left. */
export async function replay(flags: ReplayFlags, ports: RunPorts): Promise<Exit> {
  checkFlags(flags);
  const target = await resolveTarget(flags);
  if (flags['dry-run']) return dryRun(flags, target, ports);
  const { stdin, output, clock, signal } = ports;
  const login = await operatorLogin(flags, target, stdin, output);
  const operator = operate(login);
  const run = {
    id: ports.newId(),
    operator,
    output,
    clock,
    cancellation: new Cancellation(signal, clock),
    pace: paceOf(flags),
  };
  try {
    const { done, left, ranges, numbers, message, failure } = await perform(run, flags, target, login, ports);
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
    if (output.json) await output.object({ run: run.id, what, ...user, done, left, ...numbers });
    else await output.line(inline(message));
    if (run.cancellation.exit) return run.cancellation.exit;
    if (failure) throw failure;
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
  target: Target,
  login: OperatorOptions,
  ports: RunPorts,
): Promise<RunResult> {
  const { user = '', file, delivered, timeout } = flags;
  if (file !== undefined) return restoreFile(run, exportLines(flags, file, ports), flags['keep-going']);
  if (!delivered) return replayUndelivered(run, user, timeout);
  const messages: QueuedMessage[] = [];
  await withMatching(flags, target, login, ports, async (batches) => {
    for await (const batch of batches) messages.push(...batch);
  });
  return replayDelivered(run, user, messages);
}

/** Shows exactly the messages that a run would process. Needs a server only if the queues are on a server elsewhere. */
async function dryRun(flags: ReplayFlags, target: Target, ports: RunPorts): Promise<Exit> {
  if (flags.file === undefined) {
    const login = target.isElsewhere ? await operatorLogin(flags, target, ports.stdin, ports.output) : undefined;
    return withMatching(flags, target, login, ports, (batches) => printDryRun(batches, ports));
  }
  return printDryRun(exportLines(flags, flags.file, ports).readAll(), ports);
}

/** Runs `use` on the matching messages of the queues. */
function withMatching<T>(
  flags: ReplayFlags,
  target: Target,
  login: OperatorOptions | undefined,
  { output, clock }: RunPorts,
  use: (batches: AsyncIterable<readonly QueuedMessage[]>) => Promise<T>,
): Promise<T> {
  const { user, delivered, limit } = flags;
  const filter = filterOf(flags, delivered ? 'delivered' : 'undelivered', clock.now());
  const withQueues = queueReader(target, login, { user, headers: false });
  return withQueues((source) => use(matchingMessages({ source, filter, limit }, output)));
}

function exportLines(flags: ReplayFlags, path: string, { stdin, output, clock }: RunPorts): ExportLines {
  const filter = filterOf(flags, flags.delivered ? 'all' : 'undelivered', clock.now());
  const { user, limit, 'keep-going': keepGoing } = flags;
  return new ExportLines({ path, filter, user, limit, keepGoing }, stdin, output);
}

function paceOf({ rate, speed, 'original-timing': originalTiming }: ReplayFlags): Pace {
  if (originalTiming) return asRecorded(speed);
  return rate === undefined ? AT_ONCE : atRate(rate);
}

/** @throws Failure `usage` when flags are missing or contradict each other. */
function checkFlags(flags: ReplayFlags): void {
  const { user, file, delivered, from, id, since, until, grep, limit, rate } = flags;
  if (file === undefined && user === undefined) {
    const next = 'im replay USER pushes messages again; im replay --file FILE puts exported ones back';
    throw new Failure('usage', 'missing: USER or --file', { next });
  }
  const { 'min-age': minAge, 'original-timing': originalTiming } = flags;
  const isNarrowed = [from, id, since, until, minAge, grep, limit, rate].some((flag) => flag !== undefined);
  if (file !== undefined || delivered || !(isNarrowed || originalTiming)) return;
  throw new Failure('usage', 'filters and pace need --delivered or --file', {
    why: 'undelivered messages are pushed all together, in their order',
  });
}
