/** `store.json`: the identity of the store, and which of its other files count. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { JournalEnd } from '../../disk/journal-recovery.js';
import { type JsonFile, openJsonFile, readJsonFile, writeJsonFile } from '../../disk/json-file.js';
import type { Files } from '../../io/files.js';
import { readCheckpointFile, removeOtherCheckpointFiles, writeCheckpointFile } from './checkpoint-file.js';
import type { CheckpointedMailbox } from './mailbox-manifest.js';

/** 2: `mailboxes` and `cleanEnd`. 3: records of devices in the journal, and `checkpoint` in place of `mailboxes`. */
const STORE_FORMAT = 3;

export interface StoreDocument {
  /** Names the store for clients on this machine: a restored store has the same id. Undefined: the epoch. */
  readonly id?: string;
  /** Identity of the store: a new store has a new epoch. */
  readonly epoch: string;
  /** Incremented by every change of this file: tells a reader of the folder to start again (storage 12). */
  readonly generation: number;
  /** How often the store was opened. */
  readonly opened: number;
  /** The segments of the journal, oldest first. Other files in its folder do not count. */
  readonly segments: readonly number[];
  /** The end of the journal at a clean stop. Undefined while the store is open, and after a crash. */
  readonly cleanEnd?: JournalEnd | undefined;
  /** The last checkpoint; see `readCheckpointFile`. Undefined in older formats. */
  readonly checkpoint?: number | undefined;
  /** In format 2 in place of that. */
  readonly mailboxes?: readonly CheckpointedMailbox[] | undefined;
}

/** Fences per opening of the store, more than claims can use up: a later opening gives higher ones. */
const FENCES_PER_OPENING = 2 ** 32;

/** The first fence of the present, or last, opening of the store. */
export const firstFenceOf = ({ opened }: StoreDocument): number => opened * FENCES_PER_OPENING;

const fileOptions = (files: Files, folder: string) => ({
  files,
  path: join(folder, 'store.json'),
  format: STORE_FORMAT,
});

/** @throws FileMissing, FileEmpty, Damaged, NewerFormat. */
export const readStoreFile = (files: Files, folder: string): Promise<StoreDocument> =>
  readJsonFile<StoreDocument>(fileOptions(files, folder));

/** The files of the mailboxes at the last checkpoint; undefined in format 1. @throws as `readCheckpointFile`. */
export const readCheckpointed = async (
  files: Pick<Files, 'open'>,
  folder: string,
  { epoch, checkpoint, mailboxes }: StoreDocument,
): Promise<readonly CheckpointedMailbox[] | undefined> =>
  checkpoint === undefined ? mailboxes : readCheckpointFile(files, folder, epoch, checkpoint);

/** Writes the file of a new store. Durable when it resolves. */
export const writeStoreFile = (files: Files, folder: string, document: StoreDocument): Promise<number> =>
  writeJsonFile(fileOptions(files, folder), document);

type StoreChange = Partial<Omit<StoreDocument, 'id' | 'epoch' | 'generation'>>;

/** The document of an open store. Every change is written to the file. */
export class StoreFile {
  readonly #files: Files;
  readonly #folder: string;
  readonly #file: JsonFile<StoreDocument>;
  /** Of the last change: settled when it is written, or was refused. */
  #changed: Promise<unknown> = Promise.resolve();

  private constructor(files: Files, folder: string, file: JsonFile<StoreDocument>) {
    this.#files = files;
    this.#folder = folder;
    this.#file = file;
  }

  /** Without a file the document has a new epoch, and is not written yet. @throws FileEmpty, Damaged, NewerFormat. */
  static async open(files: Files, folder: string): Promise<StoreFile> {
    const fresh = { epoch: randomUUID(), generation: 0, opened: 0, segments: [] };
    return new StoreFile(files, folder, await openJsonFile<StoreDocument>(fileOptions(files, folder), fresh));
  }

  get document(): StoreDocument {
    return this.#file.data;
  }

  /** Whether there is no file yet. */
  get isNew(): boolean {
    return this.document.generation === 0;
  }

  /** Changes are written one after the other. Durable when it resolves; if it rejects, nothing has changed. */
  change(changeOf: (document: StoreDocument) => StoreChange): Promise<void> {
    const write = (): Promise<void> => this.#write(changeOf(this.document));
    const changed = this.#changed.then(write, write);
    this.#changed = changed;
    return changed;
  }

  /** Records the mailboxes' files, which must be durable, together with another change. */
  async recordCheckpoint(
    mailboxes: readonly CheckpointedMailbox[],
    changeOf: (document: StoreDocument) => StoreChange,
  ): Promise<void> {
    const { epoch, checkpoint: before = 0 } = this.document;
    const checkpoint = before + 1;
    await writeCheckpointFile(this.#files, this.#folder, { epoch, checkpoint, mailboxes });
    await this.change((document) => ({ ...changeOf(document), checkpoint, mailboxes: undefined }));
    await removeOtherCheckpointFiles(this.#files, this.#folder, checkpoint);
  }

  async #write(change: StoreChange): Promise<void> {
    const before = this.document;
    this.#file.data = { ...before, ...change, generation: before.generation + 1 };
    try {
      await this.#file.write();
    } catch (error) {
      this.#file.data = before;
      throw error;
    }
  }
}
