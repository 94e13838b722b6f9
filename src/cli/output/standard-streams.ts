/** Prepares process.stdout and process.stderr: a text is written whole or the write fails, and a failure is no exception. */
import { closeSync, fstatSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { systemClock } from '../../io/clock.js';
import { OutputFailure } from './output-failure.js';

/** A device that takes nothing at the moment is tried again after this time. */
const RETRY_MS = 10;

/** At the end of the process: how long the reader of stderr may take nothing. */
const MAX_STUCK_MS = 5_000;

const NEWLINE = 0x0a;

/** The file descriptors of stdin, stdout and stderr that are terminals. */
export const standardTerminals = (): readonly number[] => [0, 1, 2].filter((fd) => isatty(fd));

export class StandardStreams {
  /** The first write to stdout that failed. */
  #failure: OutputFailure | undefined;
  readonly #errors = new WeakSet<Error>();
  readonly #terminals = standardTerminals();

  constructor(private readonly process: Pick<NodeJS.Process, 'stdout' | 'stderr'>) {
    const { stdout, stderr } = process;
    for (const stream of [stdout, stderr]) {
      stream.on('error', (error) => {
        this.#errors.add(error);
        if (stream === stdout) this.#failure ??= new OutputFailure(error);
      });
      if (!isPipeOrTerminal(stream)) writeWhole(stream);
    }
  }

  /** Whether it is the error of one of these streams: oclif throws those of stdout. */
  isOurs(thrown: Error): boolean {
    return this.#errors.has(thrown);
  }

  /** Resolves when stdout is written: with its first failure, unless nobody reads it any more. */
  async stdoutFailure(): Promise<OutputFailure | undefined> {
    await flushed(this.process.stdout);
    return this.#failure?.isClosed ? undefined : this.#failure;
  }

  /** Call it last. Resolves when both streams are written as far as they can be. */
  async end(): Promise<void> {
    const { stdout, stderr } = this.process;
    await flushed(stdout);
    await Promise.race([flushed(stderr), new Promise<void>((resolve) => systemClock.after(MAX_STUCK_MS, resolve))]);
    // Node resets the terminals when it ends, and aborts if one is gone; not if it is closed.
    for (const fd of this.#terminals) if (!isatty(fd)) closeSync(fd);
  }
}

/** Resolves when the terminal of stdin and stdout is gone. That need not come with a SIGHUP. */
export function untilTerminalGone({ stdin, stdout }: Pick<NodeJS.Process, 'stdin' | 'stdout'>): Promise<'terminated'> {
  return new Promise((resolve) => {
    const gone = (): void => resolve('terminated');
    for (const stream of [stdin, stdout]) stream.on('error', gone);
    stdin.once('end', gone);
  });
}

/** Deferred, since `Output` writes the lines of this turn at its end. */
const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => systemClock.defer(() => stream.write('', () => resolve())));

/** Node writes these as a whole itself. */
function isPipeOrTerminal({ fd, isTTY }: NodeJS.WriteStream & { readonly fd: number }): boolean {
  const file = fstatSync(fd);
  return isTTY || file.isFIFO() || file.isSocket();
}

/**
 * Node writes once to a file and does not look how much of it was taken, which is less than all on a disk that becomes full;
 * and drops what is written to anything that it does not know, such as a folder. After a line that was cut off, the next
 * text begins on a line of its own.
 */
function writeWhole(stream: NodeJS.WriteStream & { readonly fd: number }): void {
  let isCutOff = false;
  stream._write = (chunk: Uint8Array, _encoding, done) => {
    const bytes = isCutOff ? Buffer.concat([Buffer.of(NEWLINE), chunk]) : chunk;
    let length = 0;
    const write = (): void => {
      try {
        while (length < bytes.length) length += writeSync(stream.fd, bytes, length);
        isCutOff = false;
        done();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return void systemClock.after(RETRY_MS, write);
        if (length > 0) isCutOff = bytes[length - 1] !== NEWLINE;
        done(Object.assign(error as Error, { isCutOff, written: length }));
      }
    };
    write();
  };
}
