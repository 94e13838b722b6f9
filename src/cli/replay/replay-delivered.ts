/** `im replay USER --delivered`: has delivered messages pushed again, marked as a replay. */
import { OperatorRefused } from '../../client/operator-client.js';
import { frameBatches } from '../../queue-admin/frame-batches.js';
import type { QueuedMessage } from '../../queue-admin/queued-message.js';
import { rangesOf } from '../../queue-admin/seq-ranges.js';
import { Failure } from '../errors/failure.js';
import { Progress } from '../output/progress.js';
import { batchPorts, type ReplayRun, type RunResult } from './operator-run.js';

/** How long a session that has not taken what was replayed before is left alone. */
const BUSY_MS = 50;
/** Bytes that a seq takes in a frame, at the most. */
const SEQ_BYTES = 20;

/** @param messages all to this user. */
export async function replayDelivered(
  run: ReplayRun,
  user: string,
  messages: readonly QueuedMessage[],
): Promise<RunResult> {
  const { output, clock, stop, pace } = run;
  const total = messages.length;
  const progress = new Progress(output, clock, 'pushed again');
  let done = 0;
  let end: Pushed = 'pushed';
  for await (const batch of frameBatches(once(messages), pace, () => SEQ_BYTES, batchPorts(run))) {
    end = await push(run, user, batch);
    if (end !== 'pushed') break;
    done += batch.length;
    if (output.json) {
      await Promise.all(
        batch.map(({ to, seq, id }) => output.object({ to, seq, id, replay: run.id, outcome: 'pushed' })),
      );
    }
    progress.update(done, total);
    if (stop.exit) break;
  }
  const left = total - done;
  const message = `${done} of ${total} delivered messages were pushed again to ${user}, as replay ${run.id}`;
  const ranges = rangesOf(messages.slice(0, done).map(({ seq }) => seq));
  return {
    done,
    left,
    ...(ranges.length > 0 && { ranges }),
    message,
    failure: end === 'away' ? notConnected(user, left) : undefined,
  };
}

async function* once<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  yield items;
}

/** `away`: there is no session. `stopped`: while the session had too much to do. */
type Pushed = 'pushed' | 'away' | 'stopped';

async function push({ operator, id, stop }: ReplayRun, user: string, batch: readonly QueuedMessage[]): Promise<Pushed> {
  const seqs = batch.map(({ seq }) => seq);
  for (;;) {
    try {
      return (await operator.replay({ user, replay: id, seqs })) ? 'pushed' : 'away';
    } catch (error) {
      if (!(error instanceof OperatorRefused && error.refusal.code === 'overloaded')) throw error;
      if (!(await stop.sleep(BUSY_MS))) return 'stopped';
    }
  }
}

const notConnected = (user: string, left: number): Failure =>
  new Failure('not-delivered', `${left} messages were not pushed again to ${user}`, {
    why: `${user} is not connected`,
    next: `a replay is for whoever is there: try again when ${user} is`,
  });
