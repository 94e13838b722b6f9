/** `im replay USER --delivered`: has delivered messages pushed again, marked as a replay. */
import { OperatorRefused } from '../../client/api/operator-client.js';
import { frameBatches } from '../../queue-admin/frame-batches.js';
import type { QueuedMessage } from '../../queue-admin/queue-source.js';
import { rangesOf } from '../../queue-admin/seq-ranges.js';
import { plural } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';
import { Progress } from '../output/progress.js';
import { batchPorts, type ReplayRun, type RunResult } from './operator-run.js';
import { REPLAY } from './replay-limits.js';

/** The most bytes that a seq takes in a frame. */
const SEQ_BYTES = 20;

/** @param messages all to this user. */
export async function replayDelivered(
  run: ReplayRun,
  user: string,
  messages: readonly QueuedMessage[],
): Promise<RunResult> {
  const { output, clock, cancellation, pace } = run;
  const total = messages.length;
  const progress = new Progress(output, clock, 'pushed again');
  let done = 0;
  let outcome: PushOutcome = 'pushed';
  for await (const batch of frameBatches(asIterable(messages), pace, () => SEQ_BYTES, batchPorts(run))) {
    outcome = await push(run, user, batch);
    if (outcome !== 'pushed') break;
    done += batch.length;
    if (output.json) {
      await Promise.allSettled(
        batch.map(({ to, seq, id }) => output.object({ to, seq, id, replay: run.id, outcome: 'pushed' })),
      );
    }
    progress.update(done, total);
    if (cancellation.exit) break;
  }
  const left = total - done;
  const message = `${done} of ${plural(total, 'delivered message')} pushed again to ${user}, as replay ${run.id}`;
  const ranges = rangesOf(messages.slice(0, done).map(({ seq }) => seq));
  return {
    done,
    left,
    ...(ranges.length > 0 && { ranges }),
    message,
    failure: outcome === 'away' ? notConnected(user, left) : undefined,
  };
}

async function* asIterable<T>(items: readonly T[]): AsyncGenerator<readonly T[]> {
  yield items;
}

/** `away`: the user has no session. `cancelled`: while the session was overloaded. */
type PushOutcome = 'pushed' | 'away' | 'cancelled';

async function push(run: ReplayRun, user: string, batch: readonly QueuedMessage[]): Promise<PushOutcome> {
  const { operator, id, cancellation } = run;
  const seqs = batch.map(({ seq }) => seq);
  for (;;) {
    try {
      return (await operator.replay({ user, replay: id, seqs })) ? 'pushed' : 'away';
    } catch (error) {
      if (!(error instanceof OperatorRefused && error.refusal.code === 'overloaded')) throw error;
      if (!(await cancellation.sleep(REPLAY.overloadedRetryMs))) return 'cancelled';
    }
  }
}

const notConnected = (user: string, left: number): Failure =>
  new Failure('not-delivered', `${plural(left, 'message')} could not be pushed to ${user}`, {
    why: `${user} is not connected`,
    next: `run it again when ${user} is connected: the server does not keep a replay for later`,
  });
