/** How the user left the desk: which conversation was open, what was being written. Kept as one small document. */
import { dirname } from 'node:path';
import { Damaged, FileEmpty, FileMissing } from '../disk/disk-errors.js';
import { type JsonFileOptions, readJsonFile, writeJsonFile } from '../disk/json-file.js';
import type { Files } from '../io/files.js';

export interface Draft {
  readonly to: string;
  readonly text: string;
  /** Of a message that has left the composer, and may be in the history. */
  readonly id?: string;
}

export interface ChatState {
  /** The conversation that is open. */
  readonly peer?: string;
  /** The conversations, the one of the newest message first. */
  readonly recent: readonly string[];
  /** What is being written, to whom. */
  readonly drafts: readonly Draft[];
}

const EMPTY: ChatState = { recent: [], drafts: [] };

export class ChatStateFile {
  #wanted: ChatState | undefined;
  #writing: Promise<void> | undefined;
  readonly #file: JsonFileOptions;

  constructor(files: Files, path: string) {
    this.#file = { files, path, format: 1 };
  }

  /** The desk as it was left. A damaged one is kept beside under another name, and an empty one taken. */
  async load(): Promise<ChatState> {
    try {
      const { peer, recent = [], drafts = [] } = await readJsonFile<Partial<ChatState>>(this.#file);
      return { recent, drafts, ...(peer !== undefined && { peer }) };
    } catch (error) {
      if (error instanceof FileMissing) return EMPTY;
      if (!(error instanceof Damaged || error instanceof FileEmpty)) throw error;
      const { files, path } = this.#file;
      await files.rename(path, `${path}.broken`);
      return EMPTY;
    }
  }

  /** Keeps the desk: durable when it resolves. While one is being written, only the newest waits. */
  save(chatState: ChatState): Promise<void> {
    this.#wanted = chatState;
    this.#writing ??= this.#write();
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { files, path } = this.#file;
    try {
      await files.makeFolder(dirname(path));
      while (this.#wanted) {
        const chatState = this.#wanted;
        this.#wanted = undefined;
        await writeJsonFile(this.#file, chatState);
      }
    } finally {
      this.#writing = undefined;
    }
  }
}
