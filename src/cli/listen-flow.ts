/** `im listen`: shows what comes until there was enough, time is up, or somebody says stop. */
import type { Client } from '../client/client.js';
import type { IncomingMessage } from '../client/events.js';
import type { Clock } from '../io/clock.js';
import { failureOfChat } from './client-end.js';
import { formatDuration } from './duration.js';
import type { Exit } from './exit-codes.js';
import { Failure } from './failure.js';

export interface ListenJob {
  readonly user: string;
  /**
   * Shows one message: prints it, or runs a command. Resolves with whether that was needed: an earlier process may have done
   * it. What it throws ends everything, and the message is not acked.
   */
  readonly show: (message: IncomingMessage) => Promise<boolean>;
  /** End after so many. */
  readonly count?: number | undefined;
  /** End after so long; with `count` that is a failure, without it is not. */
  readonly timeoutMs?: number | undefined;
  readonly clock: Clock;
  readonly signal: Promise<Exit>;
}

/** @param connect starts the client that hands over the messages. Resolves when it has ended, with what it was acked. */
export async function listen(
  job: ListenJob,
  connect: (onMessage: (message: IncomingMessage) => Promise<void>) => Client,
): Promise<Exit> {
  const { user, show, count, timeoutMs, clock, signal } = job;
  let shown = 0;
  let why: Exit | 'enough' | 'late' | undefined;

  const stop = (because: typeof why): void => {
    why ??= because;
    client.close();
  };
  const client = connect(async (message) => {
    if (await show(message)) shown += 1;
    if (shown === count) stop('enough');
  });
  const timer = timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => stop('late'));
  signal.then(stop);

  const end = await client.ended;
  timer?.cancel();
  if (why === undefined) throw failureOfChat(end, user);
  if (why === 'late' && count !== undefined) {
    throw new Failure('not-stored', `${shown} of ${count} messages came within ${formatDuration(timeoutMs ?? 0)}`);
  }
  return why === 'enough' || why === 'late' ? 'done' : why;
}
