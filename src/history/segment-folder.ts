/** The segments of one conversation as files in a folder: listed, read, begun, added to, dropped. */
import { join } from 'node:path';
import { errorCode } from '../disk/disk-errors.js';
import { removeIfThere, writeAll } from '../disk/json-file.js';
import type { Files, OpenFile } from '../io/files.js';
import { type Header, type HistoryRecord, toLine } from './record.js';
import { readSegment, type Segment } from './segment.js';

const SEGMENT = /^(\d{6,})\.ndjson$/;

export class SegmentFolder {
  /** Ascending; undefined until they were looked for. */
  #numbers: readonly number[] | undefined;

  constructor(
    private readonly files: Files,
    private readonly folder: string,
  ) {}

  /** The numbers of the segments, ascending; none when there is no folder. */
  async numbers(): Promise<readonly number[]> {
    this.#numbers ??= await this.#list();
    return this.#numbers;
  }

  /** Looks again: another process may have written since. */
  forget(): void {
    this.#numbers = undefined;
  }

  async text(number: number): Promise<string> {
    return (await this.files.read(this.#pathOf(number))).toString();
  }

  async read(number: number): Promise<Segment> {
    return readSegment(await this.text(number));
  }

  /** Opens a segment for adding. A last line that a crash cut off is ended; it stays what it is: damaged. */
  async open(number: number, { isWhole }: Pick<Segment, 'isWhole'>): Promise<OpenFile> {
    const file = await this.files.append(this.#pathOf(number));
    if (!isWhole) await writeAll(file, Buffer.from('\n'));
    return file;
  }

  /** Begins a segment: durable, with its first line and its name, when it resolves (storage 5). */
  async begin(number: number, header: Header): Promise<OpenFile> {
    await this.files.makeFolder(this.folder);
    const file = await this.files.append(this.#pathOf(number), { new: true });
    await writeAll(file, Buffer.from(toLine(header)));
    await file.sync();
    await this.files.syncFolder(this.folder);
    this.#numbers = [...(await this.numbers()), number];
    return file;
  }

  /** Adds a line to a segment that is there. */
  async add(number: number, record: HistoryRecord): Promise<void> {
    const file = await this.files.append(this.#pathOf(number));
    try {
      await writeAll(file, Buffer.from(toLine(record)));
    } finally {
      await file.close();
    }
  }

  /** Drops the oldest segments until so many are left; returns the numbers of those that went. */
  async prune(kept: number): Promise<readonly number[]> {
    const numbers = await this.numbers();
    const dropped = numbers.slice(0, Math.max(numbers.length - kept, 0));
    for (const number of dropped) await removeIfThere(this.files, this.#pathOf(number));
    this.#numbers = numbers.slice(dropped.length);
    return dropped;
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
