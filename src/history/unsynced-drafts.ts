/**
 * What is being written right now, noted with each key before the key is seen: it survives the sudden death of the process.
 * It is not synced: after a power cut the desk counts, which is.
 */
import { closeSync, constants, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../disk/disk-errors.js';
import type { Draft } from './chat-state-file.js';

export class UnsyncedDrafts {
  #file: number | undefined;

  constructor(private readonly path: string) {}

  /** What was noted last; nothing when it cannot be read. */
  read(): readonly Draft[] {
    try {
      // A shorter note over a longer one may have been cut short before the rest went: the first line counts.
      const [line = ''] = readFileSync(this.path, 'utf8').split('\n', 1);
      const noted: unknown = JSON.parse(line);
      return Array.isArray(noted) ? noted.filter(isDraft) : [];
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return [];
      throw error;
    }
  }

  note(drafts: readonly Draft[]): void {
    this.#file ??= this.#open();
    const bytes = Buffer.from(`${JSON.stringify(drafts)}\n`);
    writeSync(this.#file, bytes, 0, bytes.length, 0);
    ftruncateSync(this.#file, bytes.length);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): number {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    return openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o600);
  }
}

const isDraft = (draft: Partial<Draft> | null): draft is Draft =>
  typeof draft?.to === 'string' &&
  typeof draft.text === 'string' &&
  (draft.id === undefined || typeof draft.id === 'string');
