/**
 * JSON documents in files that a person can read: lowdb's `Low` with an adapter that replaces a file atomically and
 * detects every changed byte (storage 5 to 7: lowdb's own writer never fsyncs).
 */
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Adapter, Low } from 'lowdb';
import type { Files, OpenFile, ReadableFile } from '../io/files.js';
import { Damaged, errorCode, FileEmpty, FileMissing, NewerFormat, orDiskBroken } from './disk-errors.js';
import { DocumentParser, serializeDocument } from './json-layout.js';

export interface JsonFileOptions {
  readonly files: Files;
  readonly path: string;
  /** Version of this kind of document. A file with a higher one is refused (storage 13). */
  readonly format: number;
}

type ReadOptions = Omit<JsonFileOptions, 'files'> & { readonly files: Pick<Files, 'open'> };

interface WriteOptions {
  /** The caller makes the new name durable, once for many files, with `syncFolder` (storage 6). */
  readonly folderSyncedByCaller?: boolean;
  /** Awaited between two chunks of a long document, so that others get their turns. */
  readonly pause?: () => Promise<void>;
}

/** A document in memory (`data`) and its file (`read`, `write`, `update`). */
export type JsonFile<T> = Low<T>;

/**
 * Opens the document of a file; without a file it is `initial`. `write` and `update` are durable when they resolve; if
 * they reject, the file is as before.
 * @throws Damaged, FileEmpty, NewerFormat.
 */
export async function openJsonFile<T extends object>(options: JsonFileOptions, initial: T): Promise<JsonFile<T>> {
  const adapter: Adapter<T> = {
    async read() {
      try {
        return await readJsonFile<T>(options);
      } catch (error) {
        if (error instanceof FileMissing) return null; // lowdb then uses `initial`.
        throw error;
      }
    },
    async write(data) {
      await writeJsonFile(options, data);
    },
  };
  const low = new Low<T>(adapter, initial);
  await low.read();
  return low;
}

/** Reads and verifies a document. Repairs nothing (R19). @throws FileMissing, FileEmpty, Damaged, NewerFormat. */
export async function readJsonFile<T extends object>({ files, path, format }: ReadOptions): Promise<T> {
  const file = await openExisting(files, path);
  try {
    const size = await file.size();
    if (size === 0) throw new FileEmpty(path);
    const { format: _, ...data } = await readDocument(file, path, size, format);
    return data as T;
  } finally {
    await file.close();
  }
}

/** Opens a file for reading. @throws FileMissing */
export async function openExisting(files: Pick<Files, 'open'>, path: string): Promise<ReadableFile> {
  try {
    return await files.open(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new FileMissing(path);
    throw error;
  }
}

const READ_BYTES = 128 * 1024;

/** Reads chunk by chunk, so that a large document does not block the event loop. Verifies the checksum at the end. */
async function readDocument(
  file: ReadableFile,
  path: string,
  size: number,
  format: number,
): Promise<Record<string, unknown>> {
  const parser = new DocumentParser();
  const bodyBytes = Math.max(0, size - ENDING_BYTES);
  // Most documents are small, and a call costs more than the bytes.
  const all = size <= READ_BYTES ? await file.read(0, size) : undefined;
  const read = (position: number, length: number): Buffer | Promise<Buffer> =>
    all ? all.subarray(position, position + length) : file.read(position, length);
  let checksum = 0;
  let rest: Buffer = Buffer.alloc(0);
  for (let position = 0; position < bodyBytes; ) {
    const chunk = await read(position, Math.min(READ_BYTES, bodyBytes - position));
    if (chunk.length === 0) break;
    if (position === 0) refuseNewer(chunk, path, format);
    checksum = crc32(chunk, checksum);
    position += chunk.length;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = position < bodyBytes ? bytes.lastIndexOf(0x0a) + 1 : bytes.length;
    parseLines(parser, bytes.subarray(0, whole), path, position - bytes.length);
    rest = bytes.subarray(whole);
  }
  if (!(await read(bodyBytes, ENDING_BYTES)).equals(ending(checksum))) {
    throw new Damaged(path, undefined, 'its checksum does not match its bytes');
  }
  return parser.document;
}

function refuseNewer(start: Buffer, path: string, format: number): void {
  const found = Number(/^\{\n {2}"format": (\d+)[,\n]/.exec(start.toString('latin1', 0, 64))?.[1]);
  if (found > format) throw new NewerFormat(path, found, format);
}

function parseLines(parser: DocumentParser, bytes: Buffer, path: string, position: number): void {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    try {
      parser.parseLine(bytes.toString('utf8', start, end));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new Damaged(path, position + start, 'a line is not what was written');
    }
    start = end + 1;
  }
}

/**
 * Replaces the file: temporary file, check of its size, fsync, rename, fsync of the folder (storage 5 to 7). Durable
 * when it resolves; returns the file's size in bytes. If it rejects, the old file is intact.
 * @throws DiskBroken when an fsync failed; Damaged when the size is wrong; system errors.
 */
export async function writeJsonFile(
  { files, path, format }: JsonFileOptions,
  data: object,
  { folderSyncedByCaller = false, pause }: WriteOptions = {},
): Promise<number> {
  const temporary = `${path}.tmp`;
  const file = await createNew(files, temporary);
  let size: number;
  try {
    size = await writeDocument(file, format, data, pause);
    if ((await file.size()) !== size)
      throw new Damaged(temporary, undefined, 'its size is not that of what was written');
    await orDiskBroken(file.sync());
  } catch (error) {
    await orDiskBroken(file.close()); // If this fails too, its error is the more serious one.
    await removeIfThere(files, temporary);
    throw error;
  }
  await orDiskBroken(file.close());
  await files.rename(temporary, path);
  if (!folderSyncedByCaller) await orDiskBroken(files.syncFolder(dirname(path)));
  return size;
}

/** Writes all bytes, in as many calls as it takes. */
export async function writeAll(file: OpenFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += await file.write(written === 0 ? bytes : bytes.subarray(written));
  }
}

/** Creates the file, in place of one that an interrupted write left. */
async function createNew(files: Files, path: string): Promise<OpenFile> {
  try {
    return await files.append(path, { new: true });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    await removeIfThere(files, path);
    return files.append(path, { new: true });
  }
}

/** What is collected for one write of a longer document. */
const WRITE_BYTES = 64 * 1024;

/** A short document is one write, and needs no buffer of its own. */
async function writeDocument(
  file: OpenFile,
  format: number,
  data: object,
  pause: WriteOptions['pause'],
): Promise<number> {
  let checksum = 0;
  let size = 0;
  let buffer: Buffer | undefined;
  let filled = 0;
  const count = (bytes: Buffer): void => {
    checksum = crc32(bytes, checksum);
    size += bytes.length;
  };
  const flush = async (): Promise<void> => {
    const bytes = buffer?.subarray(0, filled) ?? Buffer.alloc(0);
    count(bytes);
    await writeAll(file, bytes);
    filled = 0;
  };
  let last = '';
  for (const text of serializeDocument(format, data)) {
    const mostBytes = last.length * 3; // A UTF-16 unit is at most 3 bytes of UTF-8.
    if (filled + mostBytes > (buffer?.length ?? 0)) {
      if (filled > 0) {
        await flush();
        await pause?.();
      }
      if (mostBytes > (buffer?.length ?? 0)) buffer = Buffer.allocUnsafeSlow(Math.max(WRITE_BYTES, mostBytes));
    }
    filled += buffer?.write(last, filled) ?? 0;
    last = text;
  }
  if (filled > 0) await flush();
  const bytes = Buffer.from(last);
  count(bytes);
  const end = ending(checksum);
  await writeAll(file, Buffer.concat([bytes, end]));
  return size + end.length;
}

/** The end of a file. `checksum` is the CRC-32 of all bytes before this. */
const ending = (checksum: number): Buffer =>
  Buffer.from(`,\n  "checksum": "${checksum.toString(16).padStart(8, '0')}"\n}\n`);
const ENDING_BYTES = ending(0).length;

/** Removes a file if it exists. */
export async function removeIfThere(files: Files, path: string): Promise<void> {
  try {
    await files.remove(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
