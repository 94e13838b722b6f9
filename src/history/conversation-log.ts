/**
 * The history of one conversation: segments that are only ever added to. The newest says all that is needed to go on, for
 * each begins with what those before it would say.
 */

import { writeAll } from '../disk/json-file.js';
import type { OpenFile } from '../io/files.js';
import {
  HISTORY_FORMAT,
  type HistoryRecord,
  type MailboxPosition,
  type ReceivedRecord,
  type SentRecord,
  type SentState,
  toLine,
} from './record.js';
import { isOwn, type Segment } from './segment.js';
import type { SegmentFolder } from './segment-folder.js';

export interface LogLimits {
  /** A segment that is larger is followed by a new one. */
  readonly maxSegmentBytes: number;
  /** What is kept of a conversation: then the oldest segments go. */
  readonly maxBytesPerPeer: number;
}

/** A segment and its neighbours. */
export interface Page extends Segment {
  readonly number: number;
  readonly older: number | undefined;
  readonly newer: number | undefined;
}

/** The newest segment, open for adding. */
interface Tail {
  readonly number: number;
  readonly file: OpenFile;
  bytes: number;
  received: MailboxPosition | undefined;
  unread: number;
}

export class ConversationLog {
  #tail: Tail | undefined;
  /** In which segment each own message is that may still change, of the segments that were read. */
  readonly #unsettled = new Map<string, number>();
  readonly #wasRead = new Set<number>();
  /** Everything is done one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** After a failed write nobody knows what is on disk: nothing more is promised (storage 3). */
  #failure: { readonly cause: unknown } | undefined;

  constructor(
    private readonly peer: string,
    private readonly folder: SegmentFolder,
    private readonly limits: LogLimits,
  ) {}

  /**
   * A segment with its neighbours; the newest by default. Undefined when it is not there. Changes nothing. It waits for what
   * was begun before, and what is begun later waits for it: the page holds exactly what was told before it resolves.
   */
  page(wanted: number | 'oldest' | 'newest' = 'newest'): Promise<Page | undefined> {
    return this.#inTurn(async () => {
      const numbers = await this.folder.numbers();
      const places = { oldest: 0, newest: numbers.length - 1 };
      const index = typeof wanted === 'number' ? numbers.indexOf(wanted) : places[wanted];
      const number = numbers[index];
      if (number === undefined) return undefined;
      return { ...(await this.#read(number)), number, older: numbers[index - 1], newer: numbers[index + 1] };
    });
  }

  /**
   * Messages from the peer, in the order of their seq. Resolves when they are durable: with the segment of each, or with
   * undefined for those that were there before: they are not shown again (R15).
   */
  received(records: readonly ReceivedRecord[]): Promise<(number | undefined)[]> {
    return this.#write(async (tail) => {
      const fresh: ReceivedRecord[] = [];
      const segments = records.map((record) => {
        if (isKnown(record, tail.received)) return undefined;
        const { epoch, seq, replay } = record;
        if (replay === undefined) tail.received = { epoch, seq };
        fresh.push(record);
        return tail.number;
      });
      if (fresh.length > 0) {
        await this.#add(tail, ...fresh);
        await tail.file.datasync();
        tail.unread += fresh.length;
      }
      return segments;
    });
  }

  /** Whether `received` would find that the message was there before. */
  knows(record: ReceivedRecord): Promise<boolean> {
    return this.#write(async (tail) => isKnown(record, tail.received));
  }

  /** An own message. Resolves with its segment when it is durable. */
  sent(record: SentRecord): Promise<number> {
    return this.#write(async (tail) => {
      await this.#add(tail, record);
      await tail.file.datasync();
      this.#unsettled.set(record.id, tail.number);
      return tail.number;
    });
  }

  /**
   * An own message changed its state. It is written into the segment that holds the message, so that each segment can be read
   * alone; and not made durable: after a power loss the server can be asked again. False when the message is not here.
   */
  changed(id: string, state: SentState, why?: string): Promise<boolean> {
    return this.#write(async (tail) => {
      const number = await this.#find(id);
      if (number === undefined) return false;
      const record = { id, state, ...(why !== undefined && { why }) };
      await (number === tail.number ? this.#add(tail, record) : this.folder.add(number, record));
      if (state === 'delivered') this.#unsettled.delete(id);
      return true;
    });
  }

  /** Everything so far has been read. Not durable: at worst it is to be read again. */
  read(at: number): Promise<void> {
    return this.#write(async (tail) => {
      if (tail.unread === 0) return;
      await this.#add(tail, { read: at });
      tail.unread = 0;
    });
  }

  /** Lets go of the file; the next write opens it again. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      const tail = this.#tail;
      this.#tail = undefined;
      await tail?.file.close();
    });
  }

  #write<T>(work: (tail: Tail) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      if (this.#failure) throw this.#failure.cause;
      try {
        return await work(await this.#openTail());
      } catch (cause) {
        this.#failure = { cause };
        throw cause;
      }
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.catch(toldAlready).then(work);
    this.#turn = turn;
    return turn;
  }

  async #add(tail: Tail, ...records: readonly HistoryRecord[]): Promise<void> {
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
    this.#tail = await this.#begin(number + 1, received, unread);
    await this.#prune();
    return this.#tail;
  }

  async #reopen(): Promise<Tail> {
    this.folder.forget();
    const number = (await this.folder.numbers()).at(-1);
    if (number === undefined) return this.#begin(1, undefined, 0);
    const segment = await this.#read(number);
    const file = await this.folder.open(number, segment);
    const received = segment.received ?? (segment.header ? undefined : await this.#receivedBefore(number));
    return { number, file, bytes: await file.size(), received, unread: segment.unread };
  }

  async #begin(number: number, received: MailboxPosition | undefined, unread: number): Promise<Tail> {
    const header = { history: HISTORY_FORMAT, peer: this.peer, unread, ...(received && { received }) };
    const file = await this.folder.begin(number, header);
    return { number, file, bytes: await file.size(), received, unread };
  }

  /** What a damaged header would have said. */
  async #receivedBefore(number: number): Promise<MailboxPosition | undefined> {
    for (const older of (await this.folder.numbers()).filter((one) => one < number).reverse()) {
      const { received } = await this.#read(older);
      if (received) return received;
    }
    return undefined;
  }

  async #prune(): Promise<void> {
    const { maxBytesPerPeer, maxSegmentBytes } = this.limits;
    const dropped = await this.folder.prune(Math.max(1, Math.floor(maxBytesPerPeer / maxSegmentBytes)));
    if (dropped.length === 0) return;
    for (const [id, number] of this.#unsettled) if (dropped.includes(number)) this.#unsettled.delete(id);
  }

  /** In which segment an own message is, looking from the newest back. */
  async #find(id: string): Promise<number | undefined> {
    for (const number of [...(await this.folder.numbers())].reverse()) {
      if (this.#unsettled.has(id)) break;
      if (!this.#wasRead.has(number)) await this.#read(number);
    }
    return this.#unsettled.get(id);
  }

  async #read(number: number): Promise<Segment> {
    const segment = await this.folder.read(number);
    for (const said of segment.messages) {
      if (isOwn(said) && said.state !== 'delivered') this.#unsettled.set(said.id, number);
    }
    this.#wasRead.add(number);
    return segment;
  }
}

/** Messages come in the order of their seq, so the newest says enough. A replay is always new. */
const isKnown = ({ epoch, seq, replay }: ReceivedRecord, newest: MailboxPosition | undefined): boolean =>
  replay === undefined && newest?.epoch === epoch && seq <= newest.seq;

/** Whoever began it has its failure. */
const toldAlready = (): void => undefined;
