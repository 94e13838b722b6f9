/**
 * The local history of one user on one server: all conversations, as files. The chat client and line mode write and read it;
 * only the process that holds the client's state folder may. The public face of src/history.
 */
import { join } from 'node:path';
import { errorCode } from '../disk/disk-errors.js';
import type { Files } from '../io/files.js';
import { isUserName } from '../protocol/fields.js';
import { ConversationLog, type LogLimits, type Page } from './conversation-log.js';
import { HISTORY } from './limits.js';
import { type MailboxPosition, type PushedRecord, peerOf, type SentRecord, type SentState } from './record.js';
import { type HistoryMessage, readSegment } from './segment.js';
import { SegmentFolder } from './segment-folder.js';

export type { LogLimits, Page } from './conversation-log.js';
export {
  type CopyRecord,
  type PushedRecord,
  peerOf,
  type ReceivedRecord,
  type SentRecord,
  type SentState,
  toPushedRecord,
} from './record.js';
export { type HistoryMessage, isOwn, type OwnMessage } from './segment.js';

interface HistoryOptions {
  readonly files: Files;
  /** Contains a folder for each peer. It is created with the first message. */
  readonly folder: string;
  readonly limits?: Partial<LogLimits>;
}

export interface SearchHit {
  readonly peer: string;
  readonly message: HistoryMessage;
  /** The segment that contains the message: `page(peer, segment)`. */
  readonly segment: number;
}

/** Methods with a `peer` throw RangeError when that is not the name of a user. */
export class History {
  readonly #logs = new Map<string, ConversationLog>();
  /** The logs with an open file, least recently used first. */
  readonly #open = new Set<ConversationLog>();

  constructor(private readonly options: HistoryOptions) {}

  /** The peers that have a history, sorted by name. */
  async peers(): Promise<string[]> {
    try {
      return (await this.options.files.list(this.options.folder)).filter(isUserName).sort();
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** A segment of a conversation, with the numbers of its neighbours; by default the newest. Undefined when there is none. */
  page(peer: string, segment?: number | 'oldest'): Promise<Page | undefined> {
    return this.#logOf(peer).page(segment);
  }

  /**
   * Adds messages from one peer, and copies of messages to it, in the order of their seq, with one fdatasync. Resolves when they are durable: with the segment
   * of each, or with undefined for a message that was added before (same epoch, seq not above the newest): it was shown then, or
   * a `page` contains it (R15). A replay is always new.
   */
  async addPushed(peer: string, records: readonly PushedRecord[]): Promise<(number | undefined)[]> {
    return (await this.#openLog(peer)).addPushed(records);
  }

  /** Whether the message was added before. */
  async has(record: PushedRecord): Promise<boolean> {
    return (await this.#openLog(peerOf(record))).has(record);
  }

  /** Adds an own message, in the state `queued`. Resolves with its segment when it is durable: then it may be sent. */
  async addSent(record: SentRecord): Promise<number> {
    return (await this.#openLog(record.to)).addSent(record);
  }

  /**
   * Writes the new state of an own message; `why` it failed is for people. Resolves when it is written (not synced), with false
   * when there is no such message.
   */
  async setState(to: string, id: string, state: SentState, why?: string): Promise<boolean> {
    return (await this.#openLog(to)).setState(id, state, why);
  }

  /**
   * Marks everything from this peer as read, at `at` (ms since 1970); with `upTo`, only if nothing after that has come. Returns
   * whether something was unread, and no longer is.
   */
  async markRead(peer: string, at: number, upTo?: MailboxPosition): Promise<boolean> {
    return (await this.#openLog(peer)).markRead(at, upTo);
  }

  /**
   * The messages that contain the text, ignoring case; the newest of each conversation first. Yields once for each segment, also
   * when nothing was found in it, so that the caller can stop in between.
   */
  async *search(text: string, peers: readonly string[]): AsyncGenerator<readonly SearchHit[]> {
    const wanted = text.toLowerCase();
    const wantedInJson = JSON.stringify(wanted).slice(1, -1);
    for (const peer of peers) {
      const folder = this.#folderOf(peer);
      for (const segment of (await folder.numbers()).toReversed()) {
        const raw = await folder.text(segment);
        // Most segments contain no match; looking at the raw text is cheaper than parsing it.
        const messages = raw.toLowerCase().includes(wantedInJson) ? readSegment(raw).messages : [];
        const found = messages.filter(({ body }) => body.toLowerCase().includes(wanted)).reverse();
        yield found.map((message) => ({ peer, message, segment }));
      }
    }
  }

  /** All messages of a conversation, oldest first. */
  async *messages(peer: string): AsyncGenerator<HistoryMessage> {
    for await (const messages of this.segments(peer, 'oldest')) yield* messages;
  }

  /**
   * All messages of a conversation, one segment at a time, each with its oldest message first. It changes nothing, and reads beside
   * the process that writes (R19): a segment that this removes meanwhile is passed over.
   */
  async *segments(peer: string, first: 'oldest' | 'newest'): AsyncGenerator<readonly HistoryMessage[]> {
    const folder = this.#folderOf(peer);
    const numbers = await folder.numbers();
    for (const number of first === 'oldest' ? numbers : numbers.toReversed()) {
      try {
        yield (await folder.read(number)).messages;
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw error;
      }
    }
  }

  /** Resolves when everything is written and all files are closed. */
  async close(): Promise<void> {
    await Promise.all([...this.#logs.values()].map((log) => log.close()));
  }

  #folderOf(peer: string): SegmentFolder {
    // Storage 10: only a checked name becomes the name of a folder.
    if (!isUserName(peer)) throw new RangeError(`not the name of a user: ${JSON.stringify(peer)}`);
    return new SegmentFolder(this.options.files, join(this.options.folder, peer));
  }

  #logOf(peer: string): ConversationLog {
    const known = this.#logs.get(peer);
    if (known) return known;
    const limits = { ...HISTORY, ...this.options.limits };
    const log = new ConversationLog(peer, this.#folderOf(peer), limits);
    this.#logs.set(peer, log);
    return log;
  }

  /** The log, about to be written to. Closes the least recently used one when too many are open. */
  async #openLog(peer: string): Promise<ConversationLog> {
    const log = this.#logOf(peer);
    this.#open.delete(log);
    this.#open.add(log);
    const [oldest] = this.#open;
    if (oldest && this.#open.size > HISTORY.maxOpenLogs) {
      this.#open.delete(oldest);
      await oldest.close();
    }
    return log;
  }
}
