/** What a client must not forget, as state: a pure reducer over its records. */
import { utf8Bytes } from '../protocol/field.js';
import { CLIENT } from '../protocol/limits.js';
import type { Handle } from './following.js';
import type { Received } from './inbox.js';
import type { SavedMessage, SavedState, StateRecord } from './state.js';

/** The ledger as a document. Names that users choose stand in arrays, never as keys (storage 9). */
export interface LedgerDocument {
  readonly queued: readonly SavedMessage[];
  readonly awaiting: readonly Handle[];
  /** The newest seq received, and the life of the store that numbered it. */
  readonly received: { readonly epoch?: string; readonly seq: number };
  readonly unshown: readonly Received[];
}

export class Ledger {
  readonly #queued: Map<string, SavedMessage>;
  readonly #awaiting: Map<string, Handle>;
  #received: LedgerDocument['received'];
  #unshown: Received[];

  constructor(document: LedgerDocument = { queued: [], awaiting: [], received: { seq: 0 }, unshown: [] }) {
    this.#queued = new Map(document.queued.map((message) => [message.id, message]));
    this.#awaiting = new Map(document.awaiting.map((handle) => [handle.id, handle]));
    this.#received = document.received;
    this.#unshown = [...document.unshown];
  }

  apply(record: StateRecord): void {
    switch (record.type) {
      case 'queued': {
        const { id, to, body } = record;
        this.#queued.set(id, { id, to, body, bytes: utf8Bytes(body) });
        break;
      }
      case 'stored':
        for (const id of record.ids) this.#store(id);
        break;
      case 'delivered':
        for (const id of record.ids) this.#awaiting.delete(id);
        break;
      case 'failed':
        this.#queued.delete(record.id);
        this.#awaiting.delete(record.id);
        break;
      case 'received':
        this.#received = { epoch: record.epoch, seq: record.push.seq };
        this.#unshown.push({ epoch: record.epoch, push: record.push });
        break;
      case 'shown': {
        const { epoch, seq } = record;
        const last = this.#unshown.findIndex((item) => item.epoch === epoch && item.push.seq === seq);
        this.#unshown.splice(0, last + 1);
        break;
      }
    }
  }

  document(): LedgerDocument {
    return {
      queued: [...this.#queued.values()],
      awaiting: [...this.#awaiting.values()],
      received: this.#received,
      unshown: [...this.#unshown],
    };
  }

  saved(): SavedState {
    const { queued, awaiting, received, unshown } = this.document();
    return { queued, awaiting, inbox: { epoch: received.epoch, received: received.seq, unshown } };
  }

  #store(id: string): void {
    const message = this.#queued.get(id);
    if (!message) return;
    this.#queued.delete(id);
    this.#awaiting.set(id, { id, to: message.to });
    if (this.#awaiting.size <= CLIENT.maxAwaiting) return;
    for (const oldest of this.#awaiting.keys()) {
      this.#awaiting.delete(oldest);
      return;
    }
  }
}
