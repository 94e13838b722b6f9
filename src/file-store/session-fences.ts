/** Who may move which cursor: the newest session of each user (R6), by its fence. */
import { MAILBOX } from '../store/limits.js';

interface UserClaims {
  fence: number;
  /** Fence → the seq up to which that session has noted its pushes. */
  readonly noted: Map<number, number>;
}

export class SessionFences {
  /** One entry a user that ever logged in: bounded by the accounts. */
  readonly #users = new Map<string, UserClaims>(); // storage 9
  #fence: number;

  /** `fence`: higher than every fence that was ever given for these mailboxes. */
  constructor(fence: number) {
    this.#fence = fence;
  }

  take(user: string): number {
    const fence = this.#fence++;
    const claims = this.#users.get(user);
    if (claims) claims.fence = fence;
    else this.#users.set(user, { fence, noted: new Map() });
    return fence;
  }

  isCurrent(user: string, fence: number): boolean {
    return this.#users.get(user)?.fence === fence;
  }

  /** Up to which seq this session's pushes count already. */
  noted(user: string, fence: number): number {
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
