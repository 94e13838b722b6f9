/** `im trace`: prints what happened to a message. */
import { FileMissing } from '../../disk/disk-errors.js';
import { realFiles } from '../../io/files.js';
import { findTraces } from '../../queue-admin/folder-queues.js';
import type { QueueSource } from '../../queue-admin/queue-source.js';
import type { Trace, Waiting } from '../../queue-admin/trace.js';
import { SESSION } from '../../server/limits.js';
import { MAILBOX } from '../../store/limits.js';
import type { TrailEvent } from '../../store/store.js';
import { inline, plural, type SafeText, safe } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';
import { resolveTarget, type Target } from '../login/target.js';
import { formatDuration } from '../output/duration.js';
import type { Output } from '../output/output.js';
import { formatTime } from '../output/timestamps.js';
import { folderFailure, queueReader, UnreadableMailboxes } from './queue-reader.js';

interface TraceFlags {
  readonly data?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** @throws Failure `refused` when there is no such message. */
export async function trace(id: string, flags: TraceFlags, output: Output): Promise<void> {
  const target = await resolveTarget({
    data: flags.data,
    url: flags.data === undefined ? process.env.IM_URL || undefined : undefined,
  });
  const { data: folder } = target;
  const { from, to: user } = flags;
  const unreadable = new UnreadableMailboxes(output);
  const query = { files: realFiles, folder, user, id, from, unreadable: unreadable.note };
  const traces = await findTraces(query).catch((error: unknown) => {
    throw target.isElsewhere ? serverElsewhere(error, target) : folderFailure(error, folder);
  });
  for (const found of traces) await (output.json ? printJson(found, output) : printText(found, output));
  unreadable.throwIfAny();
  if (traces.length > 0) return;
  if (user !== undefined) await queueReader(target, undefined, user)(mustBeKnown);
  throw new Failure('refused', `no trace of a message ${id}`, {
    why: `it was never stored here, went with a removed user, or is forgotten: the newest ${MAILBOX.keptIdsPerSender} delivered ids of a sender are kept`,
    next: 'im send prints ids, and im inspect-queue --status all shows them',
  });
}

/** A folder without a store is no surprise where url names another server: there is none to start here. */
function serverElsewhere(error: unknown, { data, server }: Target): unknown {
  const failure = folderFailure(error, data);
  if (!(error instanceof FileMissing && failure instanceof Failure)) return failure;
  return new Failure(failure.exit, `there is no store in ${data}`, {
    why: `im trace reads the data folder, and that of ${server.url} is elsewhere`,
    next: "run im trace on the server's machine",
    cause: error,
  });
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
  await output.line(safe`${inline(id)} from ${inline(from)} to ${inline(to)}: seq ${seq}, ${size}, ${inline(status)}`);
  for (const event of events) {
    const ms = inline(String(event.at % 1000).padStart(3, '0'));
    await output.line(
      safe`  ${formatTime(event.at)}.${ms}  ${inline(event.event.padEnd(9))}  ${detailOf(event, from)}`,
    );
  }
  const now = inline('now'.padEnd(TIME_COLUMNS));
  if (waiting) await output.line(safe`  ${now}  waiting    ${waitingText(waiting, to)}`);
  if (behind) await output.line(safe`  ${now}  behind     not acked yet on ${inline(behind.join(', '))}`);
}

/** Columns of a time with milliseconds. */
const TIME_COLUMNS = 23;

function waitingText({ before, seenAt, online }: Waiting, to: string): SafeText {
  const last = seenAt === 0 ? safe`has never been online` : safe`was last online ${formatTime(seenAt)}`;
  const seen = online ? safe`is online` : last;
  const behind = before === 0 ? safe`` : safe`; behind ${plural(before, 'message')}`;
  // The server records a push with its ack, at the end of the session, or after this time.
  const delay = inline(formatDuration(SESSION.noteAfterMs));
  return safe`for ${inline(to)}, who ${seen}${behind}. Pushes of the last ${delay} are not shown yet`;
}

function detailOf(event: TrailEvent, from: string): SafeText {
  const reported = safe`${inline(from)} is notified at once if connected, otherwise on request`;
  switch (event.event) {
    case 'stored':
      return safe`on disk; acknowledged to ${inline(from)}`;
    case 'restored':
      return safe`from an export, by ${inline(event.by)}`;
    case 'pushed':
    case 'not acked':
      return sessionText(event);
    case 'acked':
      return event.device === undefined
        ? safe`delivered; ${reported}`
        : safe`delivered on ${inline(event.device)}; ${reported}`;
    case 'purged':
      return safe`deleted by an operator (im inspect-queue --audit); ${reported}`;
    case 'replayed':
      return safe`by ${inline(event.by)}, run ${inline(event.run)}`;
  }
}

/** `on desk, in session …`, as far as it is known. */
function sessionText({ device, session }: { readonly device?: string; readonly session?: string }): SafeText {
  const where = session === undefined ? safe`` : safe`in session ${inline(session)}`;
  if (device === undefined) return where;
  return session === undefined ? safe`on ${inline(device)}` : safe`on ${inline(device)}, ${where}`;
}
