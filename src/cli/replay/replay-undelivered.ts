/** `im replay USER`: has all undelivered messages pushed again now, and waits for their acks. */
import { plural } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';
import { formatDuration } from '../output/duration.js';
import { Progress } from '../output/progress.js';
import type { ReplayRun, RunResult } from './operator-run.js';
import { REPLAY } from './replay-limits.js';

/** @param given how long to wait for the acks. By default a user who is not connected is not waited for. */
export async function replayUndelivered(run: ReplayRun, user: string, given: number | undefined): Promise<RunResult> {
  const { operator, output, clock, cancellation } = run;
  const before = await readCursor(run, user);
  const total = undeliveredUpTo(before.last, before);
  const online = await operator.replay({ user });
  if (total === 0) return { done: 0, left: 0, message: `no undelivered messages for ${user}`, numbers: { online } };
  const timeoutMs = given ?? (online ? REPLAY.timeoutMs : 0);
  const deadline = clock.monotonic() + timeoutMs;
  const progress = new Progress(output, clock, 'delivered');
  for (;;) {
    const left = undeliveredUpTo(before.last, await readCursor(run, user));
    const done = total - left;
    const result = {
      done,
      left,
      ...(online && { ranges: [before.delivered + 1, before.last] }),
      message: `${done} of ${plural(total, 'message')} to ${user} delivered`,
      numbers: { online },
    };
    progress.update(done, total);
    if (left === 0) return result;
    if (clock.monotonic() >= deadline || !(await cancellation.sleep(REPLAY.pollMs)))
      return { ...result, failure: notDelivered(user, left, online, timeoutMs) };
  }
}

/** `delivered` is the cursor, `last` the highest seq, `purged` the number of purged messages after the cursor. */
interface Cursor {
  readonly delivered: number;
  readonly last: number;
  readonly purged: number;
}

async function readCursor({ operator }: ReplayRun, user: string): Promise<Cursor> {
  const { mailboxes } = await operator.queue({ what: 'mailboxes', user });
  return mailboxes?.[0] ?? { delivered: 0, last: 0, purged: 0 };
}

/** Undelivered messages up to this seq. At least 1 as long as the cursor is before it, even if all of them are purged. */
function undeliveredUpTo(last: number, { delivered, purged }: Cursor): number {
  const behind = Math.max(0, last - delivered);
  return behind > purged ? behind - purged : Math.min(behind, 1);
}

const notDelivered = (user: string, left: number, online: boolean, timeoutMs: number): Failure =>
  new Failure('not-delivered', `${plural(left, 'message')} to ${user} not delivered`, {
    why: online ? `${user} has not acked within ${formatDuration(timeoutMs)}` : `${user} is not connected`,
    next: `nothing is lost: the server pushes them when ${user} logs in`,
  });
