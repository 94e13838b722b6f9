/** `im replay USER`: has everything undelivered pushed again now, and waits until it is acked. */

import { Failure } from '../errors/failure.js';
import { formatDuration } from '../output/duration.js';
import { Progress } from '../output/progress.js';
import type { ReplayRun, RunResult } from './operator-run.js';

/** How often the cursor is asked for. */
const LOOK_EVERY_MS = 100;
const USUAL_TIMEOUT_MS = 10_000;

/** @param timeoutMs how long the acks may take. Without it nobody waits for a user who is away. */
export async function replayUndelivered(
  run: ReplayRun,
  user: string,
  timeoutMs: number | undefined,
): Promise<RunResult> {
  const { operator, output, clock, stop } = run;
  const begin = await look(run, user);
  const total = waitingOf(begin, begin.last);
  const online = await operator.replay({ user });
  if (total === 0) return { done: 0, left: 0, message: `nothing is undelivered for ${user}`, numbers: { online } };
  const patience = timeoutMs ?? (online ? USUAL_TIMEOUT_MS : 0);
  const late = clock.monotonic() + patience;
  const progress = new Progress(output, clock, 'delivered');
  for (;;) {
    const left = waitingOf(await look(run, user), begin.last);
    const done = total - left;
    const result = {
      done,
      left,
      ...(online && { ranges: [begin.delivered + 1, begin.last] }),
      message: `${done} of ${total} messages to ${user} are delivered`,
      numbers: { online },
    };
    progress.update(done, total);
    if (left === 0) return result;
    const isLate = clock.monotonic() >= late;
    if (isLate || !(await stop.sleep(LOOK_EVERY_MS)))
      return { ...result, failure: whyLeft(result, user, online, patience) };
  }
}

interface Look {
  readonly delivered: number;
  readonly last: number;
  readonly purged: number;
}

async function look({ operator }: ReplayRun, user: string): Promise<Look> {
  const { mailboxes } = await operator.queue({ what: 'mailboxes', user });
  return mailboxes?.[0] ?? { delivered: 0, last: 0, purged: 0 };
}

/** How many messages up to `last` wait; at least one, as long as the cursor is not there. */
function waitingOf({ delivered, purged }: Look, last: number): number {
  const behind = Math.max(0, last - delivered);
  return behind > purged ? behind - purged : Math.min(behind, 1);
}

function whyLeft({ left }: RunResult, user: string, online: boolean, patience: number): Failure {
  const why = online
    ? `they were pushed to ${user}, who has not acked them within ${formatDuration(patience)}`
    : `${user} is not connected`;
  return new Failure('not-delivered', `${left} messages to ${user} are not delivered`, {
    why,
    next: `nothing is lost: they are pushed when ${user} logs in`,
  });
}
