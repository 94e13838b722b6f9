/**
 * The layout of a JSON document: one line per top-level key, and in arrays of objects one line per element. People can
 * read it, and large documents can be written and parsed line by line without blocking the event loop.
 */

/** UTF-16 units per chunk: a text that still is in the CPU cache when it becomes bytes. */
const CHUNK_LENGTH = 16 * 1024;

/** The elements of an array as JSON texts, so that they need not become objects to be written. */
export class JsonLines {
  constructor(
    readonly length: number,
    readonly line: (index: number) => string,
  ) {}
}

/** The text of a document in chunks, without the checksum and what follows it. */
export function* serializeDocument(format: number, data: object): Generator<string> {
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

/** The lines of an array of objects; undefined for every other value. */
function linesOf(value: unknown): JsonLines | undefined {
  if (value instanceof JsonLines) return value;
  if (!Array.isArray(value) || typeof value[0] !== 'object') return undefined;
  return new JsonLines(value.length, (index) => JSON.stringify(value[index]));
}

/** Parses a document that `serializeDocument` wrote, line by line. */
export class DocumentParser {
  readonly #entries: [string, unknown][] = [];
  /** The array whose elements are being parsed. */
  #list: unknown[] | undefined;

  /** @throws SyntaxError when the line is not JSON. */
  parseLine(line: string): void {
    const text = line.endsWith(',') ? line.slice(0, -1) : line;
    if (text === '{' || text === '  ]') this.#list = undefined;
    else if (this.#list) this.#list.push(JSON.parse(text));
    else this.#parseEntry(text);
  }

  get document(): Record<string, unknown> {
    return Object.fromEntries(this.#entries);
  }

  #parseEntry(text: string): void {
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
