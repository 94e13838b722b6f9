/** Prints rows as aligned columns. The first rows are buffered, since they decide the widths of the columns. */
import chalk from 'chalk';
import { inline, type SafeText } from '../../text/safe-text.js';
import type { Output } from './output.js';

export interface Column {
  readonly heading: string;
  /** Right-aligned. */
  readonly isNumber?: boolean;
  /** Omitted on a terminal that is too narrow. */
  readonly isSpare?: boolean;
}

/** Rows that are buffered to find the widths. */
const BUFFERED_ROWS = 200;

/** Least width that is left for the last column. */
const MIN_LAST_WIDTH = 16;
const GAP = '  ';

/** The style of headings. `main` must not import this file: chalk may load only after `applyColorChoice`. */
export const paintHeading = (text: SafeText): SafeText => chalk.bold(text) as SafeText;

/** The last column is not padded; all other columns must be ASCII. An empty table prints no headings. */
export class Table {
  readonly #layout: Layout;
  /** Undefined once the widths are known. */
  #buffered: (readonly SafeText[])[] | undefined = [];

  constructor(
    private readonly output: Output,
    columns: readonly Column[],
  ) {
    this.#layout = new Layout(columns, output.columns);
  }

  /** Resolves when these rows are written or buffered. */
  async add(rows: readonly (readonly SafeText[])[]): Promise<void> {
    if (this.#buffered === undefined) return this.#write(rows);
    this.#buffered.push(...rows);
    if (this.#buffered.length >= BUFFERED_ROWS) await this.end();
  }

  /** Writes the buffered rows. */
  async end(): Promise<void> {
    const rows = this.#buffered ?? [];
    this.#buffered = undefined;
    if (rows.length === 0) return;
    this.#layout.fit(rows);
    await Promise.all([this.output.line(paintHeading(this.#layout.headings)), this.#write(rows)]);
  }

  async #write(rows: readonly (readonly SafeText[])[]): Promise<void> {
    await Promise.all(rows.map((row) => this.output.line(this.#layout.lineOf(row))));
  }
}

/** Prints a list that is known as a whole: a row for each item, or with `--json` an object. */
export async function printList<T>(
  output: Output,
  columns: readonly Column[],
  items: readonly T[],
  { toObject, toRow }: { toObject(item: T): object; toRow(item: T): readonly SafeText[] },
): Promise<void> {
  if (output.json) {
    for (const item of items) await output.object(toObject(item));
    return;
  }
  const table = new Table(output, columns);
  await table.add(items.map(toRow));
  await table.end();
}

/** The widths of the columns. */
export class Layout {
  readonly #widths: number[];
  #omitsSpare = false;

  /** @param terminalWidth in columns; infinite when stdout is no terminal. */
  constructor(
    private readonly columns: readonly Column[],
    private readonly terminalWidth = Number.POSITIVE_INFINITY,
  ) {
    this.#widths = columns.map(({ heading }) => heading.length);
  }

  /** Widens the columns to fit these rows. */
  fit(rows: readonly (readonly SafeText[])[]): void {
    for (const row of rows) {
      for (const [index, cell] of row.entries()) {
        this.#widths[index] = Math.max(this.#widths[index] ?? 0, cell.length);
      }
    }
    const needed = this.#widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, MIN_LAST_WIDTH);
    this.#omitsSpare = needed > this.terminalWidth;
  }

  get headings(): SafeText {
    return this.lineOf(this.columns.map(({ heading }) => inline(heading)));
  }

  lineOf(row: readonly SafeText[]): SafeText {
    const cells = row.flatMap((cell, index) => {
      const { isNumber, isSpare } = this.columns[index] as Column;
      const width = this.#widths[index] ?? 0;
      if (isSpare && this.#omitsSpare) return [];
      if (isNumber) return [cell.padStart(width)];
      return [index === row.length - 1 ? cell : cell.padEnd(width)];
    });
    return cells.join(GAP).trimEnd() as SafeText;
  }
}
