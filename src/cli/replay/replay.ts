/** `im replay`: has undelivered or delivered messages pushed again, or puts exported ones back, on a running server. */
import { randomUUID } from 'node:crypto';
import { CLIError } from '@oclif/core/errors';
import { boolean, custom, integer, string } from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { type OperatorOptions, operate } from '../../client/api/operator-client.js';
import { systemClock as clock } from '../../io/clock.js';
import { QUEUE } from '../../protocol/limits.js';
import { AT_ONCE, asRecorded, atRate, type Pace } from '../../queue-admin/frame-batches.js';
import type { QueuedMessage } from '../../queue-admin/queue-source.js';
import { inline } from '../../text/safe-text.js';
import { openFolderAccounts, openServerAccounts } from '../accounts/account-backend.js';
import { commonFlags, path, timeout } from '../app/flags.js';
import { Cancellation } from '../async/cancellation.js';
import type { Exit } from '../errors/exit-codes.js';
import { Failure } from '../errors/failure.js';
import { operatorFailure } from '../errors/operator-failure.js';
import { operatorLogin } from '../login/operator-login.js';
import { requireStore, resolveTarget, type Target } from '../login/target.js';
import { formatDuration } from '../output/duration.js';
import type { Output } from '../output/output.js';
import { filterFlags, filterOf } from '../queues/queue-flags.js';
import { withMessages } from '../queues/queue-reader.js';
import { ExportLines } from './export-reader.js';
import {
  auditedFilter,
  printDryRun,
  printResult,
  type ReplayRun,
  type RunPorts,
  type RunResult,
} from './operator-run.js';
import { replayDelivered } from './replay-delivered.js';
import { REPLAY } from './replay-limits.js';
import { replayUndelivered } from './replay-undelivered.js';
import { noteMissingUsers, restoreFile } from './restore.js';

/** `50/s`, or 50. */
const rate = custom<number>({
  helpValue: 'N/s',
  parse: async (text) => {
    const perSecond = Number(/^(\d{1,7})(\/s)?$/.exec(text)?.[1] ?? 0);
    if (perSecond > 0) return perSecond;
    throw new CLIError(`${text} is not a rate such as 50/s`);
  },
});

export const replayFlags = {
  delivered: boolean({
    description: 'push delivered messages instead of undelivered ones',
    env: 'IM_REPLAY_DELIVERED',
  }),
  file: path()({
    description: 'exported messages, or those that im listen --park has put aside; - is standard input',
    helpValue: 'FILE',
    env: 'IM_REPLAY_FILE',
  }),
  ...filterFlags,
  'dry-run': boolean({ description: 'show the messages and do nothing', env: 'IM_REPLAY_DRY_RUN' }),
  rate: rate({ description: 'at most this many messages per second', env: 'IM_REPLAY_RATE' }),
  'original-timing': boolean({
    description: 'keep the pauses between the messages',
    env: 'IM_REPLAY_ORIGINAL_TIMING',
    exclusive: ['rate'],
  }),
  speed: integer({
    description: 'with --original-timing: this many times as fast',
    default: 1,
    min: 1,
    helpValue: 'N',
    env: 'IM_REPLAY_SPEED',
  }),
  'keep-going': boolean({
    description: `with --file: skip refused lines instead of stopping at the first; lines are sent together, up to ${QUEUE.maxMessagesPerFrame}, so some after it may be stored`,
    env: 'IM_REPLAY_KEEP_GOING',
  }),
  timeout: timeout({
    description: `how long to wait for the acks; default: ${formatDuration(REPLAY.timeoutMs)} if the user is connected, otherwise not at all`,
    env: 'IM_TIMEOUT',
  }),
  ...commonFlags,
  url: string({
    aliases: ['to-url'],
    description: 'the server; --to-url is the same; default: the one that runs on --data',
    helpValue: 'URL',
    env: 'IM_URL',
  }),
};

/** The values of these flags, and of the argument USER. */
type ReplayFlags = InferredFlags<typeof replayFlags> & { readonly user: string | undefined };

/** Resolves with how it ended. @throws Failure, also when messages are left. */
export async function replay(flags: ReplayFlags, ports: RunPorts): Promise<Exit> {
  checkFlags(flags);
  const target = await resolveTarget(flags);
  requireStore(target);
  const { output, signal } = ports;
  if (flags['dry-run']) return dryRun(flags, target, output);
  const login = await operatorLogin(flags, target, output);
  const operator = operate(login);
  const cancellation = new Cancellation(signal, clock);
  const run = { id: randomUUID(), operator, output, clock, cancellation, pace: paceOf(flags) };
  try {
    const { done, left, ranges, numbers, message, failure } = await perform(run, flags, target, login);
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
    const printing = printResult(output, { run: run.id, what, ...user, done, left, ...numbers }, inline(message));
    await Promise.allSettled([printing]);
    if (cancellation.exit) return cancellation.exit;
    if (failure) throw failure;
    await printing;
    return 'done';
  } catch (error) {
    throw operatorFailure(error, login, 'run it again: nothing is stored twice');
  } finally {
    await operator.close();
  }
}

async function perform(run: ReplayRun, flags: ReplayFlags, target: Target, login: OperatorOptions): Promise<RunResult> {
  const { user = '', file, delivered, timeout: timeoutMs } = flags;
  if (file !== undefined) return restoreFile(run, exportLines(flags, file, run.output), flags['keep-going']);
  if (!delivered) return replayUndelivered(run, user, timeoutMs);
  const messages: QueuedMessage[] = [];
  await withMessages(flags, 'delivered', target, login, run.output, async (batches) => {
    for await (const batch of batches) messages.push(...batch);
  });
  return replayDelivered(run, user, messages);
}

/** Shows exactly the messages that a run would process. Needs a server only if it is elsewhere. */
async function dryRun(flags: ReplayFlags, target: Target, output: Output): Promise<Exit> {
  const { file, delivered } = flags;
  const login = target.isElsewhere ? await operatorLogin(flags, target, output) : undefined;
  if (file !== undefined) {
    const accounts = login ? openServerAccounts(login) : openFolderAccounts(target.data, clock);
    const users = await accounts.list().finally(() => accounts.close());
    const lines = exportLines(flags, file, output).readAll();
    return printDryRun(noteMissingUsers(lines, new Set(users.map(({ user }) => user)), output), output);
  }
  const status = delivered ? 'delivered' : 'undelivered';
  return withMessages(flags, status, target, login, output, (batches) => printDryRun(batches, output));
}

function exportLines(flags: ReplayFlags, path: string, output: Output): ExportLines {
  const filter = filterOf(flags, flags.delivered ? 'all' : 'undelivered', clock.now());
  const { user, limit, 'keep-going': keepGoing } = flags;
  return new ExportLines({ path, filter, user, limit, keepGoing }, process.stdin, output);
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
