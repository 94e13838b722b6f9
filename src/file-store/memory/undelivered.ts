/**
 * How many messages are undelivered in all mailboxes, and how old the oldest is, without loading them: those in memory are asked,
 * and of each other one with such messages its numbers are kept, from its eviction or from the last checkpoint.
 */

import type { CheckpointedMailbox } from '../files/mailbox-manifest.js';
import type { Mailbox } from '../mailbox/mailbox.js';
import type { LoadedMailbox } from './loaded-mailbox.js';

/** The undelivered messages of a mailbox. */
export interface MailboxUndelivered {
  readonly undelivered: number;
  /** When the first of them was stored, ms since 1970. Absent if there is none. */
  readonly oldestAt?: number;
}

export interface AllUndelivered extends MailboxUndelivered {
  /** How many mailboxes have any. */
  readonly mailboxes: number;
  /** Mailboxes that are not counted: not yet, after a crash, or never, because they are damaged. */
  readonly uncounted: number;
}

export function undeliveredIn(mailbox: Pick<Mailbox, 'last' | 'delivered' | 'purged' | 'get'>): MailboxUndelivered {
  const undelivered = mailbox.last - mailbox.delivered - mailbox.purged;
  if (undelivered === 0) return { undelivered };
  let seq = mailbox.delivered + 1;
  while (mailbox.get(seq)?.purgedAt !== undefined) seq++;
  const { at } = mailbox.get(seq) ?? {};
  return { undelivered, ...(at !== undefined && { oldestAt: at }) };
}

/** The sum of the mailboxes that are not in memory: a scrape must not walk over all of them. */
class KeptNumbers {
  readonly #ofUser = new Map<string, MailboxUndelivered>(); // storage 9: a Map, never {}
  #undelivered = 0;
  /** Undefined when it has to be looked for. */
  #oldestAt: number | undefined = Number.POSITIVE_INFINITY;

  set(user: string, numbers: MailboxUndelivered): void {
    this.delete(user);
    if (numbers.undelivered === 0) return;
    this.#ofUser.set(user, numbers);
    this.#undelivered += numbers.undelivered;
    if (this.#oldestAt !== undefined) this.#oldestAt = Math.min(this.#oldestAt, timeOf(numbers));
  }

  delete(user: string): void {
    const numbers = this.#ofUser.get(user);
    if (numbers === undefined) return;
    this.#ofUser.delete(user);
    this.#undelivered -= numbers.undelivered;
    if (timeOf(numbers) === this.#oldestAt) this.#oldestAt = undefined;
  }

  get sum(): Sum {
    if (this.#oldestAt === undefined) {
      this.#oldestAt = Number.POSITIVE_INFINITY;
      for (const numbers of this.#ofUser.values()) this.#oldestAt = Math.min(this.#oldestAt, timeOf(numbers));
    }
    return { undelivered: this.#undelivered, mailboxes: this.#ofUser.size, oldestAt: this.#oldestAt };
  }
}

/** `oldestAt` is infinite if there is none. */
interface Sum {
  undelivered: number;
  mailboxes: number;
  oldestAt: number;
}

const timeOf = ({ oldestAt = Number.POSITIVE_INFINITY }: MailboxUndelivered): number => oldestAt;

export class UndeliveredCounts {
  /** Of the mailboxes that are not in memory. */
  readonly #kept = new KeptNumbers();
  /** Mailboxes that are not in memory, and whose numbers are not known. */
  readonly #unknown: Set<string>;

  /** @param listed at the last checkpoint. @param changed users with records since then. */
  constructor(listed: Iterable<CheckpointedMailbox>, changed: ReadonlySet<string>) {
    this.#unknown = new Set(changed);
    for (const { user, undelivered, oldestAt } of listed) {
      if (undelivered === undefined) this.#unknown.add(user);
      else if (!changed.has(user)) this.#kept.set(user, { undelivered, ...(oldestAt !== undefined && { oldestAt }) });
    }
  }

  /** Mailboxes to load, so that they are counted. */
  get unknown(): readonly string[] {
    return [...this.#unknown];
  }

  /** The mailbox is in memory from now on. */
  loaded(user: string): void {
    this.#kept.delete(user);
    this.#unknown.delete(user);
  }

  evicted(user: string, mailbox: Mailbox): void {
    this.#kept.set(user, undeliveredIn(mailbox));
  }

  /** @param loaded all mailboxes in memory. */
  all(loaded: Iterable<LoadedMailbox>): AllUndelivered {
    const sum = this.#kept.sum;
    for (const { mailbox } of loaded) {
      const numbers = undeliveredIn(mailbox);
      if (numbers.undelivered === 0) continue;
      sum.undelivered += numbers.undelivered;
      sum.mailboxes++;
      sum.oldestAt = Math.min(sum.oldestAt, timeOf(numbers));
    }
    const { oldestAt, ...rest } = sum;
    return { ...rest, uncounted: this.#unknown.size, ...(oldestAt < Number.POSITIVE_INFINITY && { oldestAt }) };
  }
}
