/**
 * Remembers in a file which message was printed last. The client writes its own mark to disk a little after the line is
 * printed; this file closes that gap, so that a process killed in between prints nothing twice (R15) and loses nothing. What
 * is left is a kill between the write of a line and that of this file: then the line is printed again, with those that shared the
 * write.
 * The file is not synced: after a power cut only the client's mark counts.
 */
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { IncomingMessage } from '../../client/events.js';
import { type SafeText, safe } from '../../text/safe-text.js';
import type { Output } from '../output/output.js';
import { OutputFailure } from '../output/output-failure.js';

/** Size of the file: enough for the longest epoch with each character escaped. */
const BYTES = 512;

/**
 * Lines that share a write, in bytes: a pipe takes so many completely or not at all (PIPE_BUF of Linux), so that a process that is
 * killed while the pipe is full has not printed a part of them.
 */
const ATOMIC_BYTES = 4096;

interface Line {
  readonly message: IncomingMessage;
  readonly text: SafeText;
}

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
    if (this.#wasPrinted(message)) return false;
    const wasCutOff = this.#isCutOff;
    if (wasCutOff) void this.output.line(safe``); // ends that line, in the same write
    try {
      await print();
    } catch (error) {
      if (error instanceof OutputFailure && error.isCutOff && !wasCutOff) this.#record(this.#last, true);
      throw error;
    }
    if (message.replay === undefined || wasCutOff) this.#record(this.#after([message]), false);
    return true;
  }

  /**
   * Prints messages, each as `textOf` says, unless an earlier process has. Replays are always printed.
   * Resolves with how many were printed, after the position is in the file.
   */
  async all(messages: readonly IncomingMessage[], textOf: (message: IncomingMessage) => SafeText): Promise<number> {
    this.#open();
    const news = messages.filter((message) => !this.#wasPrinted(message));
    let lines: Line[] = [];
    let bytes = 0;
    for (const message of news) {
      const text = textOf(message);
      const more = Buffer.byteLength(text) + 1;
      if (lines.length > 0 && bytes + more > ATOMIC_BYTES) {
        await this.#printLines(lines);
        lines = [];
        bytes = 0;
      }
      lines.push({ message, text });
      bytes += more;
    }
    if (lines.length > 0) await this.#printLines(lines);
    return news.length;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** In one write. */
  async #printLines(lines: readonly Line[]): Promise<void> {
    const wasCutOff = this.#isCutOff;
    let written = wasCutOff ? this.output.line(safe``) : Promise.resolve(); // ends that line
    for (const { text } of lines) written = this.output.line(text);
    try {
      await written;
    } catch (error) {
      if (error instanceof OutputFailure && error.written > 0) {
        const whole = wholeLines(lines, error.written - (wasCutOff ? 1 : 0));
        this.#record(this.#after(whole), error.isCutOff);
      }
      throw error;
    }
    const last = this.#after(lines.map(({ message }) => message));
    if (last !== this.#last || wasCutOff) this.#record(last, false);
  }

  #wasPrinted({ epoch, seq, replay }: IncomingMessage): boolean {
    return replay === undefined && this.#last?.epoch === epoch && seq <= this.#last.seq;
  }

  /** The position when these were printed. Replays do not move it. */
  #after(messages: readonly IncomingMessage[]): Position | undefined {
    const newest = messages.findLast(({ replay }) => replay === undefined);
    return newest === undefined ? this.#last : { epoch: newest.epoch, seq: newest.seq };
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

/** The messages whose lines are within so many bytes. */
function wholeLines(lines: readonly Line[], bytes: number): IncomingMessage[] {
  let end = 0;
  return lines.flatMap(({ message, text }) => {
    end += Buffer.byteLength(text) + 1;
    return end <= bytes ? [message] : [];
  });
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
