/** `im trace`: prints what happened to a message, as a data folder tells it, or a server elsewhere. */
import type { OperatorOptions } from '../../client/api/operator-client.js';
import { realFiles } from '../../io/files.js';
import { findTraces } from '../../queue-admin/folder-queues.js';
import type { QueueSource } from '../../queue-admin/queue-source.js';
import type { serverTraces } from '../../queue-admin/server-traces.js';
import type { Trace, TracedEvent, Waiting } from '../../queue-admin/trace.js';
import { SESSION } from '../../server/limits.js';
import { MAILBOX } from '../../store/limits.js';
import { inline, plural, type SafeText, safe } from '../../text/safe-text.js';
import { Failure, translateErrors } from '../errors/failure.js';
import type { LoginFlags } from '../login/login.js';
import { resolveTarget, type Target } from '../login/target.js';
import { formatDuration } from '../output/duration.js';
import type { Output } from '../output/output.js';
import { formatTime } from '../output/timestamps.js';
import { folderFailure, queueReader, UnreadableMailboxes } from './queue-reader.js';

type TraceQuery = Omit<Parameters<typeof serverTraces>[0], 'operator'>;

interface TraceFlags extends LoginFlags {
  readonly data?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** @throws Failure `refused` when there is no such message. */
export async function trace(id: string, flags: TraceFlags, output: Output): Promise<void> {
  // With --data that folder is meant, whatever the environment says.
  const isFromEnvironment = flags.url === process.env.IM_URL;
  const url = flags.data !== undefined && isFromEnvironment ? undefined : flags.url;
  const target = await resolveTarget({ ...flags, url });
  const { data: folder } = target;
  const { from, to: user } = flags;
  const unreadable = new UnreadableMailboxes(output);
  const query = { user, id, from, unreadable: unreadable.note };
  const traces = target.isElsewhere
    ? await askServer(query, target, flags, output)
    : await translateErrors(
        (error) => folderFailure(error, folder),
        () => findTraces({ files: realFiles, folder, ...query }),
      );
  for (const found of traces) await (output.json ? printJson(found, output) : printText(found, output));
  unreadable.throwIfAny();
  if (traces.length > 0) return;
  if (user !== undefined && !target.isElsewhere) await queueReader(target, undefined, user)(mustBeKnown);
  throw new Failure('refused', `no trace of a message ${id}`, {
    why: `it was never stored here, went with a removed user, or is forgotten: the newest ${MAILBOX.keptIdsPerSender} delivered ids of a sender are kept`,
    next: 'im send prints ids, and im inspect-queue --status all shows them',
  });
}

/** With the login of an operator, who sees everything, and for whom a `user` that does not exist is refused; or of a user. */
async function askServer(
  query: TraceQuery,
  target: Target,
  flags: TraceFlags,
  output: Output,
): Promise<readonly Trace[]> {
  // Most commands read a folder: the network code is loaded only here.
  const [{ operate, OperatorLost, OperatorRefused }, { serverTraces }, { operatorFailure }, { operatorLogin }] =
    await Promise.all([
      import('../../client/api/operator-client.js'),
      import('../../queue-admin/server-traces.js'),
      import('../errors/operator-failure.js'),
      import('../login/operator-login.js'),
    ]);
  const login = await operatorLogin(flags, target, output);
  const operator = operate(login);
  const failureOf = (error: unknown): unknown => {
    if (!(error instanceof OperatorRefused && error.refusal.field === 'what'))
      return operatorFailure(error, login, 'try again: nothing was changed');
    const next = "run im trace on the server's machine";
    return new Failure('refused', `the server at ${login.url} is too old for traces`, { next, cause: error });
  };
  return translateErrors(failureOf, async () => {
    try {
      return await serverTraces({ operator, ...query });
    } catch (error) {
      if (!(error instanceof OperatorLost && error.end.reason === 'forbidden')) throw error;
      return await askAsUser(query, login);
    } finally {
      await operator.close();
    }
  });
}

/** The user is no operator: what the sender, or the recipient, may see. @throws Failure `refused` when there is none. */
async function askAsUser(query: TraceQuery, login: OperatorOptions): Promise<readonly Trace[]> {
  const { ownTraces } = await import('../../queue-admin/own-traces.js');
  const { operate } = await import('../../client/api/operator-client.js');
  const operator = operate({ ...login, mode: 'send' });
  const { id, user } = query;
  try {
    const traces = await ownTraces({ operator, me: login.user, ...query });
    if (traces.length > 0) return traces;
    throw new Failure('refused', `no trace of a message ${id} that you sent or received`, {
      why: `you are not an operator${user === undefined ? '; sent messages are found without --to only while they wait' : ''}`,
      next:
        user === undefined
          ? 'name the recipient: --to USER'
          : 'im send prints ids; im inspect-queue --mine shows what waits',
    });
  } finally {
    await operator.close();
  }
}

/** @throws Failure `refused` when the source is that of a user who does not exist. */
async function mustBeKnown(source: QueueSource): Promise<void> {
  for await (const _ of source.queues());
}

async function printJson({ events, waiting, behind, ...message }: Trace, output: Output): Promise<void> {
  const { to, seq, id, from, status } = message;
  for (const event of events) await output.object({ ...event, to, seq, id, from });
  if (waiting) await output.object({ event: 'waiting', ...waiting, to, seq, id, from });
  if (behind) await output.object({ event: 'behind', devices: behind, to, seq, id, from });
  if (events.length === 0) await output.object({ event: 'forgotten', to, seq, id, from, status });
}

async function printText(trace: Trace, output: Output): Promise<void> {
  const { to, seq, id, from, status, bytes, events, waiting, behind } = trace;
  const size = bytes === undefined ? safe`no longer kept` : plural(bytes, 'byte');
  const place = seq === undefined ? safe`` : safe`seq ${seq}, `;
  await output.line(safe`${inline(id)} from ${inline(from)} to ${inline(to)}: ${place}${size}, ${inline(status)}`);
  for (const event of events) {
    const ms = inline(String(event.at % 1000).padStart(3, '0'));
    const what = safe`${inline(event.event.padEnd(9))}  ${detailOf(event, trace)}`;
    await output.line(safe`  ${formatTime(event.at)}.${ms}  ${inline(what.trimEnd())}`);
  }
  const now = inline('now'.padEnd(TIME_COLUMNS));
  if (waiting) await output.line(safe`  ${now}  waiting    ${waitingText(waiting, to)}`);
  if (behind) await output.line(safe`  ${now}  behind     not acked yet on ${inline(behind.join(', '))}`);
}

/** Columns of a time with milliseconds. */
const TIME_COLUMNS = 23;

/** What is not told is left out. */
function waitingText({ before = 0, seenAt, online = false }: Partial<Waiting>, to: string): SafeText {
  const last = !seenAt ? safe`has never been online` : safe`was last online ${formatTime(seenAt)}`;
  const seen = seenAt === undefined ? safe`` : safe`, who ${online ? safe`is online` : last}`;
  const behind = before === 0 ? safe`` : safe`; behind ${plural(before, 'message')}`;
  // The server records a push with its ack, at the end of the session, or after this time.
  const delay = inline(formatDuration(SESSION.noteAfterMs));
  return safe`for ${inline(to)}${seen}${behind}. Pushes of the last ${delay} are not shown yet`;
}

function detailOf(event: TracedEvent, { from, isOwn }: Pick<Trace, 'from' | 'isOwn'>): SafeText {
  const { by = 'an operator', run } = event;
  const reported = safe`${inline(from)} is notified at once if connected, otherwise on request`;
  switch (event.event) {
    case 'stored':
      return safe`on disk; acknowledged to ${inline(from)}`;
    case 'restored':
      return safe`from an export, by ${inline(by)}`;
    case 'pushed':
    case 'not acked':
      return sessionText(event);
    case 'acked':
      return event.device === undefined
        ? safe`delivered; ${reported}`
        : safe`delivered on ${inline(event.device)}; ${reported}`;
    case 'purged':
      return safe`deleted by an operator${isOwn ? safe`` : safe` (im inspect-queue --audit)`}; ${reported}`;
    case 'unsent':
      return safe`taken back by ${inline(by)}; never pushed`;
    case 'replayed':
      return run === undefined ? safe`by ${inline(by)}` : safe`by ${inline(by)}, run ${inline(run)}`;
  }
}

/** `on desktop, in session …`, as far as it is known. */
function sessionText({ device, session }: { readonly device?: string; readonly session?: string }): SafeText {
  const where = session === undefined ? safe`` : safe`in session ${inline(session)}`;
  if (device === undefined) return where;
  return session === undefined ? safe`on ${inline(device)}` : safe`on ${inline(device)}, ${where}`;
}
