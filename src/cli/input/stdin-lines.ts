/** Reads lines from standard input. They end with LF or CRLF only: readline would also split at U+2028. */

import { isAscii } from 'node:buffer';

/** In place of a line that is longer than allowed. Its bytes are dropped. */
export const TOO_LONG: unique symbol = Symbol('too long');

/** In place of a line that is not UTF-8. */
export const NOT_UTF8: unique symbol = Symbol('not UTF-8');

export type Line = string | typeof TOO_LONG | typeof NOT_UTF8;

const LF = 0x0a;
const CR = 0x0d;
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Yields, for each chunk, the lines that end in it, without their line ends; so that nothing waits for the next chunk. The last
 * line may lack its LF. TOO_LONG is yielded as soon as the limit is exceeded. A byte order mark at the start is dropped.
 */
export async function* readLines(bytes: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<readonly Line[]> {
  const decoder = createDecoder();
  const decode = (line: Uint8Array): Line => {
    const text = withoutCr(line);
    return text.length > maxBytes ? TOO_LONG : decoder(text);
  };
  const maxPartial = maxBytes + 1; // one byte more may be the CR of the line end
  /** The chunks of the line that has not ended yet, and its size so far. */
  let partial: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, from)) {
      const rest = chunk.subarray(from, end);
      const wasTooLong = size > maxPartial;
      size += rest.length;
      if (size <= maxPartial) lines.push(decode(partial.length === 0 ? rest : Buffer.concat([...partial, rest])));
      else if (!wasTooLong) lines.push(TOO_LONG);
      partial = [];
      size = 0;
      from = end + 1;
      const all = chunk.lastIndexOf(LF);
      if (all < from || !isAscii(chunk.subarray(from, all))) continue;
      for (const line of asciiLines(chunk, from, all)) lines.push(line.length > maxBytes ? TOO_LONG : line);
      from = all + 1;
    }
    const wasTooLong = size > maxPartial;
    size += chunk.length - from;
    if (size <= maxPartial) partial.push(chunk.subarray(from));
    else if (!wasTooLong) lines.push(TOO_LONG); // now, since the line may never end
    if (lines.length > 0) yield lines;
  }
  if (size > 0 && size <= maxPartial) yield [decode(Buffer.concat(partial))];
}

/** All of standard input as one text, without the line end at its end. Undefined when there are no bytes. */
export async function readAll(bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Line | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > maxBytes + 2) return TOO_LONG; // two bytes more may be the final line end
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  const all = Buffer.concat(chunks);
  const text = all.at(-1) === LF ? withoutCr(all.subarray(0, -1)) : all;
  return text.length > maxBytes ? TOO_LONG : createDecoder()(text);
}

/** The same lines as one by one, at a third of the cost. @param end of the last one, without its LF. */
const asciiLines = ({ buffer, byteOffset }: Uint8Array, start: number, end: number): string[] =>
  Buffer.from(buffer, byteOffset + start, end - start)
    .toString('latin1')
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));

const withoutCr = (line: Uint8Array): Uint8Array => (line.at(-1) === CR ? line.subarray(0, -1) : line);

function createDecoder(): (bytes: Uint8Array) => string | typeof NOT_UTF8 {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let isFirst = true;
  return (bytes) => {
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch {
      return NOT_UTF8; // the caller reports the line number
    }
    const dropMark = isFirst && text.startsWith(BYTE_ORDER_MARK);
    isFirst = false;
    return dropMark ? text.slice(1) : text;
  };
}
