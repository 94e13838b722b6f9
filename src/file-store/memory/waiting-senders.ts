/**
 * Who has undelivered messages in which mailboxes that are not in memory: a sender may ask for all of them, and must not make the
 * server load every mailbox. Those in memory are asked themselves, so a message that is stored or delivered changes nothing here.
 *
 * It is learned when a mailbox is evicted. After a start it is not known of mailboxes with such messages until each was loaded once,
 * which the first one who asks has done.
 */
import type { CheckpointedMailbox } from '../files/mailbox-manifest.js';
import type { Mailbox } from '../mailbox/mailbox.js';
import type { CacheWatcher } from './mailbox-cache.js';

/** A sender, and the mailboxes with its messages. */
interface Sender {
  readonly name: string;
  readonly mailboxes: Set<string>;
}

export class WaitingSenders implements CacheWatcher {
  readonly #senders = new Map<string, Sender>(); // storage 9: a Map, never {}
  /** By mailbox, so that its entries are found again. */
  readonly #ofMailbox = new Map<string, readonly Sender[]>();
  readonly #unknown: Set<string>;

  /** @param listed at the last checkpoint. @param changed users with records since then. */
  constructor(listed: Iterable<CheckpointedMailbox> = [], changed: Iterable<string> = []) {
    this.#unknown = new Set(changed);
    for (const { user, undelivered } of listed) if (undelivered !== 0) this.#unknown.add(user);
  }

  /** How many mailboxes are not known. */
  get unknown(): number {
    return this.#unknown.size;
  }

  /** Some of them; those that are still unknown come last the next time, because they could not be read. */
  someUnknown(limit: number): readonly string[] {
    const some: string[] = [];
    for (const user of this.#unknown) {
      if (some.length >= limit) break;
      some.push(user);
    }
    for (const user of some) {
      this.#unknown.delete(user);
      this.#unknown.add(user);
    }
    return some;
  }

  /** The mailboxes with messages of this sender. */
  mailboxesOf(sender: string): Iterable<string> {
    return this.#senders.get(sender)?.mailboxes ?? [];
  }

  loaded(user: string): void {
    this.#unknown.delete(user);
    for (const sender of this.#ofMailbox.get(user) ?? []) {
      sender.mailboxes.delete(user);
      if (sender.mailboxes.size === 0) this.#senders.delete(sender.name);
    }
    this.#ofMailbox.delete(user);
  }

  evicted(user: string, mailbox: Pick<Mailbox, 'senders'>): void {
    const senders: Sender[] = [];
    for (const name of mailbox.senders) {
      const sender = this.#senders.get(name) ?? { name, mailboxes: new Set() };
      this.#senders.set(name, sender);
      sender.mailboxes.add(user);
      senders.push(sender);
    }
    if (senders.length > 0) this.#ofMailbox.set(user, senders);
  }
}
