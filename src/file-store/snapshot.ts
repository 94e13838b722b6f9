/** The mailboxes of a snapshot: their files, and the records of the journal that are not in the files yet, batch by batch. */

import type { OpenFileSet } from '../disk/open-file-set.js';
import { MAILBOX } from '../store/limits.js';
import type { JournalIndex, SegmentSpans } from './journal-index.js';
import type { JournalRecord } from './journal-records.js';
import { SNAPSHOT } from './limits.js';
import { Mailbox, type MailboxLimits } from './mailbox.js';
import { readMailboxFile } from './mailbox-file.js';
import { readRecords } from './mailbox-loader.js';

/** One mailbox, or why it cannot be read: the others can (storage 14). */
type SnapshotMailbox =
  | { readonly user: string; readonly mailbox: Mailbox }
  | { readonly user: string; readonly fault: Error };

interface SnapshotParts {
  readonly files: OpenFileSet;
  readonly folder: string;
  readonly epoch: string;
  readonly lsn: number;
  readonly index: JournalIndex;
  readonly users: readonly string[];
}

/** What is still there is shown: how much of it the server keeps, only the server knows. */
const KEEP_ALL: MailboxLimits = {
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

  /** Of the last record that is in it. */
  get lsn(): number {
    return this.#parts.lsn;
  }

  /** All mailboxes, in the order of their users; few are in memory at a time. */
  async *mailboxes(): AsyncGenerator<SnapshotMailbox> {
    for (const users of this.#batches()) {
      const records = await this.#readRecords(users);
      yield* inAdvance(users, (user) => this.#load(user, records.get(user) ?? []));
    }
  }

  close(): Promise<void> {
    return this.#parts.files.close();
  }

  /** Users whose records fit into memory together. */
  *#batches(): Generator<string[]> {
    let batch: string[] = [];
    let bytes = 0;
    for (const user of this.#parts.users) {
      batch.push(user);
      bytes += bytesOf(this.#parts.index.of(user));
      if (bytes < SNAPSHOT.batchBytes) continue;
      yield batch;
      batch = [];
      bytes = 0;
    }
    if (batch.length > 0) yield batch;
  }

  /** Read in the order in which they lie there: one way through the journal for all of them. */
  async #readRecords(users: readonly string[]): Promise<Map<string, JournalRecord[]>> {
    const records = new Map(users.map((user): [string, JournalRecord[]] => [user, []])); // storage 9
    for (const place of inOrder(users.flatMap((user) => this.#parts.index.of(user)))) {
      await readRecords(this.#parts, place, (record) => records.get(record.user)?.push(record));
    }
    return records;
  }

  async #load(user: string, records: readonly JournalRecord[]): Promise<SnapshotMailbox> {
    const { files, folder, epoch } = this.#parts;
    try {
      const document = await readMailboxFile(files, folder, user, epoch);
      const mailbox = document ? Mailbox.restored(KEEP_ALL, document) : new Mailbox(KEEP_ALL);
      const applied = document?.appliedLsn ?? 0;
      for (const record of records) if (record.lsn > applied) mailbox.apply(record);
      return { user, mailbox };
    } catch (error) {
      return { user, fault: error instanceof Error ? error : new Error(String(error)) };
    }
  }
}

const bytesOf = (places: readonly SegmentSpans[]): number =>
  places.reduce((sum, { spans }) => sum + spans.reduce((bytes, span, index) => bytes + (index % 2 ? span : 0), 0), 0);

/** The places of several users as one: each segment once, its lines in their order. */
function inOrder(places: readonly SegmentSpans[]): SegmentSpans[] {
  const segments = new Map<number, [number, number][]>();
  for (const { segment, spans } of places) {
    const lines = segments.get(segment) ?? [];
    segments.set(segment, lines);
    for (let index = 0; index < spans.length; index += 2) {
      lines.push([spans[index] as number, spans[index + 1] as number]);
    }
  }
  return [...segments]
    .sort(([a], [b]) => a - b)
    .map(([segment, lines]) => ({ segment, spans: lines.sort(([a], [b]) => a - b).flat() }));
}

/** What `load` makes of the items, in their order; a few are loaded before they are asked for. `load` must not reject. */
async function* inAdvance<T, R>(items: readonly T[], load: (item: T) => Promise<R>): AsyncGenerator<R> {
  const loading: Promise<R>[] = [];
  try {
    for (const item of items) {
      loading.push(load(item));
      if (loading.length > SNAPSHOT.readAhead) yield (await loading.shift()) as R;
    }
    for (let next = loading.shift(); next; next = loading.shift()) yield await next;
  } finally {
    await Promise.all(loading); // Whoever stops early closes the files next.
  }
}
