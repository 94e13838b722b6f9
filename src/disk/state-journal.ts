/**
 * A small state that survives its process: `state.json` with what it was at some point, and a journal of what happened
 * since. For a client's outbox and inbox; the store, whose state is too large to be written in one go, has checkpoints.
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
  type JournalTail,
  nextSegment,
  removeBeginnings,
  removeOthers,
  scanJournal,
} from './journal-folder.js';
import { parseLine } from './journal-format.js';
import { readJsonFile, writeJsonFile } from './json-file.js';
import { JOURNAL } from './limits.js';

interface StateJournalOptions<R extends object> {
  /** Made if it is not there. The caller holds its lock. */
  readonly folder: string;
  readonly files: Files;
  readonly clock: Pick<Clock, 'now' | 'defer' | 'monotonic'>;
  readonly log: Log;
  readonly limits?: Partial<Bounds<typeof JOURNAL>>;
  /** Takes a record into the state: those of earlier lives at opening, in order, later ones when they are durable. */
  readonly apply: (record: R) => void;
  /** Records that make the state from nothing. Asked for at opening and when the journal has grown. */
  readonly snapshot: () => readonly R[];
  /** Called once, when the disk has failed (storage 3). */
  readonly onBroken: (error: DiskBroken) => void;
}

interface StateDocument<R> {
  readonly epoch: string;
  /** The segments that count: what happened since. */
  readonly segments: readonly number[];
  readonly state: readonly R[];
}

const FORMAT = 1;

/** @throws Damaged, FileMissing, FileEmpty, NewerFormat; system errors when nothing can be written. */
export async function openStateJournal<R extends object>(options: StateJournalOptions<R>): Promise<StateJournal<R>> {
  const { files, folder } = options;
  const journal = join(folder, 'journal');
  await files.makeFolder(journal);
  const before = await readState<R>(files, folder);
  if (!before) await removeBeginnings(files, journal);
  const epoch = before?.epoch ?? randomUUID();
  const place = before && { files, folder: journal, epoch, segments: before.segments };
  const tail = before && place ? await replay(options, place, before) : { lsn: 0, chain: 0 };
  const next = place ? await nextSegment(place) : 1;
  // Nothing is removed before the new state is on disk: the one that was read may be in the page cache only.
  const end = await createSegment({ files, folder: journal }, next, { epoch, ...tail }, (begun) =>
    writeState(options, begun),
  );
  await removeOthers(files, journal, next);
  return new StateJournal(options, end, journal);
}

/** Records are durable and applied in batches, as in every journal. */
export class StateJournal<R extends object> {
  readonly #options: StateJournalOptions<R>;
  readonly #journal: Journal;
  readonly #folder: string;
  /** Bytes of journal at which the state is written anew. */
  #dueBytes: number;
  #rewriting: Promise<void> | undefined;

  constructor(options: StateJournalOptions<R>, end: ActiveSegment, folder: string) {
    const { files, clock, onBroken } = options;
    const limits = { ...JOURNAL, ...options.limits };
    this.#options = options;
    this.#folder = folder;
    this.#dueBytes = limits.rewriteBytes;
    this.#journal = new Journal(end, { files, folder, clock, limits, onBroken, onBatch: () => this.#consider() });
  }

  /** Durable and applied when it resolves. @throws CannotWrite, DiskBroken. */
  append(record: R): Promise<void> {
    return new Promise((resolve, refused) => {
      const written = (): void => {
        this.#options.apply(record);
        resolve();
      };
      this.#journal.append(JSON.stringify(record).slice(1, -1), { written, refused });
    });
  }

  /** What was handed over is durable; afterwards everything is refused. */
  async close(): Promise<void> {
    await this.#rewriting;
    await this.#journal.close();
  }

  #consider(): void {
    if (this.#journal.segmentBytes < this.#dueBytes) return;
    this.#rewriting ??= this.#rewrite().finally(() => {
      this.#rewriting = undefined;
    });
  }

  /** Between two batches the state is exactly what is durable: that is when it is written. */
  async #rewrite(): Promise<void> {
    const { files, log, limits } = this.#options;
    try {
      let written = 0;
      await this.#journal.rotate(async (begun) => {
        written = await writeState(this.#options, begun);
      });
      await removeOthers(files, this.#folder, this.#journal.segment);
      this.#dueBytes = Math.max(limits?.rewriteBytes ?? JOURNAL.rewriteBytes, 2 * written);
    } catch (error) {
      if (!(error instanceof CannotWrite)) return this.#journal.fail(error);
      this.#dueBytes += JOURNAL.rewriteBytes;
      log.warn('rewrite-postponed', { reason: error.message });
    }
  }
}

/** What the folder holds, applied in order. */
async function replay<R extends object>(
  { log, clock, apply }: StateJournalOptions<R>,
  journal: JournalFolder,
  { state }: StateDocument<R>,
): Promise<JournalTail> {
  for (const record of state) apply(record);
  const tail = await scanJournal(journal, String(clock.now()), {
    record: ({ bytes, start, end }) => apply(parseLine<R>(bytes, start, end)),
  });
  if (tail.torn) log.warn('journal-torn', { ...tail.torn });
  return tail;
}

const fileOf = (files: Files, folder: string) => ({ files, path: join(folder, 'state.json'), format: FORMAT });

async function readState<R>(files: Files, folder: string): Promise<StateDocument<R> | undefined> {
  try {
    return await readJsonFile<StateDocument<R>>(fileOf(files, folder));
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
  return writeJsonFile(fileOf(files, folder), document);
}
