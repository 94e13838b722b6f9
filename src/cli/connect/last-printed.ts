/**
 * Remembers in a file which message was printed last. The client writes its own mark to disk a little after the line is
 * printed; this file closes that gap, so that a process killed in between prints nothing twice (R15) and loses nothing. What
 * is left is a kill between the write of a line and that of this file: then the line is printed again.
 * The file is not synced: after a power cut only the client's mark counts.
 */
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { IncomingMessage } from '../../client/events.js';
import { safe } from '../../text/safe-text.js';
import type { Output } from '../output/output.js';
import { OutputFailure } from '../output/output-failure.js';

/** Size of the file: enough for the longest epoch with each character escaped. */
const BYTES = 512;

interface Position {
  readonly epoch: string;
  readonly seq: number;
}

interface Flags {
  readonly isCutOff: boolean;
}

export class LastPrinted {
  readonly #path: string;
  #file: number | undefined;
  #last: Position | undefined;
  /** The line after the last message was cut off: the disk was full. The next process may write to the same file. */
  #isCutOff = false;

  /**
   * @param stateFolder of the client. It exists, and is locked by this process, before the first message arrives.
   * @param output where messages are printed.
   */
  constructor(
    stateFolder: string,
    private readonly output: Pick<Output, 'line'>,
  ) {
    this.#path = join(stateFolder, 'printed');
  }

  /**
   * Calls `print` unless an earlier process has printed this message. A replay is always printed.
   * Resolves with whether it was printed, after the position is in the file.
   */
  async once(message: IncomingMessage, print: () => Promise<void>): Promise<boolean> {
    this.#open();
    const { epoch, seq, replay } = message;
    const isReplay = replay !== undefined;
    if (!isReplay && this.#last?.epoch === epoch && seq <= this.#last.seq) return false;
    const wasCutOff = this.#isCutOff;
    if (wasCutOff) void this.output.line(safe``); // ends that line, in the same write
    try {
      await print();
    } catch (error) {
      if (error instanceof OutputFailure && error.isCutOff && !wasCutOff) this.#record(this.#last, true);
      throw error;
    }
    if (!isReplay) this.#record({ epoch, seq }, false);
    else if (wasCutOff) this.#record(this.#last, false);
    return true;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #record(last: Position | undefined, isCutOff: boolean): void {
    const file = this.#open(); // close() may have been called meanwhile
    this.#last = last;
    this.#isCutOff = isCutOff;
    writeSync(file, JSON.stringify({ ...last, ...(isCutOff && { isCutOff }) }).padEnd(BYTES), 0);
  }

  #open(): number {
    if (this.#file === undefined) {
      this.#file = openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
      ({ last: this.#last, isCutOff: this.#isCutOff } = read(this.#file));
      // Takes its place on the disk before a message is printed: on a full disk nothing is printed that cannot be recorded.
      if (fstatSync(this.#file).size < BYTES) writeSync(this.#file, ' '.repeat(BYTES), 0);
    }
    return this.#file;
  }
}

/** `last` is undefined when nothing was printed yet, or when a power cut left bytes that are not a position. */
function read(file: number): { readonly last: Position | undefined; readonly isCutOff: boolean } {
  const bytes = Buffer.alloc(BYTES);
  const length = readSync(file, bytes, 0, BYTES, 0);
  try {
    const { epoch, seq, isCutOff } = JSON.parse(bytes.toString('utf8', 0, length)) as Partial<Position & Flags>;
    const last = typeof epoch === 'string' && typeof seq === 'number' ? { epoch, seq } : undefined;
    return { last, isCutOff: isCutOff === true };
  } catch {
    return { last: undefined, isCutOff: false };
  }
}
