/** Columns of text that line up, though the rows come one by one: the first ones are held back to see how wide they are. */
import { inline, type SafeText } from '../../text/safe-text.js';
import { heading as paintHeading } from './heading.js';
import type { Output } from './output.js';

export interface Column {
  readonly heading: string;
  /** Numbers stand at the right edge. */
  readonly isNumber?: boolean;
  /** Left out where a terminal has no room for it. */
  readonly isSpare?: boolean;
}

/** Rows that are held back. */
const LOOK_AHEAD = 200;

/** Columns of a terminal that the last column has to get. */
const MIN_LAST = 16;
const GAP = '  ';

/** The last column is as wide as it is; the others are ASCII. The headings are printed with the first row. */
export class Table {
  readonly #layout: Layout;
  #held: (readonly SafeText[])[] | undefined = [];

  constructor(
    private readonly output: Output,
    columns: readonly Column[],
  ) {
    this.#layout = new Layout(columns, output.columns);
  }

  /** Resolves when the system has taken what could be written. */
  async add(rows: readonly (readonly SafeText[])[]): Promise<void> {
    if (this.#held === undefined) return this.#write(rows);
    this.#held.push(...rows);
    if (this.#held.length >= LOOK_AHEAD) await this.end();
  }

  /** Writes what is held back. */
  async end(): Promise<void> {
    const held = this.#held ?? [];
    this.#held = undefined;
    if (held.length === 0) return;
    this.#layout.fit(held);
    await Promise.all([this.output.line(paintHeading(this.#layout.headings)), this.#write(held)]);
  }

  async #write(rows: readonly (readonly SafeText[])[]): Promise<void> {
    await Promise.all(rows.map((row) => this.output.line(this.#layout.lineOf(row))));
  }
}

/** How wide the columns are. */
export class Layout {
  readonly #widths: number[];
  #leavesOut = false;

  /** `room`: columns of the terminal, if it is one. */
  constructor(
    private readonly columns: readonly Column[],
    private readonly room = Number.POSITIVE_INFINITY,
  ) {
    this.#widths = columns.map(({ heading }) => heading.length);
  }

  /** Makes the columns as wide as these rows need them. */
  fit(rows: readonly (readonly SafeText[])[]): void {
    for (const row of rows) {
      for (const [index, cell] of row.entries()) {
        this.#widths[index] = Math.max(this.#widths[index] ?? 0, cell.length);
      }
    }
    const needed = this.#widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, MIN_LAST);
    this.#leavesOut = needed > this.room;
  }

  get headings(): SafeText {
    return this.lineOf(this.columns.map(({ heading }) => inline(heading)));
  }

  lineOf(row: readonly SafeText[]): SafeText {
    const cells = row.flatMap((cell, index) => {
      const { isNumber, isSpare } = this.columns[index] as Column;
      const width = this.#widths[index] ?? 0;
      if (isSpare && this.#leavesOut) return [];
      if (isNumber) return [cell.padStart(width)];
      return [index === row.length - 1 ? cell : cell.padEnd(width)];
    });
    return cells.join(GAP).trimEnd() as SafeText;
  }
}
