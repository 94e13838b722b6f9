/** The epochs of a mailbox: within one, a seq identifies a message. Pure. */
import type { EpochChange, MailboxState } from './mailbox-state.js';

/** A mailbox gets a new epoch only after its folder was restored, or its user removed. */
const MAX_PAST_EPOCHS = 100;

export class MailboxEpochs {
  #own: string | undefined;
  #past: readonly string[];

  constructor({ ownEpoch, pastEpochs = [] }: Pick<MailboxState, 'ownEpoch' | 'pastEpochs'>) {
    this.#own = ownEpoch;
    this.#past = pastEpochs;
  }

  /** For the mailbox's file. */
  get state(): Pick<MailboxState, 'ownEpoch' | 'pastEpochs'> {
    return { ownEpoch: this.#own, ...(this.#past.length > 0 && { pastEpochs: this.#past }) };
  }

  /** The epoch of this mailbox, if it is not the store's. */
  get own(): string | undefined {
    return this.#own;
  }

  /** Whether this was an earlier epoch of the mailbox, or one that its clients knew. */
  isPast(epoch: string): boolean {
    return this.#past.includes(epoch);
  }

  change({ epoch, past }: EpochChange): void {
    this.#own = epoch;
    this.#past = [...new Set([...this.#past, ...past])].slice(-MAX_PAST_EPOCHS);
  }
}
