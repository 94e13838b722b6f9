/**
 * What the clients of a soak did and saw, and what that proves: each acknowledged message was shown, once, in the order of its
 * sender, under a seq of its own. It keeps a few bytes for each message, so that millions fit. Pure.
 */

import { MAILBOX } from '../../../src/store/limits.js';

/** The messages of one outbox to one user, numbered from 0. */
export interface Stream {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** A message as a client got it. */
export interface Shown {
  readonly epoch: string;
  readonly seq: number;
  readonly id: string;
  readonly from: string;
  readonly body: string;
}

/** The promises; each can be broken. */
export const PROMISES = {
  lost: 'acknowledged, and never shown',
  twice: 'shown more than once',
  disorder: 'shown after a later message of its sender',
  clash: 'one seq with two ids',
  forged: 'shown, but never sent so',
  undelivered: 'reported as delivered before it was shown',
  stuck: 'never acknowledged, though everything was healed',
  refused: 'refused, though nothing is wrong with it',
  epoch: 'a mailbox began anew, or a server broke the protocol, or a session ended that nobody replaced',
} as const;

export type PromiseName = keyof typeof PROMISES;

/** Bits of what is known of a message. */
const STORED = 1;
const SHOWN = 2;
/** Its client ended before it had the message on disk, and said so: it is not sent. */
const VOID = 4;

/** Enough to tell streams and numbers apart in one number. */
const NUMBERS = 2 ** 32;
const MAX_EXAMPLES = 5;
/** Of a stream, how many of its newest messages have a time. */
const TIMED = 4_096;

interface Line extends Stream {
  readonly index: number;
  sent: number;
  stored: number;
  shown: number;
  voided: number;
  /** The highest number that was shown. */
  newest: number;
  /** Bits by number. */
  marks: Uint8Array;
  readonly sentAt: Float64Array;
}

export interface Totals {
  readonly sent: number;
  readonly stored: number;
  readonly shown: number;
}

export class Ledger {
  /** See `unknown`. */
  forgotten = 0;
  readonly #lines: Line[] = [];
  readonly #byName = new Map<string, Line>();
  /** For each user and epoch: by seq, which message had it. */
  readonly #seqs = new Map<string, number[]>();
  readonly #broken = new Map<PromiseName, { count: number; examples: string[] }>();
  /** ms from `send` until it was shown, and until it was acknowledged, since the last `takeTimes`. */
  #times: { shown: number[]; stored: number[] } = { shown: [], stored: [] };

  open(stream: Stream): void {
    const line = {
      ...stream,
      index: this.#lines.length,
      sent: 0,
      stored: 0,
      shown: 0,
      voided: 0,
      newest: -1,
      marks: new Uint8Array(1_024),
      sentAt: new Float64Array(TIMED),
    };
    this.#lines.push(line);
    this.#byName.set(stream.name, line);
  }

  /** The id and the body of the next message of a stream, which is sent now. */
  send(stream: string, now: number): { readonly id: string; readonly body: string } {
    const line = this.#line(stream);
    const number = line.sent++;
    if (number >= line.marks.length) {
      const marks = new Uint8Array(line.marks.length * 2);
      marks.set(line.marks);
      line.marks = marks;
    }
    line.sentAt[number % TIMED] = now;
    const id = `${stream}.${number}`;
    return { id, body: bodyOf(id, number) };
  }

  /** The newest message of a stream was not sent after all. */
  takeBack(stream: string): void {
    this.#line(stream).sent--;
  }

  /** The client ended, and said that it does not send this message. */
  voided(id: string): void {
    const [line, number] = this.#find(id);
    if (line === undefined || this.#has(line, number, VOID)) return;
    if (this.#has(line, number, STORED | SHOWN)) this.broke('forged', `${id}, reported as not sent`);
    line.marks[number] = (line.marks[number] ?? 0) | VOID;
    line.voided++;
  }

  /** The sender got `stored`; may be repeated. */
  stored(id: string, now: number): void {
    const [line, number] = this.#find(id);
    if (line === undefined || this.#has(line, number, STORED)) return;
    line.marks[number] = (line.marks[number] ?? 0) | STORED;
    line.stored++;
    if (line.sent - number < TIMED) this.#times.stored.push(now - (line.sentAt[number % TIMED] ?? now));
  }

  /** The sender got `delivered`. */
  delivered(id: string): void {
    const [line, number] = this.#find(id);
    if (line !== undefined && !this.#has(line, number, SHOWN)) this.broke('undelivered', id);
  }

  /**
   * The sender asked about a message, and the server does not know it. Of one that was shown that is right if so many were sent since
   * then that its id is forgotten: the mark that it was delivered was lost, and the sender asks only when it logs in again.
   */
  unknown(id: string): void {
    const [line, number] = this.#find(id);
    if (line === undefined) return;
    const lines = this.#lines.filter(({ from, to }) => from === line.from && to === line.to).length;
    // Streams of one user to another are about as fast.
    const isOld = line.newest - number > MAILBOX.keptIdsPerSender / lines / 2;
    if (isOld && this.#has(line, number, SHOWN)) this.forgotten++;
    else this.broke('refused', `${id}: unknown`);
  }

  shown(user: string, { epoch, seq, id, from, body }: Shown, now: number): void {
    const [line, number] = this.#find(id);
    if (line === undefined || line.from !== from || line.to !== user || body !== bodyOf(id, number)) {
      this.broke('forged', `${user} got ${id} from ${from}`);
      return;
    }
    if (this.#has(line, number, VOID)) this.broke('forged', `${id}, reported as not sent`);
    this.#noteSeq(user, epoch, seq, line.index * NUMBERS + number, id);
    if (this.#has(line, number, SHOWN)) {
      this.broke('twice', id);
      return;
    }
    line.marks[number] = (line.marks[number] ?? 0) | SHOWN;
    line.shown++;
    if (number < line.newest) this.broke('disorder', `${id} after ${line.newest}`);
    line.newest = Math.max(line.newest, number);
    if (line.sent - number < TIMED) this.#times.shown.push(now - (line.sentAt[number % TIMED] ?? now));
  }

  broke(promise: PromiseName, example: string): void {
    const broken = this.#broken.get(promise) ?? { count: 0, examples: [] };
    this.#broken.set(promise, broken);
    broken.count++;
    if (broken.examples.length < MAX_EXAMPLES) broken.examples.push(example);
  }

  get totals(): Totals {
    const sum = (read: (line: Line) => number): number => this.#lines.reduce((total, line) => total + read(line), 0);
    return { sent: sum(({ sent }) => sent), stored: sum(({ stored }) => stored), shown: sum(({ shown }) => shown) };
  }

  /** How many messages of a stream wait to be acknowledged. */
  unanswered(stream: string): number {
    const { sent, stored, voided } = this.#line(stream);
    return sent - stored - voided;
  }

  /** What was sent was acknowledged, and shown. */
  get isDrained(): boolean {
    return this.#lines.every(({ sent, stored, shown, voided }) => stored + voided === sent && shown === stored);
  }

  /** Looks for what is missing. To be called once, at the end. */
  close(): void {
    for (const line of this.#lines) {
      for (let number = 0; number < line.sent; number++) {
        const id = `${line.name}.${number}`;
        if (this.#has(line, number, VOID)) continue;
        if (!this.#has(line, number, STORED)) this.broke('stuck', id);
        else if (!this.#has(line, number, SHOWN)) this.broke('lost', id);
      }
    }
  }

  /** How often each promise was broken, and by what; those that held are not in it. */
  get broken(): ReadonlyMap<PromiseName, { readonly count: number; readonly examples: readonly string[] }> {
    return this.#broken;
  }

  takeTimes(): { readonly shown: readonly number[]; readonly stored: readonly number[] } {
    const taken = this.#times;
    this.#times = { shown: [], stored: [] };
    return taken;
  }

  #noteSeq(user: string, epoch: string, seq: number, message: number, id: string): void {
    const key = `${user} ${epoch}`;
    let seqs = this.#seqs.get(key);
    if (seqs === undefined) {
      seqs = [];
      this.#seqs.set(key, seqs);
    }
    const before = seqs[seq];
    seqs[seq] = message;
    if (before === undefined || before === message) return;
    const other = this.#lines[Math.floor(before / NUMBERS)]?.name ?? '';
    this.broke('clash', `seq ${seq} of ${user}: ${other}.${before % NUMBERS} and ${id}`);
  }

  #has(line: Line, number: number, mark: number): boolean {
    return ((line.marks[number] ?? 0) & mark) !== 0;
  }

  #line(name: string): Line {
    const line = this.#byName.get(name);
    if (line === undefined) throw new Error(`there is no stream ${name}`);
    return line;
  }

  /** Undefined: it was never sent. */
  #find(id: string): [line: Line | undefined, number: number] {
    const end = id.lastIndexOf('.');
    const line = this.#byName.get(id.slice(0, end));
    const number = Number(id.slice(end + 1));
    return line !== undefined && number < line.sent ? [line, number] : [undefined, number];
  }
}

/** Some are short, some long; none is like another. */
function bodyOf(id: string, number: number): string {
  const length = number % 97 === 0 ? 4_000 : (number * 31) % 160;
  return `${id} ${'x'.repeat(length)}`;
}
