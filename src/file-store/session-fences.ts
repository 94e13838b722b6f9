/** Fences: only the newest session of a user may move the cursor of the user's mailbox (R6). */
import { MAILBOX } from '../store/limits.js';

interface UserFences {
  /** Of the newest session. */
  current: number;
  /** Fence → the seq up to which the pushes of that session are counted as attempts. */
  readonly noted: Map<number, number>;
}

export class SessionFences {
  /** One entry per user that ever logged in: limited by the number of accounts. */
  readonly #users = new Map<string, UserFences>(); // storage 9: a Map, never {}
  #next: number;

  /** @param first higher than every fence that was ever given for these mailboxes. */
  constructor(first: number) {
    this.#next = first;
  }

  /** A new fence for this user. It makes all earlier ones stale. */
  claim(user: string): number {
    const fence = this.#next++;
    const fences = this.#users.get(user);
    if (fences) fences.current = fence;
    else this.#users.set(user, { current: fence, noted: new Map() });
    return fence;
  }

  isCurrent(user: string, fence: number): boolean {
    return this.#users.get(user)?.current === fence;
  }

  /** Up to which seq the pushes of this session are counted already. */
  notedUpTo(user: string, fence: number): number {
    return this.#users.get(user)?.noted.get(fence) ?? 0;
  }

  note(user: string, fence: number, seq: number): void {
    const noted = this.#users.get(user)?.noted;
    if (!noted) return;
    noted.set(fence, seq);
    const oldest = noted.keys().next().value;
    if (noted.size > MAILBOX.keptPushes && oldest !== undefined) noted.delete(oldest);
  }
}
