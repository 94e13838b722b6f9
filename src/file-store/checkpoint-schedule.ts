/** Decides when a checkpoint is due, and when the journal must not grow before one is written. Pure. */
import type { JOURNAL } from '../disk/limits.js';
import type { Bounds } from '../protocol/limits.js';
import type { FILE_STORE } from './limits.js';

export type CheckpointLimits = Pick<
  Bounds<typeof FILE_STORE & typeof JOURNAL>,
  'checkpointBytes' | 'maxJournalBytes' | 'fullDiskRetryMs'
>;

/** The latest moment for a checkpoint: it has to be finished before the journal is too long. */
const MAX_DUE_SHARE = 0.75;

export class CheckpointSchedule {
  readonly #limits: CheckpointLimits;
  /** Bytes of journal at which the next checkpoint is due. */
  #dueBytes: number;
  /** Not before this time (ms, monotonic). */
  #retryAt = 0;

  constructor(limits: CheckpointLimits) {
    this.#limits = limits;
    this.#dueBytes = limits.checkpointBytes;
  }

  /** @param journalBytes of all segments. @param now ms, monotonic. */
  isDue(journalBytes: number, now: number): boolean {
    return journalBytes >= this.#dueBytes && now >= this.#retryAt;
  }

  /** Whether writing has to wait for a checkpoint: a longer journal would make the next start too slow. */
  isTooLong(journalBytes: number): boolean {
    return journalBytes > this.#limits.maxJournalBytes;
  }

  /** A checkpoint wrote so many bytes. The next one is due at twice as many, so that its cost stays in proportion. */
  succeeded(writtenBytes: number): void {
    const { checkpointBytes, maxJournalBytes } = this.#limits;
    this.#dueBytes = Math.min(Math.max(checkpointBytes, 2 * writtenBytes), MAX_DUE_SHARE * maxJournalBytes);
  }

  /** A checkpoint was postponed at this time (ms, monotonic). */
  postponed(now: number): void {
    this.#retryAt = now + this.#limits.fullDiskRetryMs;
  }
}
