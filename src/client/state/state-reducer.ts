/** Reduces the journal records of a client to its state, and turns the state into a snapshot of records. Pure. */
import type { ErrorCode } from '../../protocol/error-codes.js';
import { utf8Bytes } from '../../protocol/fields.js';
import type { ReceivedMessage } from '../inbox/inbox.js';
import { type ReceivedId, toReceivedId } from '../inbox/received-ids.js';
import { CLIENT } from '../limits.js';
import { DeliveryTracking } from '../outbox/delivery-tracking.js';
import { type ClientStateRecord, type SavedState, StateFolderOfAnotherUser } from './state-records.js';

/** The server no longer has the message, and may have it again: it was purged, or is missing since a restore. */
const GONE: readonly ErrorCode[] = ['purged', 'unknown-id'];

type QueuedRecord = Extract<ClientStateRecord, { readonly type: 'queued' }>;

export class StateReducer {
  /** By id, in the order of sending. */
  readonly #queued = new Map<string, QueuedRecord>();
  readonly #awaiting = new DeliveryTracking();
  readonly #gone = new DeliveryTracking(CLIENT.maxGone);
  #epoch: string | undefined;
  #received = 0;
  #unshown: ReceivedMessage[] = [];
  /** Of the newest received messages; those of `#unshown` are the last ones. */
  #ids: ReceivedId[] = [];
  #outbox: string;

  /** @param user to whom the folder has to belong. @param outbox its name as an outbox, if it has none. */
  constructor(
    private readonly folder: string,
    private readonly user: string,
    outbox: string,
  ) {
    this.#outbox = outbox;
  }

  /** @throws StateFolderOfAnotherUser */
  apply(record: ClientStateRecord): void {
    switch (record.type) {
      case 'user':
        if (record.user !== this.user) throw new StateFolderOfAnotherUser(this.folder, record.user, this.user);
        this.#outbox = record.outbox ?? this.#outbox;
        break;
      case 'position':
        this.#epoch = record.epoch;
        this.#received = record.seq;
        break;
      case 'queued':
        this.#queued.set(record.id, record);
        this.#gone.remove(record.id);
        break;
      case 'stored':
        for (const id of record.ids) this.#store(id);
        break;
      case 'awaiting':
        for (const id of record.ids) this.#awaiting.add({ id, to: record.to });
        break;
      case 'delivered':
        for (const id of record.ids) for (const tracked of [this.#awaiting, this.#gone]) tracked.remove(id);
        break;
      case 'failed':
        this.#fail(record.id, record.reason);
        break;
      case 'ids':
        for (const [seq, from, id, crc] of record.ids) this.#addId({ epoch: record.epoch, seq, from, id, crc });
        break;
      case 'received': {
        this.#epoch = record.epoch;
        this.#received = record.push.seq;
        this.#unshown.push(record);
        this.#addId(record.receivedId ?? toReceivedId(record.epoch, record.push));
        break;
      }
      case 'shown': {
        const { epoch, seq } = record;
        const last = this.#unshown.findIndex((message) => message.epoch === epoch && message.push.seq === seq);
        this.#unshown.splice(0, last + 1);
        break;
      }
    }
  }

  /** An earlier process received the first unshown message and did not show it: its next attempt has a higher number. */
  countAttempt(): void {
    const [first] = this.#unshown;
    if (first) this.#unshown[0] = { ...first, push: { ...first.push, attempt: first.push.attempt + 1 } };
  }

  /** The records from which `apply` makes the same state. */
  snapshot(): ClientStateRecord[] {
    const owner = { type: 'user', user: this.user, outbox: this.#outbox } as const;
    const records: ClientStateRecord[] = [owner, ...this.#queued.values()];
    for (const { to, ids } of this.#awaiting.statusRequests()) records.push({ type: 'awaiting', to, ids });
    for (const { to, ids } of this.#gone.statusRequests()) {
      records.push({ type: 'awaiting', to, ids });
      for (const id of ids) records.push({ type: 'failed', id, reason: 'purged' });
    }
    const shown = this.#ids.slice(-CLIENT.keptReceivedIds);
    records.push(...idRecords(shown.slice(0, Math.max(0, shown.length - this.#unshown.length))));
    records.push(...this.#unshown.map(toRecord));
    if (this.#epoch !== undefined) records.push({ type: 'position', epoch: this.#epoch, seq: this.#received });
    return records;
  }

  saved(): SavedState {
    return {
      outbox: this.#outbox,
      queued: [...this.#queued.values()].map(({ id, to, body, re }) => ({
        ...{ id, to, body, bytes: utf8Bytes(body) },
        ...(re !== undefined && { re }),
      })),
      awaiting: [...this.#awaiting.values()],
      gone: [...this.#gone.values()],
      inbox: {
        epoch: this.#epoch,
        received: this.#received,
        unshown: [...this.#unshown],
        ids: this.#ids.slice(-CLIENT.keptReceivedIds),
      },
    };
  }

  #addId(id: ReceivedId): void {
    this.#ids.push(id);
    if (this.#ids.length >= 2 * CLIENT.keptReceivedIds) this.#ids = this.#ids.slice(-CLIENT.keptReceivedIds);
  }

  #store(id: string): void {
    const message = this.#queued.get(id) ?? this.#gone.remove(id);
    if (!message) return;
    this.#queued.delete(id);
    this.#awaiting.add({ id, to: message.to });
  }

  #fail(id: string, reason: string): void {
    const message = this.#queued.get(id) ?? this.#awaiting.remove(id);
    this.#queued.delete(id);
    if (message && (GONE as readonly string[]).includes(reason)) this.#gone.add({ id, to: message.to });
  }
}

/** Only what is written: a new one in this process also has a state in memory. */
const toRecord = ({ type, epoch, push, isKnown, isHistory }: ReceivedMessage): ClientStateRecord => ({
  ...{ type, epoch, push },
  ...(isKnown && { isKnown }),
  ...(isHistory && { isHistory }),
});

/** Ids in one record. */
const IDS_PER_RECORD = 500;

function idRecords(ids: readonly ReceivedId[]): ClientStateRecord[] {
  const records: ClientStateRecord[] = [];
  for (let first = 0; first < ids.length; ) {
    const epoch = (ids[first] as ReceivedId).epoch;
    let next = first;
    while (next < ids.length && next < first + IDS_PER_RECORD && ids[next]?.epoch === epoch) next++;
    const some = ids.slice(first, next).map(({ seq, from, id, crc }) => [seq, from, id, crc] as const);
    records.push({ type: 'ids', epoch, ids: some });
    first = next;
  }
  return records;
}
