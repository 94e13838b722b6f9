/** Lines of standard input, split at the byte 0x0A and nowhere else: readline would also split at U+2028. */

/** A line that was longer than allowed. Its bytes were not kept. */
export const TOO_LONG: unique symbol = Symbol('too long');

/** What stands for a line that is not UTF-8. */
export const NOT_UTF8: unique symbol = Symbol('not UTF-8');

export type Line = string | typeof TOO_LONG | typeof NOT_UTF8;

const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';

/**
 * The lines that each chunk of bytes ends, in portions of one chunk. The last line need not end with a newline. One that is
 * too long is told of as soon as it is. A byte order mark at the very beginning is dropped.
 */
export async function* readLines(bytes: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<readonly Line[]> {
  const decode = createDecoder();
  let begun: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const rest = chunk.subarray(from, end);
      const wasTooLong = size > maxBytes;
      size += rest.length;
      if (size <= maxBytes) lines.push(decode(begun.length === 0 ? rest : Buffer.concat([...begun, rest])));
      else if (!wasTooLong) lines.push(TOO_LONG);
      begun = [];
      size = 0;
      from = end + 1;
    }
    const wasTooLong = size > maxBytes;
    size += chunk.length - from;
    if (size <= maxBytes) begun.push(chunk.subarray(from));
    else if (!wasTooLong) lines.push(TOO_LONG); // Now, as it may have no end.
    if (lines.length > 0) yield lines;
  }
  if (size > 0 && size <= maxBytes) yield [decode(Buffer.concat(begun))];
}

/** All of standard input as one text; one newline at its end is dropped, as `$(…)` does. Undefined when it is empty. */
export async function readAll(bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Line | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > maxBytes + 1) return TOO_LONG; // One more may be the newline that is dropped.
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  const all = Buffer.concat(chunks);
  const text = all.at(-1) === NEWLINE ? all.subarray(0, -1) : all;
  return text.length > maxBytes ? TOO_LONG : createDecoder()(text);
}

function createDecoder(): (bytes: Uint8Array) => string | typeof NOT_UTF8 {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let isFirst = true;
  return (bytes) => {
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch {
      return NOT_UTF8; // The caller says which line.
    }
    const dropMark = isFirst && text.startsWith(BYTE_ORDER_MARK);
    isFirst = false;
    return dropMark ? text.slice(1) : text;
  };
}
