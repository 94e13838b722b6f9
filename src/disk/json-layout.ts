/**
 * How a document stands in its file, for people and for large documents: top-level keys on lines of their own, arrays of
 * objects one element a line. So it can be written and read line by line, without stalling the loop.
 */

/** Units of text between two writes. */
const CHUNK_LENGTH = 128 * 1024;

/** Elements of an array that are JSON texts already. */
export class JsonLines {
  constructor(
    readonly length: number,
    readonly line: (index: number) => string,
  ) {}
}

/** The document's text in chunks, without its checksum and its end. */
export function* layOut(format: number, data: object): Generator<string> {
  let text = `{\n  "format": ${format}`;
  for (const [key, value] of Object.entries(data)) {
    if (value === undefined) continue;
    text += `,\n  ${JSON.stringify(key)}: `;
    const lines = linesOf(value);
    if (lines === undefined || lines.length === 0) {
      text += lines === undefined ? JSON.stringify(value) : '[]';
      continue;
    }
    for (let index = 0; index < lines.length; index++) {
      text += `${index === 0 ? '[' : ','}\n    ${lines.line(index)}`;
      if (text.length < CHUNK_LENGTH) continue;
      yield text;
      text = '';
    }
    text += '\n  ]';
  }
  yield text;
}

/** Arrays of objects have one element a line; undefined for everything else. */
function linesOf(value: unknown): JsonLines | undefined {
  if (value instanceof JsonLines) return value;
  if (!Array.isArray(value) || typeof value[0] !== 'object') return undefined;
  return new JsonLines(value.length, (index) => JSON.stringify(value[index]));
}

/** Takes the lines of a document one after the other. What it throws says that they are not as `layOut` makes them. */
export class LayoutReader {
  readonly #entries: [string, unknown][] = [];
  /** The array whose elements are being read. */
  #list: unknown[] | undefined;

  /** @throws SyntaxError */
  take(line: string): void {
    const text = line.endsWith(',') ? line.slice(0, -1) : line;
    if (text === '{' || text === '  ]') this.#list = undefined;
    else if (this.#list) this.#list.push(JSON.parse(text));
    else this.#takeEntry(text);
  }

  get document(): Record<string, unknown> {
    return Object.fromEntries(this.#entries);
  }

  #takeEntry(text: string): void {
    const [key, value] = text.endsWith(': [')
      ? this.#beginList(text)
      : (Object.entries(JSON.parse(`{${text}}`))[0] ?? []);
    if (key !== undefined) this.#entries.push([key, value]);
  }

  #beginList(text: string): [string, unknown] {
    this.#list = [];
    return [JSON.parse(text.slice(0, -': ['.length)) as string, this.#list];
  }
}
