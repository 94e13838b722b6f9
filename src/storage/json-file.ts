/**
 * Documents as JSON files that a person can read: lowdb's `Low` on an adapter of our own, which replaces a file by a
 * complete one or not at all, and notices every changed byte (storage 5 to 7).
 */
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Adapter, Low } from 'lowdb';
import type { Files, OpenFile } from '../io/files.js';
import { Damaged, errorCode, FileEmpty, FileMissing, NewerFormat, orBroken } from './faults.js';

export interface JsonFileOptions {
  readonly files: Files;
  readonly path: string;
  /** The number of this kind of document's layout. A file with a higher one is refused (storage 13). */
  readonly format: number;
}

export type ReadOptions = Omit<JsonFileOptions, 'files'> & { readonly files: Pick<Files, 'read'> };

export interface WriteOptions {
  /** Set when the caller makes the new name durable, once for many files: `syncFolder` (storage 6). */
  readonly folderSyncedByCaller?: boolean;
}

/**
 * The document of a file, or `initial` when there is none. `write` and `update` are durable when they resolve; when they
 * reject, the file holds what it held before.
 * @throws Damaged, FileEmpty, NewerFormat.
 */
export async function openJsonFile<T extends object>(options: JsonFileOptions, initial: T): Promise<Low<T>> {
  const low = new Low<T>(jsonFileAdapter<T>(options), initial);
  await low.read();
  return low;
}

/** What lowdb needs to know of a file. A missing file reads as null: lowdb's word for "use the default". */
export function jsonFileAdapter<T extends object>(options: JsonFileOptions, write?: WriteOptions): Adapter<T> {
  return {
    async read() {
      try {
        return await readJsonFile<T>(options);
      } catch (error) {
        if (error instanceof FileMissing) return null;
        throw error;
      }
    },
    write: async (data) => {
      await writeJsonFile(options, data, write);
    },
  };
}

/** @throws FileMissing, FileEmpty, Damaged, NewerFormat. Nothing is repaired (R19). */
export async function readJsonFile<T extends object>({ files, path, format }: ReadOptions): Promise<T> {
  const bytes = await readBytes(files, path);
  const body = bytes.subarray(0, bytes.length - ending(0).length);
  const intact = bytes.subarray(body.length).equals(ending(crc32(body)));
  const found = Number(/^\{\n {2}"format": (\d+),\n/.exec(bytes.toString('latin1', 0, 64))?.[1] ?? Number.NaN);
  if (found > format) throw new NewerFormat(path, found, format);
  if (!intact) throw new Damaged(path, undefined, 'its checksum does not match its bytes');
  const { format: _, checksum: __, ...data } = JSON.parse(bytes.toString()) as Record<string, unknown>;
  return data as T;
}

async function readBytes(files: Pick<Files, 'read'>, path: string): Promise<Buffer> {
  try {
    const bytes = await files.read(path);
    if (bytes.length === 0) throw new FileEmpty(path);
    return bytes;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new FileMissing(path);
    throw error;
  }
}

/**
 * Replaces the file: temporary file, its size checked, fsync, rename, fsync of the folder (storage 5 to 7). Returns the
 * file's size in bytes. When it rejects, the old file stands. @throws DiskBroken when an fsync failed; system errors.
 */
export async function writeJsonFile(
  { files, path, format }: JsonFileOptions,
  data: object,
  { folderSyncedByCaller = false }: WriteOptions = {},
): Promise<number> {
  const temporary = `${path}.tmp`;
  await removeIfThere(files, temporary);
  const file = await files.append(temporary, { new: true });
  let size: number;
  try {
    size = await writeDocument(file, format, data);
    if ((await file.size()) !== size) throw new Damaged(temporary, undefined, 'it is not as long as what was written');
    await orBroken(file.sync());
  } catch (error) {
    await orBroken(file.close()); // If this fails too, it is the worse news.
    await removeIfThere(files, temporary);
    throw error;
  }
  await orBroken(file.close());
  await files.rename(temporary, path);
  if (!folderSyncedByCaller) await orBroken(files.syncFolder(dirname(path)));
  return size;
}

/** Writes all bytes, however few the system takes at a time. */
export async function writeAll(file: OpenFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += await file.write(written === 0 ? bytes : bytes.subarray(written));
  }
}

async function writeDocument(file: OpenFile, format: number, data: object): Promise<number> {
  let checksum = 0;
  let size = 0;
  for (const text of layOut(format, data)) {
    const bytes = Buffer.from(text);
    checksum = crc32(bytes, checksum);
    size += bytes.length;
    await writeAll(file, bytes);
  }
  const last = ending(checksum);
  await writeAll(file, last);
  return size + last.length;
}

/** `checksum` is the last key: the CRC-32 of all bytes before this. */
const ending = (checksum: number): Buffer =>
  Buffer.from(`,\n  "checksum": "${checksum.toString(16).padStart(8, '0')}"\n}\n`);

/** Units of text laid out between two writes: a large document must not stall the loop. */
const CHUNK_LENGTH = 128 * 1024;

/** The document's text in chunks: top-level keys on lines of their own, and arrays of objects one element a line. */
function* layOut(format: number, data: object): Generator<string> {
  let text = `{\n  "format": ${format}`;
  for (const [key, value] of Object.entries(data)) {
    if (value === undefined) continue;
    text += `,\n  ${JSON.stringify(key)}: `;
    const lines = linesOf(value);
    if (lines === undefined || lines.length === 0) {
      text += lines === undefined ? JSON.stringify(value) : '[]';
      continue;
    }
    for (let index = 0; index < lines.length; index++) {
      text += `${index === 0 ? '[' : ','}\n    ${lines.line(index)}`;
      if (text.length < CHUNK_LENGTH) continue;
      yield text;
      text = '';
    }
    text += '\n  ]';
  }
  yield text;
}

/** Elements of an array that are JSON texts already. */
export class JsonLines {
  constructor(
    readonly length: number,
    readonly line: (index: number) => string,
  ) {}
}

/** Arrays of objects have one element a line; undefined for everything else. */
function linesOf(value: unknown): JsonLines | undefined {
  if (value instanceof JsonLines) return value;
  if (!Array.isArray(value) || typeof value[0] !== 'object') return undefined;
  return new JsonLines(value.length, (index) => JSON.stringify(value[index]));
}

/** Removes a file; that there is none is fine. */
export async function removeIfThere(files: Files, path: string): Promise<void> {
  try {
    await files.remove(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
