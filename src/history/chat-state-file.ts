/** The state of the chat screen between two runs, as one small JSON file: the open conversation, their order, the drafts. */
import { dirname } from 'node:path';
import { Damaged, FileEmpty, FileMissing } from '../disk/disk-errors.js';
import { type JsonFileOptions, readJsonFile, writeJsonFile } from '../disk/json-file.js';
import type { Files } from '../io/files.js';

export interface Draft {
  readonly to: string;
  readonly text: string;
  /** Set when the message has left the composer: the history may contain a message with this id. */
  readonly id?: string;
}

export interface ChatState {
  /** The open conversation. */
  readonly peer?: string;
  /** The peers of all conversations, the one with the newest message first. */
  readonly recent: readonly string[];
  /** Text that is not sent, and to whom it is. */
  readonly drafts: readonly Draft[];
  /** Peers of conversations that are not in the list until a new message comes. */
  readonly closed: readonly string[];
  /** Peers whose messages are not announced. */
  readonly muted: readonly string[];
}

const EMPTY: ChatState = { recent: [], drafts: [], closed: [], muted: [] };

export class ChatStateFile {
  /** To be written next; a newer state replaces it. */
  #pending: ChatState | undefined;
  #writing: Promise<void> | undefined;
  readonly #file: JsonFileOptions;

  constructor(files: Files, path: string) {
    this.#file = { files, path, format: 1 };
  }

  /** The saved state; empty when there is none. A damaged or empty file is renamed to `….broken`. */
  async load(): Promise<ChatState> {
    try {
      const state = await readJsonFile<Partial<ChatState>>(this.#file);
      const { peer, recent = [], drafts = [], closed = [], muted = [] } = state;
      return { recent, drafts, closed, muted, ...(peer !== undefined && { peer }) };
    } catch (error) {
      if (error instanceof FileMissing) return EMPTY;
      if (!(error instanceof Damaged || error instanceof FileEmpty)) throw error;
      const { files, path } = this.#file;
      await files.rename(path, `${path}.broken`);
      return EMPTY;
    }
  }

  /** Resolves when this state, or a newer one, is durable. During a write only the newest state waits. */
  save(chatState: ChatState): Promise<void> {
    this.#pending = chatState;
    this.#writing ??= this.#write();
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { files, path } = this.#file;
    try {
      await files.makeFolder(dirname(path));
      while (this.#pending) {
        const chatState = this.#pending;
        this.#pending = undefined;
        await writeJsonFile(this.#file, chatState);
      }
    } finally {
      this.#writing = undefined;
    }
  }
}
