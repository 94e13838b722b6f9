/** `store.json`: which store this is, and which segments of the journal count. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type JsonFile, openJsonFile, readJsonFile } from '../disk/json-file.js';
import type { Files } from '../io/files.js';

const STORE_FORMAT = 1;

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

/** The document of an open store: the file follows every change. */
export class StoreFile {
  readonly #low: JsonFile<StoreDocument>;

  private constructor(low: JsonFile<StoreDocument>) {
    this.#low = low;
  }

  /** As it is, or, where there is none yet, with a new epoch. @throws FileEmpty, Damaged, NewerFormat. */
  static async open(files: Files, folder: string): Promise<StoreFile> {
    const fresh = { epoch: randomUUID(), generation: 0, opened: 0, segments: [] };
    return new StoreFile(await openJsonFile<StoreDocument>(optionsOf(files, folder), fresh));
  }

  get document(): StoreDocument {
    return this.#low.data;
  }

  /** Whether there is no file yet. */
  get isNew(): boolean {
    return this.document.generation === 0;
  }

  /** Durable when it resolves; when it rejects, nothing has changed. */
  async change(change: Partial<Pick<StoreDocument, 'opened' | 'segments'>>): Promise<void> {
    const before = this.document;
    this.#low.data = { ...before, ...change, generation: before.generation + 1 };
    try {
      await this.#low.write();
    } catch (error) {
      this.#low.data = before;
      throw error;
    }
  }
}
