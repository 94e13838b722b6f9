/** An Output that records its lines. */
import { createOutput, type Output } from '../../src/cli/output/output.js';

export interface FakeOutput extends Output {
  /** Lines on stdout. */
  readonly lines: string[];
  /** Lines on stderr. */
  readonly notes: string[];
}

/** @param columns of the terminal; undefined when stdout is none. */
export function createFakeOutput(json = false, columns?: number): FakeOutput {
  const lines: string[] = [];
  const notes: string[] = [];
  const recordInto = (target: string[]) => ({
    ...(columns !== undefined && { columns }),
    write(text: string, written?: () => void) {
      target.push(...text.slice(0, -1).split('\n'));
      written?.();
    },
  });
  return Object.assign(createOutput(json, recordInto(lines), recordInto(notes)), { lines, notes });
}
