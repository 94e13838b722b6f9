/** The only writer to stdout and stderr; it accepts SafeText only (R18). stdout is for data, stderr for people. */
import { jsonLine, type SafeText } from '../../text/safe-text.js';

export interface Output {
  /** Whether stdout carries JSON Lines and nothing else. */
  readonly json: boolean;
  /** Size of the terminal; undefined when stdout is none. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /**
   * One line on stdout. Lines of one turn of the event loop are flushed in one write. Resolves when the operating system
   * has accepted the line; never if the write fails, since the process ends then (`endOnBrokenPipe`).
   */
  line(text: SafeText): Promise<void>;
  /** One object on stdout, as a line of JSON. */
  object(value: object): Promise<void>;
  /** Replaces the whole screen by these lines. Needs a terminal that supports escape sequences. */
  screen(lines: readonly SafeText[]): Promise<void>;
  /** One line on stderr. */
  note(text: SafeText): void;
  /** Progress on stderr: on a terminal one line that replaces the one before it, elsewhere nothing. */
  progress(text: SafeText): void;
  /** Whether `progress` shows anything. */
  readonly showsProgress: boolean;
}

/** The part of process.stdout and process.stderr that is used. */
export interface Stream {
  readonly columns?: number;
  readonly rows?: number;
  readonly isTTY?: boolean;
  write(text: string, written?: () => void): unknown;
}

export function createOutput(json: boolean, stdout: Stream, stderr: Stream): Output {
  /** Lines to be flushed at the end of this turn. */
  let buffer = '';
  let flushed: Promise<void> = Promise.resolve();
  /** Length of the progress line that is on the terminal; 0 when there is none. */
  let progressLength = 0;
  let hasScreen = false;

  function line(text: SafeText): Promise<void> {
    if (buffer === '') flushed = new Promise((resolve) => process.nextTick(flush, resolve));
    buffer += `${text}\n`;
    return flushed;
  }

  /** Overwrites the progress line. Uses no escape sequence, so that it works on every terminal. */
  function replaceProgress(text: SafeText): string {
    const replacement = progressLength === 0 ? text : `\r${text.padEnd(progressLength)}`;
    progressLength = 0;
    return replacement;
  }

  function flush(written: () => void): void {
    const text = buffer;
    buffer = '';
    if (progressLength > 0) stderr.write(`\r${' '.repeat(progressLength)}\r`); // both may be the same terminal
    progressLength = 0;
    stdout.write(text, written);
  }

  /** The first screen scrolls away what was on the terminal before, instead of erasing it. */
  function screen(lines: readonly SafeText[]): Promise<void> {
    const scroll = hasScreen ? '' : '\n'.repeat(stdout.rows ?? 0);
    hasScreen = true;
    const text = lines.map((line) => `${line}\x1b[K\n`).join('');
    return new Promise((resolve) => void stdout.write(`${scroll}\x1b[H${text}\x1b[J`, resolve));
  }

  return {
    json,
    get columns() {
      return stdout.columns;
    },
    get rows() {
      return stdout.rows;
    },
    line,
    screen,
    object: (value) => line(jsonLine(value)),
    note(text) {
      stderr.write(`${replaceProgress(text)}\n`);
    },
    progress(text) {
      if (stderr.isTTY !== true) return;
      const line = text.slice(0, (stderr.columns ?? 80) - 1) as SafeText;
      stderr.write(replaceProgress(line));
      progressLength = line.length;
    },
    showsProgress: stderr.isTTY === true,
  };
}

/** Ends the process with 0 when the reader of a pipe is gone, as in `| head -1`. Throws any other error of these streams. */
export function endOnBrokenPipe(...streams: readonly NodeJS.WriteStream[]): void {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
}
