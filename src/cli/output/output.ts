/** The only writer to stdout and stderr, and it takes SafeText only (R18). stdout is data, stderr is for people. */
import { jsonLine, type SafeText } from '../../text/safe-text.js';

export interface Output {
  /** Whether stdout carries JSON Lines and nothing else. */
  readonly json: boolean;
  /** Columns of the terminal that stdout is; undefined when it is none. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /**
   * One line on stdout. Resolves when the operating system has taken it; never, when it does not: then the process ends
   * (`endOnBrokenPipe`). The lines of one turn leave in one write.
   */
  line(text: SafeText): Promise<void>;
  /** One object on stdout, as a line of JSON. */
  object(value: object): Promise<void>;
  /** These lines stand at the top of the terminal that stdout is, and nothing else does. For one that obeys escape sequences. */
  screen(lines: readonly SafeText[]): Promise<void>;
  /** One line on stderr. */
  note(text: SafeText): void;
  /** How far something is, on stderr: on a terminal one line that replaces the one before it, elsewhere nothing. */
  progress(text: SafeText): void;
  /** Whether `progress` shows anything. */
  readonly showsProgress: boolean;
}

/** What is needed of process.stdout and process.stderr. */
export interface Stream {
  readonly columns?: number;
  readonly rows?: number;
  readonly isTTY?: boolean;
  write(text: string, written?: () => void): unknown;
}

export function createOutput(json: boolean, stdout: Stream, stderr: Stream): Output {
  let gathered = '';
  let gone: Promise<void> = Promise.resolve();
  /** Columns of the line of progress that stands on the terminal. */
  let shown = 0;
  let hasScreen = false;

  function line(text: SafeText): Promise<void> {
    if (gathered === '') gone = new Promise((resolve) => process.nextTick(leave, resolve));
    gathered += `${text}\n`;
    return gone;
  }

  /** No escape sequence is needed for it: it has to look the same on every terminal. */
  function replacing(text: SafeText): string {
    const replaced = shown === 0 ? text : `\r${text.padEnd(shown)}`;
    shown = 0;
    return replaced;
  }

  function leave(written: () => void): void {
    const text = gathered;
    gathered = '';
    if (shown > 0) stderr.write(`\r${' '.repeat(shown)}\r`); // both may be the same terminal
    shown = 0;
    stdout.write(text, written);
  }

  /** What stood on the terminal before the first one is not erased: it scrolls away. */
  function screen(lines: readonly SafeText[]): Promise<void> {
    const begin = hasScreen ? '' : '\n'.repeat(stdout.rows ?? 0);
    hasScreen = true;
    const text = lines.map((line) => `${line}\x1b[K\n`).join('');
    return new Promise((resolve) => void stdout.write(`${begin}\x1b[H${text}\x1b[J`, resolve));
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
      stderr.write(`${replacing(text)}\n`);
    },
    progress(text) {
      if (stderr.isTTY !== true) return;
      const line = text.slice(0, (stderr.columns ?? 80) - 1) as SafeText;
      stderr.write(replacing(line));
      shown = line.length;
    },
    showsProgress: stderr.isTTY === true,
  };
}

/** `| head -1` ends quietly with 0. Any other failure of stdout or stderr is thrown: nothing could be said any more. */
export function endOnBrokenPipe(...streams: readonly NodeJS.WriteStream[]): void {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
}
