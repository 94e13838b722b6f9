/**
 * The history of one conversation: append-only segments. Reopening reads only the newest segment, because each header carries
 * the state at the end of the segment before. The public methods are those of History, for one peer.
 */

import { writeAll } from '../disk/json-file.js';
import type { OpenFile } from '../io/files.js';
import {
  HISTORY_FORMAT,
  type HistoryRecord,
  type MailboxPosition,
  type PushedRecord,
  type SentRecord,
  type SentState,
  toLine,
} from './record.js';
import { isOwn, type Segment } from './segment.js';
import type { SegmentFolder } from './segment-folder.js';

/** See HISTORY, which has the defaults. */
export interface LogLimits {
  readonly maxSegmentBytes: number;
  readonly maxBytesPerPeer: number;
}

/** A segment with the numbers of its neighbours. */
export interface Page extends Segment {
  readonly number: number;
  readonly older: number | undefined;
  readonly newer: number | undefined;
}

/** The newest segment, open for appending. */
interface Tail {
  readonly number: number;
  readonly file: OpenFile;
  bytes: number;
  received: MailboxPosition | undefined;
  unread: number;
}

export class ConversationLog {
  #tail: Tail | undefined;
  /** The segment number of each own message that is not delivered, by id; of the segments in `#loaded`. */
  readonly #undelivered = new Map<string, number>();
  /** The numbers of the segments that have been read. */
  readonly #loaded = new Set<number>();
  /** The newest operation: operations run one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** The first failed write: what is on disk is unknown then, so every later write fails as well (storage 3). */
  #failure: { readonly cause: unknown } | undefined;

  constructor(
    private readonly peer: string,
    private readonly folder: SegmentFolder,
    private readonly limits: LogLimits,
  ) {}

  /** Runs in order with the writes: the page holds exactly what was written by calls before it. */
  page(wanted: number | 'oldest' | 'newest' = 'newest'): Promise<Page | undefined> {
    return this.#enqueue(async () => {
      const numbers = await this.folder.numbers();
      const ends = { oldest: 0, newest: numbers.length - 1 };
      const index = typeof wanted === 'number' ? numbers.indexOf(wanted) : ends[wanted];
      const number = numbers[index];
      if (number === undefined) return undefined;
      return { ...(await this.#read(number)), number, older: numbers[index - 1], newer: numbers[index + 1] };
    });
  }

  addPushed(records: readonly PushedRecord[]): Promise<(number | undefined)[]> {
    return this.#write(async (tail) => {
      const fresh: PushedRecord[] = [];
      const segments = records.map((record) => {
        if (isKnown(record, tail.received)) return undefined;
        if (!isReplay(record)) tail.received = { epoch: record.epoch, seq: record.seq };
        fresh.push(record);
        return tail.number;
      });
      if (fresh.length > 0) {
        await this.#append(tail, ...fresh.flatMap(withState));
        await tail.file.datasync();
        for (const record of fresh) {
          if ('to' in record) this.#undelivered.set(record.id, tail.number);
          else if (!record.isHistory) tail.unread++;
        }
      }
      return segments;
    });
  }

  has(record: PushedRecord): Promise<boolean> {
    return this.#write(async (tail) => isKnown(record, tail.received));
  }

  addSent(record: SentRecord): Promise<number> {
    return this.#write(async (tail) => {
      await this.#append(tail, record);
      await tail.file.datasync();
      this.#undelivered.set(record.id, tail.number);
      return tail.number;
    });
  }

  /**
   * Writes the state into the segment that holds the message, so that each segment can be read alone. It is not synced: after a
   * power loss the server can be asked again.
   */
  setState(id: string, state: SentState, why?: string): Promise<boolean> {
    return this.#write(async (tail) => {
      const number = await this.#find(id);
      if (number === undefined) return false;
      const record = { id, state, ...(why !== undefined && { why }) };
      await (number === tail.number ? this.#append(tail, record) : this.folder.append(number, record));
      if (state === 'delivered') this.#undelivered.delete(id);
      return true;
    });
  }

  /** Not synced: after a power loss it may be unread again. */
  markRead(at: number, upTo?: MailboxPosition): Promise<boolean> {
    return this.#write(async (tail) => {
      const isAll = upTo === undefined || isKnown(tail.received ?? upTo, upTo);
      if (tail.unread === 0 || !isAll) return false;
      await this.#append(tail, { read: at });
      tail.unread = 0;
      return true;
    });
  }

  /** Closes the file; the next write opens it again. */
  close(): Promise<void> {
    return this.#enqueue(async () => {
      const tail = this.#tail;
      this.#tail = undefined;
      await tail?.file.close();
    });
  }

  #write<T>(work: (tail: Tail) => Promise<T>): Promise<T> {
    return this.#enqueue(async () => {
      if (this.#failure) throw this.#failure.cause;
      try {
        return await work(await this.#openTail());
      } catch (cause) {
        this.#failure = { cause };
        throw cause;
      }
    });
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.catch(alreadyReported).then(work);
    this.#last = next;
    return next;
  }

  async #append(tail: Tail, ...records: readonly HistoryRecord[]): Promise<void> {
    const bytes = Buffer.from(records.map(toLine).join(''));
    await writeAll(tail.file, bytes);
    tail.bytes += bytes.length;
  }

  /** The newest segment; a new one when that is full, or when there is none. */
  async #openTail(): Promise<Tail> {
    this.#tail ??= await this.#reopen();
    const { file, bytes, number, received, unread } = this.#tail;
    if (bytes < this.limits.maxSegmentBytes) return this.#tail;
    await file.close();
    this.#tail = await this.#create(number + 1, received, unread);
    await this.#prune();
    return this.#tail;
  }

  async #reopen(): Promise<Tail> {
    this.folder.invalidate();
    const number = (await this.folder.numbers()).at(-1);
    if (number === undefined) return this.#create(1, undefined, 0);
    const segment = await this.#read(number);
    const file = await this.folder.open(number, segment);
    const received = segment.received ?? (segment.header ? undefined : await this.#receivedBefore(number));
    return { number, file, bytes: await file.size(), received, unread: segment.unread };
  }

  async #create(number: number, received: MailboxPosition | undefined, unread: number): Promise<Tail> {
    const header = { history: HISTORY_FORMAT, peer: this.peer, unread, ...(received && { received }) };
    const file = await this.folder.create(number, header);
    return { number, file, bytes: await file.size(), received, unread };
  }

  /** Recovers `received` of a damaged header from the segments before it. */
  async #receivedBefore(number: number): Promise<MailboxPosition | undefined> {
    for (const older of (await this.folder.numbers()).filter((one) => one < number).reverse()) {
      const { received } = await this.#read(older);
      if (received) return received;
    }
    return undefined;
  }

  async #prune(): Promise<void> {
    const { maxBytesPerPeer, maxSegmentBytes } = this.limits;
    const removed = await this.folder.prune(Math.max(1, Math.floor(maxBytesPerPeer / maxSegmentBytes)));
    if (removed.length === 0) return;
    for (const [id, number] of this.#undelivered) if (removed.includes(number)) this.#undelivered.delete(id);
  }

  /** The segment number of an own message; reads segments from the newest back until it is found. */
  async #find(id: string): Promise<number | undefined> {
    for (const number of (await this.folder.numbers()).toReversed()) {
      if (this.#undelivered.has(id)) break;
      if (!this.#loaded.has(number)) await this.#read(number);
    }
    return this.#undelivered.get(id);
  }

  async #read(number: number): Promise<Segment> {
    const segment = await this.folder.read(number);
    for (const message of segment.messages) {
      if (isOwn(message) && message.state !== 'delivered') this.#undelivered.set(message.id, number);
    }
    this.#loaded.add(number);
    return segment;
  }
}

const isReplay = (record: MailboxPosition | PushedRecord): boolean => 'replay' in record && record.replay !== undefined;

/** Messages arrive in the order of their seq, so the newest position is enough. A replay is always new. */
const isKnown = (record: MailboxPosition | PushedRecord, newest: MailboxPosition | undefined): boolean =>
  !isReplay(record) && newest?.epoch === record.epoch && record.seq <= newest.seq;

/** A version that knows no copies would take a copy for a queued message. */
const withState = (record: PushedRecord): HistoryRecord[] =>
  'to' in record ? [record, { id: record.id, state: 'stored' }] : [record];

/** The caller of the earlier operation has its error. */
const alreadyReported = (): void => undefined;
