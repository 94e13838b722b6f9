/** A file of exported messages, line by line: those that are meant, with their line numbers; what is no message is said. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { MAX_EXPORT_LINE_BYTES, parseExport } from '../../queue-admin/export-line.js';
import { matchesFilter, type QueueFilter } from '../../queue-admin/filter.js';
import type { QueuedMessage } from '../../queue-admin/queued-message.js';
import { inline, safe } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';
import { type Line, NOT_UTF8, readLines, TOO_LONG } from '../input/stdin-lines.js';
import type { Output } from '../output/output.js';

export interface FileMessage extends QueuedMessage {
  readonly line: number;
}

interface ExportFileOptions {
  /** A path; `-` is standard input. */
  readonly path: string;
  readonly filter: QueueFilter;
  /** Only those to this user. */
  readonly user: string | undefined;
  /** At most so many. */
  readonly limit: number | undefined;
  /** Leave out what is no message, instead of stopping there. */
  readonly keepGoing: boolean;
}

export class ExportLines {
  /** Lines that are no message, so far. */
  refused = 0;
  /** Messages that are not meant, so far. */
  skipped = 0;
  #line = 0;

  constructor(
    private readonly options: ExportFileOptions,
    private readonly stdin: Readable,
    private readonly output: Output,
  ) {}

  /** Once. @throws Failure `usage` when the file cannot be read. */
  async *read(): AsyncGenerator<FileMessage[]> {
    let left = this.options.limit ?? Number.POSITIVE_INFINITY;
    for await (const lines of readLines(this.#open(), MAX_EXPORT_LINE_BYTES)) {
      const messages = this.#take(lines).slice(0, left);
      left -= messages.length;
      if (messages.length > 0) yield messages;
      if (left === 0 || (this.refused > 0 && !this.options.keepGoing)) return;
    }
  }

  /** @throws Failure `usage` when there were lines that are no message. */
  conclude(): void {
    if (this.refused > 0) throw new Failure('usage', `${this.refused} lines are no message`);
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

  #take(lines: readonly Line[]): FileMessage[] {
    const messages: FileMessage[] = [];
    for (const text of lines) {
      this.#line++;
      const message = parseLine(text);
      if ('problem' in message) {
        this.refused++;
        this.output.note(safe`im: line ${this.#line} ${inline(message.problem)}`);
        if (!this.options.keepGoing) break;
      } else if (this.#isMeant(message)) messages.push({ ...message, line: this.#line });
      else this.skipped++;
    }
    return messages;
  }

  #isMeant(message: QueuedMessage): boolean {
    const { filter, user } = this.options;
    const isHere = message.status !== 'purged' && (user === undefined || user === message.to);
    return isHere && matchesFilter(filter, message);
  }
}

function parseLine(text: Line): QueuedMessage | { readonly problem: string } {
  if (text === TOO_LONG) return { problem: 'is too long to be a message' };
  return text === NOT_UTF8 ? { problem: 'is not UTF-8' } : parseExport(text);
}
