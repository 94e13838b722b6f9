/**
 * What was printed last, noted in the same moment: it closes the gap between a line that is written and the client's
 * own mark of it, which is on disk a little later. So a process killed in between prints nothing twice (R15), and loses
 * nothing either. It is not synced: after a power cut the client's own mark counts.
 */
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { IncomingMessage } from '../../client/events.js';

/** Room for the longest epoch, each character escaped. */
const BYTES = 512;

interface Position {
  readonly epoch: string;
  readonly seq: number;
}

export class LastPrinted {
  readonly #path: string;
  #file: number | undefined;
  #last: Position | undefined;

  /** @param stateFolder the client's; it is there, and this process's own, when the first message comes. */
  constructor(stateFolder: string) {
    this.#path = join(stateFolder, 'printed');
  }

  /** Prints a message with `print`, unless an earlier process has; returns whether. A replay is always printed. */
  async once(message: IncomingMessage, print: () => Promise<void>): Promise<boolean> {
    const file = this.#open();
    const { epoch, seq, replay } = message;
    const isReplay = replay !== undefined;
    if (!isReplay && this.#last?.epoch === epoch && seq <= this.#last.seq) return false;
    await print();
    if (isReplay) return true;
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
    }
    return this.#file;
  }
}

/** Undefined when nothing was printed yet, or when a power cut left something that is no position. */
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
