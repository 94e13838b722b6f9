/** `im listen --park-after`: tries the command for a message several times, and then puts the message aside instead of stopping. */
import type { IncomingMessage } from '../../client/events.js';
import type { Clock } from '../../io/clock.js';
import { utf8Bytes } from '../../protocol/fields.js';
import { toParked } from '../../queue-admin/export-line.js';
import { inline, safe } from '../../text/safe-text.js';
import { withTimeout } from '../async/with-timeout.js';
import { formatDuration } from '../output/duration.js';
import type { Output } from '../output/output.js';
import type { FailureCount } from './failure-count.js';
import { CommandFailed } from './listen-exec.js';
import { appendParked } from './parked-file.js';

/** The pause after the first failure, which doubles with each further one, and the longest pause. */
export const RETRY = { firstMs: 1_000, longestMs: 30_000 };

interface ParkingOptions {
  readonly user: string;
  readonly device: string;
  /** How often the command may fail for a message. */
  readonly after: number;
  readonly file: string;
}

export class Parking {
  constructor(
    private readonly options: ParkingOptions,
    private readonly ports: {
      readonly count: Pick<FailureCount, 'add'>;
      readonly clock: Clock;
      readonly output: Pick<Output, 'note'>;
    },
  ) {}

  /**
   * Resolves when `run` has succeeded, or the message is parked on disk: then it may be acked.
   * @param stopping ends the pauses: the message is not acked then. @throws what `run` throws, unless it is a failed command.
   */
  async handle(message: IncomingMessage, run: () => Promise<void>, stopping: Promise<void>): Promise<void> {
    const { after, file } = this.options;
    const { count, clock, output } = this.ports;
    let isStopping = false;
    const stopped = stopping.then(() => {
      isStopping = true;
    });
    for (;;) {
      const failure = await failureOf(run);
      if (failure === undefined) return;
      if (failure.isStopped) throw failure; // by a signal: that says nothing about the message
      const failed = await count.add(message);
      const what = safe`im: ${inline(failure.message)}`;
      if (failed >= after) {
        await this.#park(message, failure.how, failed);
        output.note(safe`${what}; parked in ${inline(file)}`);
        return;
      }
      const pauseMs = Math.min(RETRY.firstMs * 2 ** (failed - 1), RETRY.longestMs);
      output.note(safe`${what}: ${failed} of ${after}; again in ${inline(formatDuration(pauseMs))}`);
      await withTimeout(clock, pauseMs, stopped);
      if (isStopping) throw failure;
    }
  }

  async #park(message: IncomingMessage, why: string, failed: number): Promise<void> {
    const { user: to, device, file } = this.options;
    const { seq, id, from, body, at, attempt: attempts, re } = message;
    const about = re !== undefined && { re };
    const bytes = utf8Bytes(body);
    const exported = { to, seq, id, from, at, status: 'undelivered', attempts, bytes, body, ...about } as const;
    await appendParked(file, toParked(exported, { at: this.ports.clock.now(), device, failed, why }));
  }
}

async function failureOf(run: () => Promise<void>): Promise<CommandFailed | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    if (error instanceof CommandFailed) return error;
    throw error;
  }
}
