/** The input line of line mode on a terminal: output is printed above it, and the text typed so far stays visible. */
import { createInterface, type Interface } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { wantsColor } from '../output/color.js';
import { createOutput, type Output, type Stream } from '../output/output.js';

/** `prevRows` is not documented by Node.js: how many rows above the cursor readline begins to redraw its line. */
type Editor = Interface & { prevRows?: number };

/** Moves the cursor up to the first row of the input line, and clears the screen from there. */
const clearFrom = (rowsAbove: number): string => `${rowsAbove > 0 ? `\u001b[${rowsAbove}A` : ''}\r\u001b[J`;

type Terminal = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env'>;

class PromptLine {
  #editor: Editor | undefined;

  constructor(private readonly terminal: Terminal) {}

  /** The typed lines. Readline controls the terminal from the first call of `next` until the end, or until `close`. */
  async *input(): AsyncGenerator<Uint8Array> {
    const { stdin, stdout } = this.terminal;
    const editor: Editor = createInterface({ input: stdin, output: stdout, prompt: '' });
    this.#editor = editor;
    editor.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    editor.on('SIGCONT', () => editor.prompt(true)); // resumed after Ctrl+Z
    editor.once('close', () => {
      this.#editor = undefined;
    });
    // Only a terminal that is gone ends raw input. Readline would take what was typed so far for a line: half a message.
    stdin.prependOnceListener('end', () => editor.close());
    try {
      for await (const line of editor) yield Buffer.from(`${line}\n`);
    } finally {
      editor.close();
    }
  }

  close(): void {
    this.#editor?.close();
  }

  /** Wraps a stream so that whole lines are printed above the input line, which is redrawn only if it has text. */
  above(stream: WriteStream): Stream {
    if (!stream.isTTY) return stream;
    const write: Stream['write'] = (text, written) => {
      const editor = this.#editor;
      if (!editor || editor.line === '') return void stream.write(text, written);
      this.terminal.stdout.write(clearFrom(editor.getCursorPos().rows));
      stream.write(text, written);
      editor.prevRows = 0;
      editor.prompt(true);
    };
    return {
      isTTY: true,
      get columns() {
        return stream.columns;
      },
      get rows() {
        return stream.rows;
      },
      write,
    };
  }
}

/** Input and output of line mode. */
export interface LineStreams {
  readonly input: AsyncIterable<Uint8Array>;
  readonly output: Output;
  /** A person types: standard input is a terminal. */
  readonly isInteractive: boolean;
  readonly close: () => void;
}

/**
 * The streams of line mode. Without escape sequences (--json, --no-color, not a terminal) the input line is the
 * terminal's own.
 * @param argv the command line: wantsColor looks for --no-color in it.
 */
export function openLineStreams(json: boolean, argv: readonly string[], terminal: Terminal): LineStreams {
  const { stdin, stdout, stderr, env } = terminal;
  const isInteractive = stdin.isTTY === true;
  if (json || !wantsColor(argv, env, isInteractive && stdout.isTTY === true)) {
    return { input: stdin, output: createOutput(json, stdout, stderr), isInteractive, close: () => undefined };
  }
  const prompt = new PromptLine(terminal);
  const output = createOutput(false, prompt.above(stdout), prompt.above(stderr));
  return { input: prompt.input(), output, isInteractive, close: () => prompt.close() };
}
