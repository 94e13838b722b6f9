/** How many columns real terminals move the cursor for each code point: measured by measure.ts, kept in measured-widths.txt. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The columns of the terminals that take the least and the most. */
export interface MeasuredWidth {
  readonly least: number;
  readonly most: number;
}

export interface MeasuredWidths {
  /** Names with versions. */
  readonly terminals: readonly string[];
  readonly widths: ReadonlyMap<number, MeasuredWidth>;
}

const PATH = join(import.meta.dirname, '../../../../test/tui/widths/measured-widths.txt');

/**
 * One line for each range of code points: `300-36f 0`, `600-605 0-1`. Code points that are not assigned, or not measured, are in
 * the range around them. Lines with `#` name the terminals.
 */
const LINE = /^([\da-f]+)(?:-([\da-f]+))? (\d)(?:-(\d))?$/;

export function readMeasuredWidths(): MeasuredWidths {
  const terminals: string[] = [];
  const widths = new Map<number, MeasuredWidth>();
  for (const line of readFileSync(PATH, 'utf8').trimEnd().split('\n')) {
    if (line.startsWith('# ')) terminals.push(line.slice(2));
    const [, first, last = first, least, most = least] = LINE.exec(line) ?? [];
    if (first === undefined || last === undefined) continue;
    for (let code = Number.parseInt(first, 16); code <= Number.parseInt(last, 16); code++)
      widths.set(code, { least: Number(least), most: Number(most) });
  }
  return { terminals, widths };
}

export function writeMeasuredWidths({ terminals, widths }: MeasuredWidths): void {
  const lines: string[] = terminals.map((name) => `# ${name}`);
  let range: { readonly first: number; readonly last: number; readonly width: string } | undefined;
  const end = (): void => {
    if (range === undefined) return;
    const { first, last, width } = range;
    lines.push(`${first.toString(16)}${last === first ? '' : `-${last.toString(16)}`} ${width}`);
  };
  for (const [code, { least, most }] of [...widths].sort(([a], [b]) => a - b)) {
    const width = least === most ? `${least}` : `${least}-${most}`;
    const continues = range?.width === width;
    if (!continues) end();
    range = { first: continues && range ? range.first : code, last: code, width };
  }
  end();
  writeFileSync(PATH, `${lines.join('\n')}\n`);
}
