/** The row that is being typed in line mode on a terminal: what comes is printed above it, and what was typed so far stays. */
import { createInterface, type Interface } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { wantsColor } from '../output/color.js';
import { createOutput, type Output, type Stream } from '../output/output.js';

/** `prevRows`, which Node.js has but does not tell of: how many rows further up than the cursor it begins to draw. */
type Editor = Interface & { prevRows?: number };

/** To the beginning of the row, so many further up; and nothing from there on. */
const clearFrom = (rowsAbove: number): string => `${rowsAbove > 0 ? `\u001b[${rowsAbove}A` : ''}\r\u001b[J`;

type Terminal = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env'>;

class TypedRow {
  #editor: Editor | undefined;

  constructor(private readonly terminal: Terminal) {}

  /** What is typed, line by line. The terminal is taken with the first one that is asked for, and given back at the end. */
  async *input(): AsyncGenerator<Uint8Array> {
    const { stdin, stdout } = this.terminal;
    const editor: Editor = createInterface({ input: stdin, output: stdout, prompt: '' });
    this.#editor = editor;
    editor.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    editor.on('SIGCONT', () => editor.prompt(true)); // Stopped by Ctrl+Z, it has been woken.
    editor.once('close', () => {
      this.#editor = undefined;
    });
    try {
      for await (const line of editor) yield Buffer.from(`${line}\n`);
    } finally {
      editor.close();
    }
  }

  /** Gives the terminal back. */
  close(): void {
    this.#editor?.close();
  }

  /** The same stream, for whole lines that stand above the row. Nothing is repainted while nothing is typed. */
  above(stream: WriteStream): Stream {
    if (!stream.isTTY) return stream;
    const write = (text: string, written?: () => void): void => {
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

/** Where lines come from and where they go. */
export interface LineStreams {
  readonly input: AsyncIterable<Uint8Array>;
  readonly output: Output;
  /** A person types. */
  readonly isTyped: boolean;
  readonly close: () => void;
}

/** For line mode in this terminal, or in none. Where escape bytes are not wanted, the terminal's own row is all there is. */
export function openLineStreams(json: boolean, words: readonly string[], terminal: Terminal): LineStreams {
  const { stdin, stdout, stderr, env } = terminal;
  const isTyped = stdin.isTTY === true;
  const scene = { arguments: words, environment: env, isTerminal: isTyped && stdout.isTTY === true };
  if (json || !wantsColor(scene)) {
    return { input: stdin, output: createOutput(json, stdout, stderr), isTyped, close: () => undefined };
  }
  const row = new TypedRow(terminal);
  const output = createOutput(false, row.above(stdout), row.above(stderr));
  return { input: row.input(), output, isTyped, close: () => row.close() };
}
