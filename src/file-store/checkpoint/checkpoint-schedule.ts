/** Decides when a checkpoint is due, and how fast the journal may grow while one is written. Pure. */
import type { SegmentSize } from '../../disk/journal.js';
import type { JOURNAL } from '../../disk/limits.js';
import type { Bounds } from '../../protocol/limits.js';
import type { FILE_STORE } from '../limits.js';

export type CheckpointLimits = Pick<
  Bounds<typeof FILE_STORE & typeof JOURNAL>,
  'checkpointBytes' | 'mailboxesPerCheckpoint' | 'maxJournalBytes' | 'recordBytes' | 'fullDiskRetryMs'
>;

/** The latest moment for a checkpoint: it has to be finished before the journal is too long. */
const MAX_DUE_SHARE = 0.6;
/** How far the growth of the journal may be ahead of a checkpoint's work, as a share of what is left. */
const HEAD_START = 0.25;

export class CheckpointSchedule {
  readonly #limits: CheckpointLimits;
  /** What the last checkpoint wrote. */
  #writtenBytes = 0;
  /** Not before this time (ms, monotonic). */
  #retryAt = 0;

  constructor(limits: CheckpointLimits) {
    this.#limits = limits;
  }

  /**
   * The cost of a checkpoint is that of its files, one for each mailbox, and of their bytes. It is due when the journal has
   * grown in proportion to both: so the more mailboxes there are, the more messages each of its files takes out of the journal.
   * @param journal all segments. @param mailboxes with records in it.
   */
  isDue(journal: SegmentSize, mailboxes: number): boolean {
    const { checkpointBytes, mailboxesPerCheckpoint, maxJournalBytes } = this.#limits;
    const share = Math.max(1, mailboxes / mailboxesPerCheckpoint);
    const dueBytes = Math.max(checkpointBytes * share, 2 * this.#writtenBytes);
    return journal.bytes >= dueBytes || this.costOf(journal) >= MAX_DUE_SHARE * maxJournalBytes;
  }

  /** What it costs a start to read the journal, in bytes: a record as much as `recordBytes`. */
  costOf({ bytes, records }: SegmentSize): number {
    return bytes + records * this.#limits.recordBytes;
  }

  /** Whether enough time has passed since a checkpoint was postponed. @param now ms, monotonic. */
  mayWrite(now: number): boolean {
    return now >= this.#retryAt;
  }

  /**
   * How many more bytes may be written. While a checkpoint is written, the journal grows in step with its work: with many
   * small waits instead of a long one at the end.
   * @param running what the journal cost when it began, and the share of its work that is done; undefined: none.
   */
  room(journal: SegmentSize, running?: { readonly cost: number; readonly share: number }): number {
    const { maxJournalBytes } = this.#limits;
    const cost = this.costOf(journal);
    if (!running) return maxJournalBytes - cost;
    const left = Math.max(0, maxJournalBytes - running.cost);
    const allowed = running.cost + left * (HEAD_START + running.share);
    return Math.min(maxJournalBytes, allowed) - cost;
  }

  /** A checkpoint wrote so many bytes. */
  succeeded(writtenBytes: number): void {
    this.#writtenBytes = writtenBytes;
  }

  /** A checkpoint was postponed at this time (ms, monotonic). */
  postponed(now: number): void {
    this.#retryAt = now + this.#limits.fullDiskRetryMs;
  }
}
