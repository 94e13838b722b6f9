/** `im replay --file`: puts exported messages into a server, with their original sender, id, time and order. */
import { utf8Bytes } from '../../protocol/field-types.js';
import type { Restore, RestoreOutcome } from '../../protocol/frames/restore.js';
import { frameBatches } from '../../queue-admin/frame-batches.js';
import type { QueuedMessage } from '../../queue-admin/queue-source.js';
import { inline, plural, safe } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';
import { Progress } from '../output/progress.js';
import type { ExportLines, FileMessage } from './export-reader.js';
import { batchPorts, type ReplayRun, type RunResult } from './operator-run.js';

/** Why a message was refused, as it follows "line 7". */
const REFUSALS: Partial<Record<RestoreOutcome, (message: FileMessage) => string>> = {
  conflict: ({ id, from, to }) => `was refused: ${from} has used the id ${id} for another message to ${to}`,
  full: ({ to }) => `was refused: the mailbox of ${to} is full`,
  'unknown-user': ({ to }) => `was refused: there is no user ${to} (im user add ${to})`,
};

export async function restoreFile(run: ReplayRun, lines: ExportLines, keepGoing: boolean): Promise<RunResult> {
  const { operator, output, clock, cancellation, pace } = run;
  const count: Record<RestoreOutcome, number> = { stored: 0, duplicate: 0, conflict: 0, full: 0, 'unknown-user': 0 };
  const progress = new Progress(output, clock, 'restored');
  let refused = 0;
  let lastLine = 0;
  for await (const batch of frameBatches(lines.read(), pace, sizeOf, batchPorts(run))) {
    const outcomes = await operator.restore(batch.map(toRestore));
    for (const [index, message] of batch.entries()) {
      const outcome = outcomes[index] ?? 'unknown-user';
      const refusal = REFUSALS[outcome]?.(message);
      count[outcome]++;
      if (refusal !== undefined) {
        refused++;
        output.note(safe`im: line ${message.line} ${inline(refusal)}`);
      }
      const { line, to, id } = message;
      if (output.json) await Promise.allSettled([output.object({ line, to, id, outcome })]);
    }
    lastLine = batch.at(-1)?.line ?? lastLine;
    progress.update(count.stored + count.duplicate, undefined);
    if (cancellation.exit || (refused > 0 && !keepGoing)) break;
  }
  const { stored, duplicate } = count;
  const left = refused + lines.refused;
  const stopped = cancellation.exit ? `; stopped after line ${lastLine}` : '';
  return {
    done: stored + duplicate,
    left,
    message: `${stored} stored, ${duplicate} known before, ${left} refused${stopped}`,
    numbers: { stored, duplicates: duplicate, lastLine },
    failure: left === 0 ? undefined : linesRefused(left, refused > 0, keepGoing, lastLine),
  };
}

function toRestore({ to, from, id, body, at }: QueuedMessage): Restore['messages'][number] {
  return { to, from, id, body, at };
}

const sizeOf = (message: QueuedMessage): number => utf8Bytes(JSON.stringify(toRestore(message)));

/** @param byServer whether the server refused a line; otherwise the lines are not messages. */
function linesRefused(left: number, byServer: boolean, keepGoing: boolean, lastLine: number): Failure {
  const exit = byServer ? 'refused' : 'usage';
  const next = 'correct the file and run it again: nothing is stored twice';
  if (keepGoing) return new Failure(exit, `${plural(left, 'line')} refused`, { next });
  return new Failure(exit, `stopped after line ${lastLine}`, {
    why: 'a line was refused; --keep-going skips such lines',
    next,
  });
}
