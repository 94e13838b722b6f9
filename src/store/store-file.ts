/** `store.json`: which store this is, and which segments of the journal count. */
import { join } from 'node:path';
import type { Files } from '../io/files.js';
import { openJsonFile, readJsonFile } from '../storage/json-file.js';

export const STORE_FORMAT = 1;

export interface StoreDocument {
  /** Names this store's life: a new store, a new epoch. */
  readonly epoch: string;
  /** Changes with every change of this file: who reads the folder meanwhile reads again (storage 12). */
  readonly generation: number;
  /** How often the store was opened. */
  readonly opened: number;
  /** The segments of the journal that count, oldest first. */
  readonly segments: readonly number[];
}

const optionsOf = (files: Files, folder: string) => ({ files, path: join(folder, 'store.json'), format: STORE_FORMAT });

/** @throws FileMissing, FileEmpty, Damaged, NewerFormat. */
export const readStoreFile = (files: Files, folder: string): Promise<StoreDocument> =>
  readJsonFile<StoreDocument>(optionsOf(files, folder));

/** The document while the store is open: the file follows every change. */
export class StoreFile {
  #document: StoreDocument;

  constructor(
    readonly files: Files,
    readonly folder: string,
    document: StoreDocument,
  ) {
    this.#document = document;
  }

  get document(): StoreDocument {
    return this.#document;
  }

  /** Durable when it resolves; when it rejects, nothing has changed. */
  async change(change: Partial<Omit<StoreDocument, 'generation'>>): Promise<void> {
    const next = { ...this.#document, ...change, generation: this.#document.generation + 1 };
    const low = await openJsonFile(optionsOf(this.files, this.folder), next);
    low.data = next;
    await low.write();
    this.#document = next;
  }
}
