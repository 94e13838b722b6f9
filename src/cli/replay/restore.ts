/** `im replay --file`: puts exported messages into a server, with their original sender, id, time and order. */
import { utf8Bytes } from '../../protocol/fields.js';
import type { Restore, RestoreOutcome } from '../../protocol/frames/restore.js';
import { frameBatches } from '../../queue-admin/frame-batches.js';
import type { QueuedMessage } from '../../queue-admin/queue-source.js';
import { inline, plural, safe } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import { Progress } from '../output/progress.js';
import type { ExportLines, FileMessage } from './export-reader.js';
import { batchPorts, type ReplayRun, type RunResult } from './operator-run.js';
import { RefusedUsers } from './refused-users.js';

const WERE = { one: 'was', many: 'were' };
const WOULD_BE = { one: 'would be', many: 'would be' };

/** The messages as they are; afterwards it prints for which users there is no mailbox. @param known the users of the server. */
export async function* noteMissingUsers(
  batches: AsyncIterable<readonly FileMessage[]>,
  known: ReadonlySet<string>,
  output: Output,
): AsyncGenerator<readonly FileMessage[]> {
  const refused = new RefusedUsers();
  try {
    for await (const batch of batches) {
      for (const message of batch) if (!known.has(message.to)) refused.addMissing(message);
      yield batch;
    }
  } finally {
    for (const line of refused.lines(WOULD_BE)) output.note(line);
  }
}

export async function restoreFile(run: ReplayRun, lines: ExportLines, keepGoing: boolean): Promise<RunResult> {
  const { operator, output, clock, cancellation, pace } = run;
  const count: Record<RestoreOutcome, number> = {
    ...{ stored: 0, duplicate: 0, conflict: 0, unsent: 0, full: 0, 'unknown-user': 0 },
  };
  const progress = new Progress(output, clock, 'restored');
  const users = new RefusedUsers();
  let refused = 0;
  let lastLine = 0;
  for await (const batch of frameBatches(lines.read(), pace, sizeOf, batchPorts(run))) {
    const outcomes = await operator.restore(batch.map(toRestore));
    for (const [index, message] of batch.entries()) {
      const outcome = outcomes[index] ?? 'unknown-user';
      const { line, from, to, id } = message;
      count[outcome]++;
      if (outcome !== 'stored' && outcome !== 'duplicate') refused++;
      if (outcome === 'unknown-user') users.addMissing(message);
      if (outcome === 'full') users.addFull(message);
      if (outcome === 'conflict') {
        const what = safe`${inline(from)} has used the id ${inline(id)} for another message to ${inline(to)}`;
        output.note(safe`im: line ${line} was refused: ${what}`);
      }
      if (outcome === 'unsent')
        output.note(
          safe`im: line ${line} was refused: ${inline(from)} has unsent the message ${inline(id)} to ${inline(to)}`,
        );
      if (output.json) await Promise.allSettled([output.object({ line, to, id, outcome })]);
    }
    lastLine = batch.at(-1)?.line ?? lastLine;
    progress.update(count.stored + count.duplicate, undefined);
    if (cancellation.exit || (refused > 0 && !keepGoing)) break;
  }
  for (const line of users.lines(WERE)) output.note(line);
  const { stored, duplicate } = count;
  const left = refused + lines.refused;
  // Lines are read ahead: an invalid one stopped the run only if all before it were answered.
  if (lines.refused > 0 && refused === 0 && !keepGoing && !cancellation.exit) lastLine = lines.lastLine;
  const stopped = cancellation.exit ? `; stopped after line ${lastLine}` : '';
  return {
    done: stored,
    left,
    message: `${stored} stored, ${duplicate} known before, ${left} refused${stopped}`,
    numbers: { stored, duplicates: duplicate, lastLine },
    failure: left === 0 ? undefined : linesRefused(left, refused > 0, keepGoing, lastLine, users.command),
  };
}

function toRestore({ to, from, id, body, at, re, seq, isParked }: QueuedMessage): Restore['messages'][number] {
  return { to, from, id, body, at, ...(re !== undefined && { re }), ...(isParked && seq > 0 && { parked: seq }) };
}

const sizeOf = (message: QueuedMessage): number => utf8Bytes(JSON.stringify(toRestore(message)));

/**
 * @param byServer whether the server refused a line; otherwise the lines are not messages.
 * @param addUsers the command that adds missing users.
 */
function linesRefused(
  left: number,
  byServer: boolean,
  keepGoing: boolean,
  lastLine: number,
  addUsers: string | undefined,
): Failure {
  const exit = byServer ? 'refused' : 'usage';
  const next = `${addUsers ?? 'correct the file'}; then run it again: nothing is stored twice`;
  if (keepGoing) return new Failure(exit, `${plural(left, 'line')} refused`, { next });
  return new Failure(exit, `stopped after line ${lastLine}`, {
    why: 'a line was refused; --keep-going skips such lines',
    next,
  });
}
