/** The segment files of one conversation: list, read, create, append, prune. */
import { join } from 'node:path';
import { errorCode } from '../disk/disk-errors.js';
import { removeIfThere, writeAll } from '../disk/json-file.js';
import type { Files, OpenFile } from '../io/files.js';
import { type HistoryRecord, type SegmentHeader, toLine } from './record.js';
import { readSegment, type Segment } from './segment.js';

const SEGMENT = /^(\d{6,})\.ndjson$/;

export class SegmentFolder {
  /** Cached, ascending; undefined until the folder is listed. */
  #numbers: readonly number[] | undefined;

  constructor(
    private readonly files: Files,
    private readonly folder: string,
  ) {}

  /** The numbers of the segments, ascending; none when the folder does not exist. */
  async numbers(): Promise<readonly number[]> {
    this.#numbers ??= await this.#list();
    return this.#numbers;
  }

  /** Lists the folder again at the next call: another process may have written since. */
  invalidate(): void {
    this.#numbers = undefined;
  }

  async text(number: number): Promise<string> {
    return (await this.files.read(this.#pathOf(number))).toString();
  }

  async read(number: number): Promise<Segment> {
    return readSegment(await this.text(number));
  }

  /** Opens an existing segment for appending. A torn last line gets its newline and stays in place, as a damaged line. */
  async open(number: number, { isWhole }: Pick<Segment, 'isWhole'>): Promise<OpenFile> {
    const file = await this.files.append(this.#pathOf(number));
    if (!isWhole) await writeAll(file, Buffer.from('\n'));
    return file;
  }

  /** Creates a segment and opens it for appending. When it resolves, header and file name are durable (storage 5: fsync the folder). */
  async create(number: number, header: SegmentHeader): Promise<OpenFile> {
    await this.files.makeFolder(this.folder);
    const file = await this.files.append(this.#pathOf(number), { new: true });
    await writeAll(file, Buffer.from(toLine(header)));
    await file.sync();
    await this.files.syncFolder(this.folder);
    this.#numbers = [...(await this.numbers()), number];
    return file;
  }

  /** Appends a record to a segment that is not open. */
  async append(number: number, record: HistoryRecord): Promise<void> {
    const file = await this.files.append(this.#pathOf(number));
    try {
      await writeAll(file, Buffer.from(toLine(record)));
    } finally {
      await file.close();
    }
  }

  /** Removes the oldest segments, so that at most `kept` are left; returns the numbers of the removed ones. */
  async prune(kept: number): Promise<readonly number[]> {
    const numbers = await this.numbers();
    const removed = numbers.slice(0, Math.max(numbers.length - kept, 0));
    for (const number of removed) await removeIfThere(this.files, this.#pathOf(number));
    this.#numbers = numbers.slice(removed.length);
    return removed;
  }

  async #list(): Promise<readonly number[]> {
    let names: readonly string[] = [];
    try {
      names = await this.files.list(this.folder);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
    const numbers = names.flatMap((name) => SEGMENT.exec(name)?.[1] ?? []).map(Number);
    return numbers.sort((a, b) => a - b);
  }

  #pathOf(number: number): string {
    return join(this.folder, `${String(number).padStart(6, '0')}.ndjson`);
  }
}
