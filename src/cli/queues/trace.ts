/** `im trace`: prints the life of a message. */
import { realFiles } from '../../io/files.js';
import { findTraces } from '../../queue-admin/folder-traces.js';
import type { Trace, TraceEvent, Waiting } from '../../queue-admin/trace.js';
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';
import { resolveTarget } from '../login/target.js';
import type { Output } from '../output/output.js';
import { formatTime } from '../output/timestamps.js';
import { folderFailure, UnreadableMailboxes } from './open-queues.js';

interface TraceFlags {
  readonly data?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** @throws Failure `refused` when nothing is known of it. */
export async function trace(id: string, flags: TraceFlags, output: Output): Promise<void> {
  const { data: folder } = await resolveTarget({ data: flags.data });
  const { from, to: user } = flags;
  const unreadable = new UnreadableMailboxes(output);
  const wanted = { files: realFiles, folder, user, id, from, unreadable: unreadable.note };
  const traces = await findTraces(wanted).catch((error: unknown) => {
    throw folderFailure(error, folder);
  });
  for (const found of traces) await (output.json ? printJson(found, output) : printText(found, output));
  unreadable.throwIfAny();
  if (traces.length > 0) return;
  throw new Failure('refused', `nothing is known of a message ${id}`, {
    why: 'it never came here, or it is forgotten: ids are known for 30 days after delivery',
    next: 'ids are what im send prints, and im inspect-queue --status all shows',
  });
}

async function printJson({ events, waiting, ...message }: Trace, output: Output): Promise<void> {
  const { to, seq, id, from, status } = message;
  for (const event of events) await output.object({ ...event, to, seq, id, from });
  if (waiting) await output.object({ event: 'waiting', ...waiting, to, seq, id, from });
  if (events.length === 0) await output.object({ event: 'forgotten', to, seq, id, from, status });
}

async function printText(trace: Trace, output: Output): Promise<void> {
  const { to, seq, id, from, status, bytes, events, waiting } = trace;
  const size = bytes === undefined ? safe`not kept any more` : safe`${bytes} bytes`;
  await output.line(safe`${inline(id)} from ${inline(from)} to ${inline(to)}: seq ${seq}, ${size}, ${inline(status)}`);
  for (const event of events) {
    const ms = inline(String(event.at % 1000).padStart(3, '0'));
    await output.line(
      safe`  ${formatTime(event.at)}.${ms}  ${inline(event.event.padEnd(9))}  ${detailOf(event, from)}`,
    );
  }
  if (waiting) await output.line(safe`  ${inline('now'.padEnd(TIME))}  waiting    ${reasonOf(waiting, to)}`);
}

/** Columns of a time with its milliseconds. */
const TIME = 23;

function reasonOf({ before, seenAt }: Waiting, to: string): SafeText {
  const seen = seenAt === 0 ? safe`has never been here` : safe`was last seen ${formatTime(seenAt)}`;
  const behind = before === 0 ? safe`` : safe`; ${before} to be delivered before it`;
  return safe`for ${inline(to)}, who ${seen}${behind}. What was pushed in the last 30 s is not told yet`;
}

function detailOf(event: TraceEvent, from: string): SafeText {
  switch (event.event) {
    case 'stored':
      return safe`on disk; ${inline(from)} was told`;
    case 'pushed':
      return safe`in session ${inline(event.session)}`;
    case 'not acked':
      return event.session === undefined ? safe`` : safe`in session ${inline(event.session)}`;
    case 'acked':
      return safe`delivered: ${inline(from)} is told at once if connected, else when asking`;
    case 'purged':
      return safe`deleted by an operator (im inspect-queue --audit): ${inline(from)} is told at once if connected, else when asking`;
    case 'replayed':
      return safe`by ${inline(event.by)}, run ${inline(event.run)}`;
  }
}
