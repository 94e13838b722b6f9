/** Reads a file of exported messages line by line, and yields those that match a filter. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { parseExport } from '../../queue-admin/export-line.js';
import { matchesFilter, type QueueFilter } from '../../queue-admin/filter.js';
import type { QueuedMessage } from '../../queue-admin/queue-source.js';
import { inline, plural, safe } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';
import { type Line, NOT_UTF8, readLines, TOO_LONG } from '../input/stdin-lines.js';
import type { Output } from '../output/output.js';
import { MAX_JSON_LINE_BYTES } from '../send/message-source.js';

export interface FileMessage extends QueuedMessage {
  /** Its line, counted from 1. */
  readonly line: number;
}

interface ExportFileOptions {
  /** `-` is standard input. */
  readonly path: string;
  readonly filter: QueueFilter;
  /** Only messages to this user. */
  readonly user: string | undefined;
  /** At most this many messages. */
  readonly limit: number | undefined;
  /** Skip invalid lines instead of stopping at the first. */
  readonly keepGoing: boolean;
}

export class ExportLines {
  /** Invalid lines so far; each has been reported with a note. */
  refused = 0;
  #line = 0;

  constructor(
    private readonly options: ExportFileOptions,
    private readonly stdin: Readable,
    private readonly output: Output,
  ) {}

  /** The last line that was read, counted from 1. Where an invalid line stops the reading, it is that line. */
  get lastLine(): number {
    return this.#line;
  }

  /** The matching messages, in batches. Can be called once. @throws Failure `usage` when the file cannot be read. */
  async *read(): AsyncGenerator<FileMessage[]> {
    let left = this.options.limit ?? Number.POSITIVE_INFINITY;
    for await (const lines of readLines(this.#open(), MAX_JSON_LINE_BYTES)) {
      const messages = this.#parse(lines).slice(0, left);
      left -= messages.length;
      if (messages.length > 0) yield messages;
      if (left === 0 || (this.refused > 0 && !this.options.keepGoing)) return;
    }
  }

  /** The same. @throws Failure `usage` also at the end, when there were invalid lines. */
  async *readAll(): AsyncGenerator<FileMessage[]> {
    yield* this.read();
    if (this.refused > 0) throw new Failure('usage', `cannot parse ${plural(this.refused, 'line')}`);
  }

  async *#open(): AsyncGenerator<Uint8Array> {
    const { path } = this.options;
    const stream = path === '-' ? this.stdin : createReadStream(path);
    try {
      for await (const chunk of stream) yield chunk as Uint8Array;
    } catch (cause) {
      throw new Failure('usage', `${path} cannot be read`, { why: (cause as Error).message, cause });
    }
  }

  #parse(lines: readonly Line[]): FileMessage[] {
    const messages: FileMessage[] = [];
    for (const text of lines) {
      this.#line++;
      const message = parseLine(text);
      if ('problem' in message) {
        this.refused++;
        this.output.note(safe`im: line ${this.#line} ${inline(message.problem)}`);
        if (!this.options.keepGoing) break;
      } else if (this.#matches(message)) messages.push({ ...message, line: this.#line });
    }
    return messages;
  }

  /** A purged message has no body to restore. */
  #matches(message: QueuedMessage): boolean {
    const { filter, user } = this.options;
    const isCandidate = message.status !== 'purged' && (user === undefined || user === message.to);
    return isCandidate && matchesFilter(filter, message);
  }
}

function parseLine(text: Line): QueuedMessage | { readonly problem: string } {
  if (text === TOO_LONG) return { problem: 'is too long to be a message' };
  return text === NOT_UTF8 ? { problem: 'is not UTF-8' } : parseExport(text);
}
