/** The undelivered messages of a sender in the mailboxes of others, from the tables. */
import type { ReadLimit, SentMessage } from '../../store/store.js';
import type { Query } from '../cluster/servers.js';
import { POSTGRES_STORE } from '../limits.js';
import { keyOf } from './mailbox-model.js';
import { SENT, SENT_AFTER, SENT_PLACES } from './statements.js';

/** A mailbox with messages of the sender. */
interface Place {
  readonly no: number;
  readonly name: string;
  /** Undelivered messages of anybody. */
  readonly waiting: number;
}

interface SentRow {
  /** Of the mailbox, in the array of the question: from 1 on. */
  readonly number: number;
  readonly id: string;
  readonly at: number;
  readonly bytes: number;
  readonly attempts: number;
  readonly body: Buffer;
  readonly re: string | null;
}

/** See `Store.sent`. */
export async function readSent(
  query: Query,
  from: string,
  after: Pick<SentMessage, 'to' | 'id'> | undefined,
  limit: ReadLimit,
): Promise<readonly SentMessage[]> {
  const [first] = after
    ? await query<{ no: number; seq: number | null }>(SENT_AFTER, [after.to, keyOf(from, after.id), from, after.id])
    : [];
  const { placesAtATime } = POSTGRES_STORE;
  for (let next = first?.no ?? 0; ; ) {
    const places = await query<Place>(SENT_PLACES, [from, next, placesAtATime]);
    const waiting = places.filter((place) => place.waiting > 0 && place.name !== from);
    for (let start = 0; start < waiting.length; start += POSTGRES_STORE.mailboxesOfPage) {
      const some = waiting.slice(start, start + POSTGRES_STORE.mailboxesOfPage);
      const afters = some.map(({ no }) => (no === first?.no ? (first.seq ?? 0) : 0));
      const values = [from, some.map(({ no }) => no), afters, Math.max(limit.messages, 1), limit.bytes];
      const rows = await query<SentRow>(SENT, values);
      if (rows.length > 0) return rows.map((row) => messageOf(row, some));
    }
    const last = places.at(-1);
    if (last === undefined || places.length < placesAtATime) return [];
    next = last.no + 1;
  }
}

function messageOf({ number, id, at, bytes, attempts, body, re }: SentRow, places: readonly Place[]): SentMessage {
  const to = (places[number - 1] as Place).name;
  return { to, id, body: body.toString(), at, bytes, attempts, ...(re !== null && { re }) };
}
