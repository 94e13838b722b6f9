/**
 * Which file each mailbox must have. A file that is missing, or was replaced by one of another moment, does not continue
 * the journal: it would hide messages, or records of the journal (storage 6).
 */
import { Damaged } from '../../disk/disk-errors.js';

/** The last record of a mailbox that its file includes. */
export interface IncludedRecord {
  readonly lsn: number;
  /** In hex, as in the journal. Undefined in files of format 1. */
  readonly crc?: string;
}

export const isSame = (one: IncludedRecord, other: IncludedRecord | undefined): boolean =>
  one.lsn === other?.lsn && one.crc === other.crc;

/** The file of a mailbox as a checkpoint left it. */
export interface CheckpointedMailbox extends IncludedRecord {
  readonly user: string;
  /** How many messages in it are undelivered, and when the first of them was stored. Undefined before they were counted. */
  readonly undelivered?: number;
  readonly oldestAt?: number;
}

/** In place of an lsn: the file was damaged at the checkpoint. Whatever it is repaired to is accepted. */
const ANY_FILE = 0;

export class MailboxManifest {
  readonly #mailboxes: Map<string, CheckpointedMailbox>; // storage 9: a Map, never {}

  constructor(mailboxes: readonly CheckpointedMailbox[]) {
    this.#mailboxes = new Map(mailboxes.map((mailbox) => [mailbox.user, mailbox]));
  }

  /** Users with a file. */
  get users(): Iterable<string> {
    return this.#mailboxes.keys();
  }

  /** For the checkpoint's file, when those of the mailboxes are durable. */
  get mailboxes(): readonly CheckpointedMailbox[] {
    return [...this.#mailboxes.values()];
  }

  /** The file as it was written last: another object after each `written`. */
  get(user: string): CheckpointedMailbox | undefined {
    return this.#mailboxes.get(user);
  }

  /** The file was written with records up to this one. */
  written(user: string, last: Omit<CheckpointedMailbox, 'user'>): void {
    this.#mailboxes.set(user, { user, ...last });
  }

  /** The file cannot be read: its records were kept in the journal. */
  damaged(user: string): void {
    this.written(user, { lsn: ANY_FILE });
  }

  /**
   * Checks the file of a user. An interrupted checkpoint may have left a newer file than the last complete one: it
   * includes a record that is still in the journal.
   * @param last of the file; undefined if there is none. @param isInJournal whether the journal has exactly this record.
   * @throws Damaged
   */
  check(user: string, path: string, last: IncludedRecord | undefined, isInJournal: boolean): void {
    const listed = this.#mailboxes.get(user);
    if (listed?.lsn === ANY_FILE || isInJournal) return;
    if (!last) {
      if (listed) throw new Damaged(path, undefined, 'it is missing');
    } else if (!isSame(last, listed)) {
      const expected = listed ? `record ${listed.lsn}` : 'no file';
      throw new Damaged(path, undefined, `it is of another moment: it has record ${last.lsn}, expected ${expected}`);
    }
  }
}
