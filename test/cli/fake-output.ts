/** An Output that records its lines. */
import { createOutput, type Output, type Stream } from '../../src/cli/output/output.js';

export interface FakeOutput extends Output {
  /** Lines on stdout. */
  readonly lines: string[];
  /** Lines on stderr. */
  readonly notes: string[];
}

/**
 * @param columns of the terminal; undefined when stdout is none. @param stdoutError writes to stdout fail with this code.
 * @param isTerminal whether stdout and stderr are terminals.
 */
export function createFakeOutput(json = false, columns?: number, stdoutError?: string, isTerminal = false): FakeOutput {
  const lines: string[] = [];
  const notes: string[] = [];
  const recordInto = (target: string[]): Stream => ({
    ...(columns !== undefined && { columns }),
    isTTY: isTerminal,
    write(text, written) {
      target.push(...text.slice(0, -1).split('\n'));
      written?.();
    },
  });
  const failing: Stream = {
    write: (_text, written) => written?.(Object.assign(new Error(`${stdoutError}: write`), { code: stdoutError })),
  };
  const stdout = stdoutError === undefined ? recordInto(lines) : failing;
  return Object.assign(createOutput(json, stdout, recordInto(notes)), { lines, notes });
}
