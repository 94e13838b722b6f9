/** Converts the screen of a terminal emulator to an SVG, cell by cell. */
import type { IBufferCell, Terminal } from '@xterm/headless';

const CELL = { width: 8.4, height: 19 } as const;
const FONT =
  "'JetBrains Mono','Cascadia Code','Fira Code','DejaVu Sans Mono',Menlo,Consolas,'Noto Sans Mono CJK SC',monospace";
const PADDING = 14;
const BAR = 30;

export interface PictureTheme {
  readonly background: string;
  readonly foreground: string;
  readonly frame: string;
  /** The 16 colors. */
  readonly palette: readonly string[];
}

export const DARK: PictureTheme = {
  background: '#1b1e24',
  foreground: '#dcdfe4',
  frame: '#2b2f38',
  palette: [
    '#282c34',
    '#e06c75',
    '#98c379',
    '#e5c07b',
    '#61afef',
    '#c678dd',
    '#56b6c2',
    '#dcdfe4',
    '#5a6374',
    '#e06c75',
    '#98c379',
    '#e5c07b',
    '#61afef',
    '#c678dd',
    '#56b6c2',
    '#ffffff',
  ],
};

export const LIGHT: PictureTheme = {
  background: '#fbfbf9',
  foreground: '#24292f',
  frame: '#e4e4df',
  palette: [
    '#24292f',
    '#cf222e',
    '#116329',
    '#4d2d00',
    '#0969da',
    '#8250df',
    '#1b7c83',
    '#6e7781',
    '#57606a',
    '#a40e26',
    '#1a7f37',
    '#633c01',
    '#218bff',
    '#a475f9',
    '#3192aa',
    '#8c959f',
  ],
};

/** The screen of the emulator, with a window frame around it. */
export function drawPicture(terminal: Terminal, theme: PictureTheme, title: string, hasCursor: boolean): string {
  const width = Math.ceil(terminal.cols * CELL.width) + 2 * PADDING;
  const height = terminal.rows * CELL.height + 2 * PADDING + BAR;
  const parts: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title" font-family="${FONT}" font-size="14">`,
    `<title id="title">${inXml(title)}</title>`,
    `<rect width="100%" height="100%" rx="10" fill="${theme.background}"/>`,
    `<path d="M0 ${BAR}V10A10 10 0 0 1 10 0H${width - 10}A10 10 0 0 1 ${width} 10V${BAR}Z" fill="${theme.frame}"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (fill, index) => `<circle cx="${20 + index * 20}" cy="15" r="6" fill="${fill}"/>`,
    ),
    `<text x="${width / 2}" y="20" text-anchor="middle" font-size="13" fill="${theme.foreground}" opacity="0.6">${inXml(title)}</text>`,
  ];
  for (let y = 0; y < terminal.rows; y++) parts.push(...drawRow(terminal, y, theme));
  if (hasCursor) parts.push(drawCursor(terminal, theme));
  parts.push('</svg>\n');
  return parts.join('\n');
}

/** Cells that are drawn as one text. */
interface Run {
  readonly x: number;
  columns: number;
  text: string;
  readonly style: CellStyle;
}

interface CellStyle {
  readonly fill: string;
  readonly background: string | undefined;
  readonly bold: boolean;
  readonly faint: boolean;
}

function drawRow(terminal: Terminal, y: number, theme: PictureTheme): string[] {
  const buffer = terminal.buffer.active;
  const line = buffer.getLine(buffer.baseY + y);
  const runs: Run[] = [];
  for (let x = 0; x < terminal.cols; x++) {
    const cell = line?.getCell(x);
    if (!cell || cell.getWidth() === 0) continue;
    const style = styleOf(cell, theme);
    const text = cell.getChars() || ' ';
    const last = runs.at(-1);
    // A character that may be wider in the viewer's font has an element of its own, so that it shifts nothing.
    const isPlain = /^[\x20-\x7e]$/.test(text);
    if (last && isPlain && /^[\x20-\x7e]+$/.test(last.text) && JSON.stringify(last.style) === JSON.stringify(style)) {
      last.text += text;
      last.columns += 1;
    } else runs.push({ x, columns: cell.getWidth(), text, style });
  }
  const top = PADDING + BAR + y * CELL.height;
  const backgrounds = runs.flatMap(({ x, columns, style: { background } }) =>
    background === undefined
      ? []
      : [
          `<rect x="${at(x)}" y="${top}" width="${(columns * CELL.width).toFixed(1)}" height="${CELL.height}" fill="${background}"/>`,
        ],
  );
  const texts = runs.flatMap(({ x, columns, text, style }) => drawText(x, top, columns, text, style));
  return [...backgrounds, ...texts];
}

/** Widths of blocks at the left of a cell. */
const GUTTER_WIDTHS: Readonly<Record<string, number>> = { '▎': 2.6, '▏': 1.3 };

/** Lines and blocks are drawn as shapes: a font would leave gaps between them. */
function drawText(x: number, top: number, columns: number, text: string, { fill, bold, faint }: CellStyle): string[] {
  const left = PADDING + x * CELL.width;
  const middle = top + CELL.height / 2;
  const end = left + CELL.width;
  const center = left + CELL.width / 2;
  if (text.trim() === '') return [];
  if (text === '─') return [`<path d="M${left.toFixed(1)} ${middle}H${end.toFixed(1)}" stroke="${fill}"/>`];
  if (text === '│') return [`<path d="M${center.toFixed(1)} ${top}V${top + CELL.height}" stroke="${fill}"/>`];
  const gutter = GUTTER_WIDTHS[text];
  if (gutter !== undefined)
    return [`<rect x="${left.toFixed(1)}" y="${top}" width="${gutter}" height="${CELL.height}" fill="${fill}"/>`];
  const weight = bold ? ' font-weight="bold"' : '';
  const opacity = faint ? ' opacity="0.6"' : '';
  const length = ` textLength="${(columns * CELL.width).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
  const fitted = text.length > 1 ? length : '';
  return [
    `<text x="${left.toFixed(1)}" y="${(top + 14).toFixed(1)}" fill="${fill}"${weight}${opacity}${fitted} xml:space="preserve">${inXml(text)}</text>`,
  ];
}

function drawCursor(terminal: Terminal, theme: PictureTheme): string {
  const { cursorX, cursorY } = terminal.buffer.active;
  const top = PADDING + BAR + cursorY * CELL.height;
  return `<rect x="${at(cursorX)}" y="${top + 1}" width="${CELL.width}" height="${CELL.height - 2}" fill="${theme.foreground}" opacity="0.75"/>`;
}

function styleOf(cell: IBufferCell, theme: PictureTheme): CellStyle {
  const foreground = colorOf(cell.isFgRGB(), cell.isFgPalette(), cell.getFgColor(), theme) ?? theme.foreground;
  const background = colorOf(cell.isBgRGB(), cell.isBgPalette(), cell.getBgColor(), theme);
  const isInverse = cell.isInverse() !== 0;
  return {
    fill: isInverse ? (background ?? theme.background) : foreground,
    background: isInverse ? foreground : background,
    bold: cell.isBold() !== 0,
    faint: cell.isDim() !== 0,
  };
}

function colorOf(isRgb: boolean, isPalette: boolean, color: number, theme: PictureTheme): string | undefined {
  if (isRgb) return `#${color.toString(16).padStart(6, '0')}`;
  if (!isPalette) return undefined;
  if (color < 16) return theme.palette[color];
  if (color >= 232) return `#${(8 + (color - 232) * 10).toString(16).padStart(2, '0').repeat(3)}`;
  const level = (part: number): string => (part === 0 ? 0 : 55 + part * 40).toString(16).padStart(2, '0');
  const index = color - 16;
  return `#${level(Math.floor(index / 36))}${level(Math.floor(index / 6) % 6)}${level(index % 6)}`;
}

const at = (column: number): string => (PADDING + column * CELL.width).toFixed(1);

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const inXml = (text: string): string => text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
