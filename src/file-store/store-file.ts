/** `store.json`: the identity of the store, and which of its other files count. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { JournalEnd } from '../disk/journal-recovery.js';
import { type JsonFile, openJsonFile, readJsonFile, writeJsonFile } from '../disk/json-file.js';
import type { Files } from '../io/files.js';
import type { CheckpointedMailbox } from './mailbox-manifest.js';

/** 2: `mailboxes` and `cleanEnd`. 3: records of devices in the journal. */
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
  /** The files of the mailboxes at the last checkpoint, in any order. Undefined in format 1. */
  readonly mailboxes?: readonly CheckpointedMailbox[];
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

/** Writes the file of a new store. Durable when it resolves. */
export const writeStoreFile = (files: Files, folder: string, document: StoreDocument): Promise<number> =>
  writeJsonFile(fileOptions(files, folder), document);

/** The document of an open store. Every change is written to the file. */
export class StoreFile {
  readonly #file: JsonFile<StoreDocument>;

  private constructor(file: JsonFile<StoreDocument>) {
    this.#file = file;
  }

  /** Without a file the document has a new epoch, and is not written yet. @throws FileEmpty, Damaged, NewerFormat. */
  static async open(files: Files, folder: string): Promise<StoreFile> {
    const fresh = { epoch: randomUUID(), generation: 0, opened: 0, segments: [], mailboxes: [] };
    return new StoreFile(await openJsonFile<StoreDocument>(fileOptions(files, folder), fresh));
  }

  get document(): StoreDocument {
    return this.#file.data;
  }

  /** Whether there is no file yet. */
  get isNew(): boolean {
    return this.document.generation === 0;
  }

  /** Durable when it resolves; if it rejects, nothing has changed. */
  async change(change: Partial<Omit<StoreDocument, 'id' | 'epoch' | 'generation'>>): Promise<void> {
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
