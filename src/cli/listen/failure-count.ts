/**
 * How often the command of `im listen --exec` has failed for the message that it handles now, as a file in the state folder: it
 * counts on after a restart. One count is enough, since messages are handled in order.
 */
import { join } from 'node:path';
import type { IncomingMessage } from '../../client/events.js';
import { Damaged, FileEmpty, FileMissing } from '../../disk/disk-errors.js';
import { type JsonFileOptions, readJsonFile, writeJsonFile } from '../../disk/json-file.js';
import type { Files } from '../../io/files.js';

interface Count {
  readonly epoch: string;
  readonly seq: number;
  /** Of a replay: which one. */
  readonly replay?: string;
  readonly failed: number;
}

type Counted = Pick<IncomingMessage, 'epoch' | 'seq' | 'replay'>;

export class FailureCount {
  readonly #file: JsonFileOptions;

  /** @param stateFolder of the client, which is locked by this process before the first message arrives. */
  constructor(files: Files, stateFolder: string) {
    this.#file = { files, path: join(stateFolder, 'failed.json'), format: 1 };
  }

  /** Counts one more. Resolves with the new count when it is durable. */
  async add({ epoch, seq, replay }: Counted): Promise<number> {
    const saved = await this.#read();
    const isSame = saved?.epoch === epoch && saved.seq === seq && saved.replay === replay;
    const failed = isSame ? saved.failed + 1 : 1;
    await writeJsonFile(this.#file, { epoch, seq, ...(replay !== undefined && { replay }), failed } satisfies Count);
    return failed;
  }

  /** A damaged file counts as none: the message is tried more often. */
  async #read(): Promise<Count | undefined> {
    try {
      return await readJsonFile<Count>(this.#file);
    } catch (error) {
      if (error instanceof FileMissing || error instanceof FileEmpty || error instanceof Damaged) return undefined;
      throw error;
    }
  }
}
