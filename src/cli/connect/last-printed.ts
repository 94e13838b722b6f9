/**
 * Remembers in a file which message was printed last. The client writes its own mark to disk a little after the line is
 * printed; this file closes that gap, so that a process killed in between prints nothing twice (R15) and loses nothing.
 * The file is not synced: after a power cut only the client's mark counts.
 */
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { IncomingMessage } from '../../client/events.js';

/** Size of the file: enough for the longest epoch with each character escaped. */
const BYTES = 512;

interface Position {
  readonly epoch: string;
  readonly seq: number;
}

export class LastPrinted {
  readonly #path: string;
  #file: number | undefined;
  #last: Position | undefined;

  /** @param stateFolder of the client. It exists, and is locked by this process, before the first message arrives. */
  constructor(stateFolder: string) {
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
    await print();
    if (isReplay) return true;
    const file = this.#open(); // close() may have been called meanwhile
    this.#last = { epoch, seq };
    writeSync(file, JSON.stringify(this.#last).padEnd(BYTES), 0);
    return true;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): number {
    if (this.#file === undefined) {
      this.#file = openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
      this.#last = read(this.#file);
      // Takes its place on the disk before a message is printed: on a full disk nothing is printed that cannot be recorded.
      if (fstatSync(this.#file).size < BYTES) writeSync(this.#file, ' '.repeat(BYTES), 0);
    }
    return this.#file;
  }
}

/** Undefined when nothing was printed yet, or when a power cut left bytes that are not a position. */
function read(file: number): Position | undefined {
  const bytes = Buffer.alloc(BYTES);
  const length = readSync(file, bytes, 0, BYTES, 0);
  try {
    const { epoch, seq } = JSON.parse(bytes.toString('utf8', 0, length)) as Partial<Position>;
    return typeof epoch === 'string' && typeof seq === 'number' ? { epoch, seq } : undefined;
  } catch {
    return undefined;
  }
}
