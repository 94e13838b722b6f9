/**
 * The state folder on disk: `state.json` (what was so when the journal's segment began) and one segment of journal (what
 * happened since), held by one process at a time.
 *
 *     state.json       whose it is, which segment counts, and the ledger as it was when that segment began
 *     000007.ndjson    one record a line since then
 *     lock             who holds the folder
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../io/clock.js';
import type { Files } from '../io/files.js';
import type { Log } from '../io/log.js';
import { CLIENT } from '../protocol/limits.js';
import { CannotWrite, Damaged, FileMissing } from '../storage/faults.js';
import { Journal } from '../storage/journal.js';
import { createSegment, type JournalEnd } from '../storage/journal-end.js';
import { scanSegment } from '../storage/journal-reader.js';
import { readJsonFile, removeIfThere, writeJsonFile } from '../storage/json-file.js';
import { acquireLock, type FolderLock, FolderLocked } from '../storage/lock.js';
import { parseLine, segmentName, segmentNumber } from '../storage/segment.js';
import { Ledger, type LedgerDocument } from './ledger.js';
import { type SavedState, type State, StateLocked, type StateRecord } from './state.js';

export interface StateFolderOptions {
  /** It is made, with mode 0700, if it is not there. */
  readonly folder: string;
  readonly user: string;
}

export interface StateFolderPorts {
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
}

interface StateDocument extends LedgerDocument {
  readonly user: string;
  /** Names the journal's life. */
  readonly epoch: string;
  /** The one segment that counts. It began when this document was written. */
  readonly segment: number;
}

const FORMAT = 1;

/**
 * Takes the folder and reads it. Everything it returns is on disk, whatever the page cache held before (storage 4).
 * @throws StateLocked; Damaged, FileMissing, FileEmpty, NewerFormat: nothing was changed then; Error: of another user.
 */
export async function openState(options: StateFolderOptions, ports: StateFolderPorts): Promise<State> {
  const { folder } = options;
  const { files, clock } = ports;
  const lock = await acquireLock({ folder, files, clock }).catch((error: unknown) => {
    if (error instanceof FolderLocked) throw new StateLocked(folder, describe(error.holder));
    throw error;
  });
  try {
    const { ledger, end } = await recover(options, ports);
    return new StateFolder(options, ports, lock, ledger, end);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

const describe = (holder: FolderLocked['holder']): string => (holder ? `process ${holder.pid}` : 'another process');

interface Recovered {
  readonly ledger: Ledger;
  /** A new segment: everything before it is in `state.json`. */
  readonly end: JournalEnd;
}

async function recover(options: StateFolderOptions, ports: StateFolderPorts): Promise<Recovered> {
  const { folder, user } = options;
  const { files } = ports;
  const document = await readDocument(files, folder);
  if (document && document.user !== user)
    throw new Error(`${folder} belongs to the user ${document.user}, not ${user}`);
  await removeLeftovers(files, folder, document);

  const ledger = new Ledger(document);
  const start = { epoch: document?.epoch ?? randomUUID(), lsn: 0, chain: 0 };
  const before = document ? await replay(document, options, ports, ledger) : start;
  const end = await createSegment({ files, folder }, (document?.segment ?? 0) + 1, { ...start, ...before });
  try {
    await writeDocument(files, folder, { user, epoch: end.epoch, segment: end.segment, ...ledger.document() });
    if (document) await files.remove(join(folder, segmentName(document.segment)));
  } catch (error) {
    await end.file.close();
    throw error;
  }
  return { ledger, end };
}

async function readDocument(files: Files, folder: string): Promise<StateDocument | undefined> {
  try {
    return await readJsonFile<StateDocument>({ files, path: documentPath(folder), format: FORMAT });
  } catch (error) {
    if (error instanceof FileMissing) return undefined;
    throw error;
  }
}

const documentPath = (folder: string): string => join(folder, 'state.json');

const writeDocument = (files: Files, folder: string, document: StateDocument): Promise<number> =>
  writeJsonFile({ files, path: documentPath(folder), format: FORMAT }, document);

/** Segments whose `state.json` was never written, or that it has overtaken. */
async function removeLeftovers(files: Files, folder: string, document: StateDocument | undefined): Promise<void> {
  for (const name of await files.list(folder)) {
    const segment = segmentNumber(name);
    if (segment === undefined || segment === document?.segment) continue;
    const path = join(folder, name);
    const bytes = document ? undefined : await files.read(path);
    if (bytes && bytes.indexOf(0x0a) < bytes.length - 1) {
      throw new Damaged(documentPath(folder), undefined, `it is missing, but ${name} has records`);
    }
    await removeIfThere(files, path);
  }
}

/** Applies what happened since `state.json`. A torn tail was never said to be durable: it is kept in a copy (R19). */
async function replay(
  { segment, epoch }: StateDocument,
  { folder }: StateFolderOptions,
  { files, clock, log }: StateFolderPorts,
  ledger: Ledger,
): Promise<{ lsn: number; chain: number }> {
  const { lsn, chain, bytes, torn } = await scanSegment(
    { files, folder, segment, epoch, last: true },
    { record: (line) => ledger.apply(parseLine<StateRecord>(line.bytes, line.start, line.end)) },
  );
  if (torn !== undefined) {
    const path = join(folder, segmentName(segment));
    const copy = `${path}.broken-${clock.now()}`;
    await files.copy(path, copy);
    log.warn('state journal cut', { path, position: bytes, reason: torn, copy });
  }
  return { lsn, chain };
}

class StateFolder implements State {
  readonly saved: SavedState;
  readonly #journal: Journal;
  /** Bytes of journal at which it is time for a new `state.json`. */
  #compactAt: number = CLIENT.compactBytes;
  #compacting: Promise<void> | undefined;

  constructor(
    private readonly options: StateFolderOptions,
    private readonly ports: StateFolderPorts,
    private readonly lock: FolderLock,
    private readonly ledger: Ledger,
    end: JournalEnd,
  ) {
    this.saved = ledger.saved();
    this.#journal = new Journal(end, {
      files: ports.files,
      folder: options.folder,
      clock: ports.clock,
      onBatch: () => this.#compactWhenDue(),
      onBroken: (error) => ports.log.error('state folder broken', error, { folder: options.folder }),
    });
  }

  append(record: StateRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#journal.append(JSON.stringify(record).slice(1, -1), {
        written: () => {
          this.ledger.apply(record);
          resolve();
        },
        refused: reject,
      });
    });
  }

  async close(): Promise<void> {
    try {
      await this.#journal.close();
      await this.#compacting;
    } finally {
      await this.lock.release();
    }
  }

  #compactWhenDue(): void {
    if (this.#compacting || this.#journal.segmentBytes < this.#compactAt) return;
    this.#compacting = this.#compact().finally(() => {
      this.#compacting = undefined;
    });
  }

  /** Bounds the folder: what is settled is forgotten. Between two batches, so the ledger is what the segment holds. */
  async #compact(): Promise<void> {
    const { files, log } = this.ports;
    const { folder, user } = this.options;
    const old = join(folder, segmentName(this.#journal.segment));
    try {
      await this.#journal.rotate(async ({ epoch, segment }) => {
        const size = await writeDocument(files, folder, { user, epoch, segment, ...this.ledger.document() });
        this.#compactAt = Math.max(CLIENT.compactBytes, 2 * size);
      });
      await files.remove(old);
    } catch (error) {
      if (error instanceof CannotWrite) this.#compactAt += CLIENT.compactBytes; // The disk is full: later.
      log.warn('state folder not compacted', { folder, reason: String(error) });
    }
  }
}
