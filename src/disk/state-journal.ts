/**
 * A small durable state: a snapshot in `state.json` and a journal of the records since. For a client's outbox and
 * inbox; the store has too much state to write it at once, and uses checkpoints instead.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../io/clock.js';
import type { Files } from '../io/files.js';
import type { Log } from '../io/log.js';
import type { Bounds } from '../protocol/limits.js';
import { type ActiveSegment, createSegment } from './active-segment.js';
import { CannotWrite, type DiskBroken, FileMissing } from './disk-errors.js';
import { Journal } from './journal.js';
import {
  type JournalFolder,
  nextSegmentNumber,
  refuseUnlistedSegments,
  removeOtherSegments,
  removeUnfinishedSegments,
  scanJournal,
} from './journal-folder.js';
import { parseLine } from './journal-format.js';
import type { ScanEnd } from './journal-reader.js';
import { readJsonFile, writeJsonFile } from './json-file.js';
import { JOURNAL } from './limits.js';
import { copyTornTail } from './torn-tail.js';

interface StateJournalOptions<R extends object> {
  /** Created if it does not exist. The caller holds its lock. */
  readonly folder: string;
  readonly files: Files;
  readonly clock: Pick<Clock, 'now' | 'defer' | 'monotonic'>;
  readonly log: Log;
  readonly limits?: Partial<Bounds<typeof JOURNAL>>;
  /** Applies a record to the state: stored ones at opening, in order; new ones when they are durable. */
  readonly apply: (record: R) => void;
  /** Called at opening, when the stored records were applied. */
  readonly onReplayed?: () => void;
  /** The members of a record as JSON, without the braces. Default: all of them. */
  readonly encode?: (record: R) => string;
  /** Records that rebuild the current state from nothing. Called at opening and when the journal has grown. */
  readonly snapshot: () => readonly R[];
  /** Called once, when the disk has failed: nothing can be written any more (storage 3). */
  readonly onBroken: (error: DiskBroken) => void;
}

interface StateDocument<R> {
  readonly epoch: string;
  /** The segments with the records since. */
  readonly segments: readonly number[];
  readonly state: readonly R[];
}

const FORMAT = 1;

/**
 * Opens the state: applies what is stored, and writes it again as a snapshot, durable when this resolves.
 * @throws Damaged, FileMissing, FileEmpty, NewerFormat; system errors when nothing can be written.
 */
export async function openStateJournal<R extends object>(options: StateJournalOptions<R>): Promise<StateJournal<R>> {
  const { files, folder } = options;
  const journal = join(folder, 'journal');
  await files.makeFolder(journal);
  const before = await readState<R>(files, folder);
  if (!before) await removeUnfinishedSegments(files, journal);
  const epoch = before?.epoch ?? randomUUID();
  const place = before && { files, folder: journal, epoch, segments: before.segments };
  const { lsn, chain } = before && place ? await replay(options, place, before) : { lsn: 0, chain: 0 };
  options.onReplayed?.();
  if (place) await refuseUnlistedSegments(place);
  const next = await nextSegmentNumber(files, journal);
  // Nothing is removed before the new state is durable: the state just read may be in the page cache only.
  const end = await createSegment({ files, folder: journal }, next, { epoch, lsn, chain }, (created) =>
    writeState(options, created),
  );
  await removeOtherSegments(files, journal, [next]);
  return new StateJournal(options, end, journal);
}

/** A journal whose state is written again when the journal has grown. */
export class StateJournal<R extends object> {
  readonly #options: StateJournalOptions<R>;
  readonly #journal: Journal;
  readonly #folder: string;
  /** Bytes of journal at which the state is written again. */
  #dueBytes: number;
  #rewriting: Promise<void> | undefined;

  constructor(options: StateJournalOptions<R>, end: ActiveSegment, folder: string) {
    const { files, clock, onBroken } = options;
    const limits = { ...JOURNAL, ...options.limits };
    this.#options = options;
    this.#folder = folder;
    this.#dueBytes = limits.rewriteBytes;
    this.#journal = new Journal(end, { files, folder, clock, limits, onBroken, onBatch: () => this.#rewriteIfDue() });
  }

  /** Appends a record: durable and applied when it resolves. @throws CannotWrite, DiskBroken. */
  append(record: R): Promise<void> {
    return this.appendAll([record]);
  }

  /** Appends records in this order: all durable and applied when it resolves; if it rejects with CannotWrite, none is kept. */
  appendAll(records: readonly R[]): Promise<void> {
    const { apply, encode = membersOf } = this.#options;
    if (records.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const written = (): void => {
        for (const record of records) apply(record);
        resolve();
      };
      this.#journal.append(records.map(encode), { written, refused: reject });
    });
  }

  /** Resolves when all appended records are durable. Later ones are refused. */
  async close(): Promise<void> {
    await this.#rewriting;
    await this.#journal.close();
  }

  #rewriteIfDue(): void {
    if (this.#journal.active.bytes < this.#dueBytes) return;
    this.#rewriting ??= this.#rewrite().finally(() => {
      this.#rewriting = undefined;
    });
  }

  /** Writes the state between two batches, when it is exactly what is durable. */
  async #rewrite(): Promise<void> {
    const { files, log, limits } = this.#options;
    try {
      let written = 0;
      await this.#journal.rotate(async (created) => {
        written = await writeState(this.#options, created);
      });
      await removeOtherSegments(files, this.#folder, [this.#journal.segment]);
      this.#dueBytes = Math.max(limits?.rewriteBytes ?? JOURNAL.rewriteBytes, 2 * written);
    } catch (error) {
      if (!(error instanceof CannotWrite)) return this.#journal.fail(error);
      this.#dueBytes += JOURNAL.rewriteBytes;
      log.warn('rewrite-postponed', { reason: error.message });
    }
  }
}

const membersOf = (record: object): string => JSON.stringify(record).slice(1, -1);

/** Applies the stored state and the records since, in order. */
async function replay<R extends object>(
  { log, clock, apply }: StateJournalOptions<R>,
  journal: JournalFolder,
  { state }: StateDocument<R>,
): Promise<ScanEnd> {
  for (const record of state) apply(record);
  const end = await scanJournal(journal, () => ({
    record: ({ bytes, start, end }) => apply(parseLine<R>(bytes, start, end)),
  }));
  const torn = await copyTornTail(journal, end, String(clock.now()));
  if (torn) log.warn('journal-torn', { ...torn });
  return end;
}

const stateFile = (files: Files, folder: string) => ({ files, path: join(folder, 'state.json'), format: FORMAT });

async function readState<R>(files: Files, folder: string): Promise<StateDocument<R> | undefined> {
  try {
    return await readJsonFile<StateDocument<R>>(stateFile(files, folder));
  } catch (error) {
    if (error instanceof FileMissing) return undefined;
    throw error;
  }
}

function writeState<R extends object>(
  { files, folder, snapshot }: StateJournalOptions<R>,
  { epoch, segment }: ActiveSegment,
): Promise<number> {
  const document: StateDocument<R> = { epoch, segments: [segment], state: snapshot() };
  return writeJsonFile(stateFile(files, folder), document);
}
