/**
 * Measures how many columns a terminal moves the cursor for each code point, and adds that to measured-widths.txt. Run in the
 * terminal: `node build/test/tui/widths/measure.js 'xterm 379'`.
 */
import { type MeasuredWidth, readMeasuredWidths, writeMeasuredWidths } from './measured-widths.js';

/** Of the large blocks in which all have the same width, every so many. */
const SAMPLE = 256;
const UNIFORM = /[\p{Unified_Ideograph}\p{Script=Tangut}\uac00-\ud7a3]/u;
const MEASURED = /[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\p{Cf}]/u;

/** Code points asked for at a time: the replies must fit into the terminal's buffer. */
const BATCH = 40;

/** The column of each reply to `CSI 6 n`. */
const REPLY = /\u001b\[\d+;(\d+)R/g;

const codePoints = Array.from({ length: 0x110000 }, (_, code) => code).filter((code) => {
  const character = String.fromCodePoint(code);
  return code > 0x7f && MEASURED.test(character) && (!UNIFORM.test(character) || code % SAMPLE === 0);
});

/** The columns of a text after `AB`. */
async function measure(texts: readonly string[]): Promise<number[]> {
  process.stdout.write(texts.map((text) => `\u001b[H\u001b[2KAB${text}\u001b[6n`).join(''));
  let replies = '';
  for await (const bytes of process.stdin.iterator({ destroyOnReturn: false })) {
    replies += String(bytes);
    const columns = [...replies.matchAll(REPLY)].map(([, column]) => Math.max(Number(column) - 3, 0));
    if (columns.length === texts.length) return columns;
  }
  throw new Error('the terminal was closed');
}

const [name = process.env.TERM ?? 'unknown'] = process.argv.slice(2);
const { terminals, widths } = readMeasuredWidths();
const merged = new Map<number, MeasuredWidth>(widths);
process.stdin.setRawMode(true);
process.stdout.write('\u001b[?1049h');
for (let start = 0; start < codePoints.length; start += BATCH) {
  const batch = codePoints.slice(start, start + BATCH);
  const columns = await measure(batch.map((code) => String.fromCodePoint(code)));
  batch.forEach((code, index) => {
    const width = columns[index] ?? 0;
    const { least, most } = merged.get(code) ?? { least: width, most: width };
    merged.set(code, { least: Math.min(least, width), most: Math.max(most, width) });
  });
}
process.stdout.write('\u001b[?1049l');
process.stdin.destroy();
writeMeasuredWidths({ terminals: [...terminals, name], widths: merged });
