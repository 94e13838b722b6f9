/**
 * The drafts as of the last key, written synchronously before the key is shown: they survive a crash of the process. They are not
 * synced: after a power loss the chat state file, which is synced, has the drafts.
 */
import { closeSync, constants, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../disk/disk-errors.js';
import type { Draft } from './chat-state-file.js';

export class UnsyncedDrafts {
  #fd: number | undefined;

  constructor(private readonly path: string) {}

  /** The drafts that were saved last; none when the file is missing or cannot be parsed. */
  read(): readonly Draft[] {
    try {
      // A crash before `ftruncate` leaves the rest of a longer, older line behind the new one: only the first line counts.
      const [line = ''] = readFileSync(this.path, 'utf8').split('\n', 1);
      const drafts: unknown = JSON.parse(line);
      return Array.isArray(drafts) ? drafts.filter(isDraft) : [];
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return [];
      throw error;
    }
  }

  save(drafts: readonly Draft[]): void {
    this.#fd ??= this.#open();
    const bytes = Buffer.from(`${JSON.stringify(drafts)}\n`);
    writeSync(this.#fd, bytes, 0, bytes.length, 0);
    ftruncateSync(this.#fd, bytes.length);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
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
