/** Reduces the journal records of a client to its state, and turns the state into a snapshot of records. Pure. */
import { utf8Bytes } from '../protocol/field-types.js';
import { DeliveryTracking } from './delivery-tracking.js';
import type { ReceivedMessage } from './inbox.js';
import { type ClientStateRecord, type SavedState, StateFolderOfAnotherUser } from './state-records.js';

type QueuedRecord = Extract<ClientStateRecord, { readonly type: 'queued' }>;

export class StateReducer {
  /** By id, in the order of sending. */
  readonly #queued = new Map<string, QueuedRecord>();
  readonly #awaiting = new DeliveryTracking();
  #epoch: string | undefined;
  #received = 0;
  #unshown: ReceivedMessage[] = [];

  /** @param user to whom the folder has to belong. */
  constructor(
    private readonly folder: string,
    private readonly user: string,
  ) {}

  /** @throws StateFolderOfAnotherUser */
  apply(record: ClientStateRecord): void {
    switch (record.type) {
      case 'user':
        if (record.user !== this.user) throw new StateFolderOfAnotherUser(this.folder, record.user, this.user);
        break;
      case 'position':
        this.#epoch = record.epoch;
        this.#received = record.seq;
        break;
      case 'queued':
        this.#queued.set(record.id, record);
        break;
      case 'stored':
        for (const id of record.ids) this.#store(id);
        break;
      case 'awaiting':
        for (const id of record.ids) this.#awaiting.add({ id, to: record.to });
        break;
      case 'delivered':
        for (const id of record.ids) this.#awaiting.remove(id);
        break;
      case 'failed':
        this.#queued.delete(record.id);
        this.#awaiting.remove(record.id);
        break;
      case 'received':
        this.#epoch = record.epoch;
        this.#received = record.push.seq;
        this.#unshown.push({ epoch: record.epoch, push: record.push });
        break;
      case 'shown': {
        const { epoch, seq } = record;
        const last = this.#unshown.findIndex((message) => message.epoch === epoch && message.push.seq === seq);
        this.#unshown.splice(0, last + 1);
        break;
      }
    }
  }

  /** The records from which `apply` makes the same state. */
  snapshot(): ClientStateRecord[] {
    const records: ClientStateRecord[] = [{ type: 'user', user: this.user }, ...this.#queued.values()];
    for (const { to, ids } of this.#awaiting.statusRequests()) records.push({ type: 'awaiting', to, ids });
    for (const { epoch, push } of this.#unshown) records.push({ type: 'received', epoch, push });
    if (this.#epoch !== undefined) records.push({ type: 'position', epoch: this.#epoch, seq: this.#received });
    return records;
  }

  saved(): SavedState {
    return {
      queued: [...this.#queued.values()].map(({ id, to, body }) => ({ id, to, body, bytes: utf8Bytes(body) })),
      awaiting: [...this.#awaiting.values()],
      inbox: { epoch: this.#epoch, received: this.#received, unshown: [...this.#unshown] },
    };
  }

  #store(id: string): void {
    const message = this.#queued.get(id);
    if (!message) return;
    this.#queued.delete(id);
    this.#awaiting.add({ id, to: message.to });
  }
}
