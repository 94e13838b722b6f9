/** The only writer to stdout and stderr; it accepts SafeText only (R18). stdout is for data, stderr for people. */
import { jsonLine, type SafeText } from '../../text/safe-text.js';
import { OutputFailure } from './output-failure.js';

export interface Output {
  /** Whether stdout carries JSON Lines and nothing else. */
  readonly json: boolean;
  /** Size of the terminal; undefined when stdout is none. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /**
   * One line on stdout. Lines of one turn of the event loop are flushed in one write. Resolves when the operating system
   * has accepted all of it. Rejects with OutputFailure if it has not, and so do all later writes to stdout: nothing follows
   * a line that was cut off. The promise may be ignored; `main` reports a failed stdout when the command has ended.
   */
  line(text: SafeText): Promise<void>;
  /** One object on stdout, as a line of JSON. */
  object(value: object): Promise<void>;
  /** Replaces the whole screen by these lines. Needs a terminal that supports escape sequences. */
  screen(lines: readonly SafeText[]): Promise<void>;
  /** One line on stderr. A failed write is ignored: there is nobody left to tell. */
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
  write(text: string, written?: Written): unknown;
}

type Written = (error?: Error | null) => void;

export function createOutput(json: boolean, stdout: Stream, stderr: Stream): Output {
  /** Lines to be flushed at the end of this turn. */
  let buffer = '';
  let flushed: Promise<void> = Promise.resolve();
  let failure: OutputFailure | undefined;
  /** Length of the progress line that is on the terminal; 0 when there is none. */
  let progressLength = 0;
  let hasScreen = false;

  function line(text: SafeText): Promise<void> {
    if (buffer === '') flushed = written((done) => process.nextTick(flush, done));
    buffer += `${text}\n`;
    return flushed;
  }

  /** The result of a write to stdout that `begin` begins. */
  function written(begin: (done: Written) => void): Promise<void> {
    const result = new Promise<void>((resolve, reject) => {
      begin((error) => {
        if (!error) return resolve();
        failure ??= new OutputFailure(error);
        reject(failure);
      });
    });
    void Promise.allSettled([result]); // it may be ignored
    return result;
  }

  /** Overwrites the progress line. Uses no escape sequence, so that it works on every terminal. */
  function replaceProgress(text: SafeText): string {
    const replacement = progressLength === 0 ? text : `\r${text.padEnd(progressLength)}`;
    progressLength = 0;
    return replacement;
  }

  function flush(done: Written): void {
    const text = buffer;
    buffer = '';
    if (progressLength > 0) stderr.write(`\r${' '.repeat(progressLength)}\r`); // both may be the same terminal
    progressLength = 0;
    toStdout(text, done);
  }

  function toStdout(text: string, done: Written): void {
    if (failure) done(failure);
    else stdout.write(text, done);
  }

  /** The first screen scrolls away what was on the terminal before, instead of erasing it. */
  function screen(lines: readonly SafeText[]): Promise<void> {
    const scroll = hasScreen ? '' : '\n'.repeat(stdout.rows ?? 0);
    hasScreen = true;
    const text = lines.map((line) => `${line}\x1b[K\n`).join('');
    return written((done) => toStdout(`${scroll}\x1b[H${text}\x1b[J`, done));
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
