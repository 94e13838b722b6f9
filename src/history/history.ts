/**
 * What was said, on this side: the local history of one user on one server. The chat client and line mode write it and read
 * it; one process at a time, the one that holds the client's state folder. The public face of src/history.
 */
import { join } from 'node:path';
import { errorCode } from '../disk/disk-errors.js';
import type { Files } from '../io/files.js';
import { isUserName } from '../protocol/field-types.js';
import { ConversationLog, type LogLimits, type Page } from './conversation-log.js';
import { HISTORY } from './limits.js';
import type { ReceivedRecord, SentRecord, SentState } from './record.js';
import { createQuery, findIn } from './search.js';
import type { HistoryMessage } from './segment.js';
import { SegmentFolder } from './segment-folder.js';

export type { LogLimits, Page } from './conversation-log.js';
export type { MailboxPosition, ReceivedRecord, SentRecord, SentState } from './record.js';
export { type HistoryMessage, isOwn, type OwnMessage, type PeerMessage } from './segment.js';

interface HistoryOptions {
  readonly files: Files;
  /** Holds a folder for each peer. Made with the first message. */
  readonly folder: string;
  readonly limits?: Partial<LogLimits>;
}

/** A message that was found. */
export interface SearchHit {
  readonly peer: string;
  readonly said: HistoryMessage;
  /** The segment that holds it: `page(peer, segment)`. */
  readonly segment: number;
}

export class History {
  readonly #logs = new Map<string, ConversationLog>();
  /** Those with an open file; the one that was used last is the last one. */
  readonly #open = new Set<ConversationLog>();

  constructor(private readonly options: HistoryOptions) {}

  /** Everyone with whom there is a history, by name. */
  async peers(): Promise<string[]> {
    try {
      return (await this.options.files.list(this.options.folder)).filter(isUserName).sort();
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** A segment of a conversation with its neighbours' numbers; the newest by default. Undefined when there is none. */
  page(peer: string, segment?: number | 'oldest'): Promise<Page | undefined> {
    return this.#logOf(peer).page(segment);
  }

  /**
   * Keeps messages from one peer, in the order of their seq, with one fdatasync. Resolves when they are durable: with the
   * segment of each; with undefined for those that were kept before: they were shown before, or are in a `page` already (R15).
   * Known by epoch and seq; a replay is always new.
   */
  async received(from: string, records: readonly ReceivedRecord[]): Promise<(number | undefined)[]> {
    return (await this.#openLog(from)).received(records);
  }

  /** Whether `received` would find that the message was kept before. */
  async knows(record: ReceivedRecord): Promise<boolean> {
    return (await this.#openLog(record.from)).knows(record);
  }

  /** Keeps an own message, queued. Resolves with its segment when it is durable: it may be sent then. */
  async sent(record: SentRecord): Promise<number> {
    return (await this.#openLog(record.to)).sent(record);
  }

  /** Keeps what became of an own message. Resolves when it is written, with false when there is no such message. */
  async changed(to: string, id: string, state: SentState, why?: string): Promise<boolean> {
    return (await this.#openLog(to)).changed(id, state, why);
  }

  /** Everything from this peer has been read; ms since 1970. */
  async read(peer: string, at: number): Promise<void> {
    return (await this.#openLog(peer)).read(at);
  }

  /**
   * The messages that hold the words, whatever the case; the newest of each conversation first. One segment after the other,
   * each with what was found in it, which may be nothing: so whoever looks can stop.
   */
  async *search(words: string, peers: readonly string[]): AsyncGenerator<readonly SearchHit[]> {
    const query = createQuery(words);
    for (const peer of peers) {
      const folder = this.#folderOf(peer);
      for (const segment of [...(await folder.numbers())].reverse()) {
        yield findIn(await folder.text(segment), query).map((said) => ({ peer, said, segment }));
      }
    }
  }

  /** A whole conversation, the oldest first. */
  async *all(peer: string): AsyncGenerator<HistoryMessage> {
    const folder = this.#folderOf(peer);
    for (const segment of await folder.numbers()) yield* (await folder.read(segment)).messages;
  }

  /** Resolves when everything is written and let go of. */
  async close(): Promise<void> {
    await Promise.all([...this.#logs.values()].map((log) => log.close()));
  }

  #folderOf(peer: string): SegmentFolder {
    // The name becomes that of a folder (storage 10).
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

  /** The log, for writing. So many files are open at a time, those that were used last. */
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
