/** The epochs of a mailbox: within one, a seq identifies a message. Pure. */
import { withPast } from '../../store/past-epochs.js';
import type { EpochChange, MailboxState } from './mailbox-state.js';

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
    this.#past = withPast(this.#past, past);
  }
}
