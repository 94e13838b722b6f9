/** Keeps what a command says. */
import { createOutput, type Output } from '../../src/cli/output/output.js';

export interface FakeOutput extends Output {
  /** Lines on stdout and stderr so far. */
  readonly lines: string[];
  readonly notes: string[];
}

/** `columns`: of the terminal that it is. */
export function createFakeOutput(json = false, columns?: number): FakeOutput {
  const lines: string[] = [];
  const notes: string[] = [];
  const into = (kept: string[]) => ({
    ...(columns !== undefined && { columns }),
    write(text: string, written?: () => void) {
      kept.push(...text.slice(0, -1).split('\n'));
      written?.();
    },
  });
  return Object.assign(createOutput(json, into(lines), into(notes)), { lines, notes });
}
