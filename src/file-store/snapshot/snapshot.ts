/** A snapshot of a data folder: reads its mailboxes from their files and from the journal's records, batch by batch. */
import type { OpenFileSet } from '../../disk/open-file-set.js';
import { MAILBOX } from '../../store/limits.js';
import type { SegmentSpans } from '../files/journal-index.js';
import { applyRecord, changedBy, type JournalRecord, SYSTEM_USER } from '../files/journal-records.js';
import { includedRecord, mailboxPath, readMailboxFile, setApplied } from '../files/mailbox-file.js';
import { isSame, type MailboxManifest } from '../files/mailbox-manifest.js';
import { SNAPSHOT } from '../limits.js';
import { Mailbox, type MailboxLimits } from '../mailbox/mailbox.js';
import { readRecords } from '../memory/mailbox-loader.js';
import type { SnapshotIndex } from './snapshot-index.js';

/** One mailbox, or why it cannot be read; the others still can (storage 14). */
type SnapshotMailbox =
  | { readonly user: string; readonly mailbox: Mailbox }
  | { readonly user: string; readonly fault: Error };

interface SnapshotParts {
  readonly files: OpenFileSet;
  readonly folder: string;
  readonly epoch: string;
  readonly lsn: number;
  readonly index: SnapshotIndex;
  /** Undefined for a store of format 1. */
  readonly manifest: MailboxManifest | undefined;
  readonly users: readonly string[];
  /** Of the sessions since the store was last opened. */
  readonly firstFence: number;
}

/** Bytes of journal records of the first batch of mailboxes. Each further one may have four times as many, up to SNAPSHOT.batchBytes. */
const FIRST_BATCH_BYTES = 64 * 1024;

/** Everything in the folder is shown: the retention that the server was started with is not known here. */
export const KEEP_ALL: MailboxLimits = {
  ...MAILBOX,
  keptDelivered: Number.POSITIVE_INFINITY,
  keptDeliveredMs: Number.POSITIVE_INFINITY,
};

export class Snapshot {
  readonly #parts: SnapshotParts;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
  }

  get epoch(): string {
    return this.#parts.epoch;
  }

  /** The lsn of the last record that is included. */
  get lsn(): number {
    return this.#parts.lsn;
  }

  /** Sessions that began since the store was last opened have this fence, or a higher one. */
  get firstFence(): number {
    return this.#parts.firstFence;
  }

  /** The mailbox of SYSTEM_USER, with audit entries and sessions: also if only the one of another user was asked for. */
  async system(): Promise<SnapshotMailbox> {
    const records = await this.#readRecords([SYSTEM_USER]);
    return this.#load(SYSTEM_USER, records.get(SYSTEM_USER) ?? []);
  }

  /** All mailboxes, sorted by user. Only a few are in memory at a time. */
  async *mailboxes(): AsyncGenerator<SnapshotMailbox> {
    for (const users of this.#batches()) {
      const records = await this.#readRecords(users);
      yield* loadAhead(users, (user) => this.#load(user, records.get(user) ?? []));
    }
  }

  /** Closes the files. Required. */
  close(): Promise<void> {
    return this.#parts.files.close();
  }

  /** Groups of users whose records fit into memory together. The first ones are small: the first mailbox is known soon. */
  *#batches(): Generator<string[]> {
    let batch: string[] = [];
    let bytes = 0;
    let most = FIRST_BATCH_BYTES;
    for (const user of this.#parts.users) {
      batch.push(user);
      bytes += bytesOf(this.#parts.index.spansOf(user));
      if (bytes < most) continue;
      yield batch;
      most = Math.min(4 * most, SNAPSHOT.batchBytes);
      batch = [];
      bytes = 0;
    }
    if (batch.length > 0) yield batch;
  }

  /** Reads the records of all these users in one pass through the journal. */
  async #readRecords(users: readonly string[]): Promise<Map<string, JournalRecord[]>> {
    const records = new Map(users.map((user): [string, JournalRecord[]] => [user, []])); // storage 9: a Map, never {}
    for (const spans of merge(users.flatMap((user) => this.#parts.index.spansOf(user)))) {
      await readRecords(this.#parts, spans, (record) => {
        for (const user of changedBy(record)) records.get(user)?.push(record);
      });
    }
    return records;
  }

  async #load(user: string, records: readonly JournalRecord[]): Promise<SnapshotMailbox> {
    const { files, folder, epoch, manifest } = this.#parts;
    try {
      const document = await readMailboxFile(files, folder, user, epoch);
      const mailbox = document ? Mailbox.restore(KEEP_ALL, document) : new Mailbox(KEEP_ALL);
      if (document) setApplied(mailbox, document);
      const last = document && includedRecord(document);
      for (const record of records) if (record.lsn > (last?.lsn ?? 0)) applyRecord(user, mailbox, record);
      const isInJournal = records.some((record) => isSame(record, last));
      manifest?.check(user, mailboxPath(folder, user), last, isInJournal);
      return { user, mailbox };
    } catch (error) {
      return { user, fault: error instanceof Error ? error : new Error(String(error)) };
    }
  }
}

const bytesOf = (segments: readonly SegmentSpans[]): number =>
  segments.reduce((sum, { spans }) => sum + spans.reduce((bytes, span, index) => bytes + (index % 2 ? span : 0), 0), 0);

/** Merges the spans of several users: each segment once, its spans sorted, the span of a record of two users once. */
function merge(parts: readonly SegmentSpans[]): SegmentSpans[] {
  const segments = new Map<number, [number, number][]>();
  for (const { segment, spans } of parts) {
    const lines = segments.get(segment) ?? [];
    segments.set(segment, lines);
    for (let index = 0; index < spans.length; index += 2) {
      lines.push([spans[index] as number, spans[index + 1] as number]);
    }
  }
  return [...segments]
    .sort(([a], [b]) => a - b)
    .map(([segment, lines]) => {
      const sorted = lines.sort(([a], [b]) => a - b);
      return { segment, spans: sorted.filter(([start], index) => start !== sorted[index - 1]?.[0]).flat() };
    });
}

/** Yields the results of `load` in the order of the items, and loads a few items ahead. `load` must not reject. */
async function* loadAhead<T, R>(items: readonly T[], load: (item: T) => Promise<R>): AsyncGenerator<R> {
  const loading: Promise<R>[] = [];
  try {
    for (const item of items) {
      loading.push(load(item));
      if (loading.length > SNAPSHOT.readAhead) yield (await loading.shift()) as R;
    }
    for (let next = loading.shift(); next; next = loading.shift()) yield await next;
  } finally {
    await Promise.all(loading); // After an early return the caller closes the files that these still read.
  }
}
