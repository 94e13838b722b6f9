/** The tables as a transfer fills them: rows of each table are gathered, and written with one statement. */
import { crc32 } from 'node:zlib';
import { MAIN_DEVICE } from '../../protocol/frames/login.js';
import type { DeliveryRange, KeptMessage, MailboxContents } from '../../store/mailbox-contents.js';
import { isWritten } from '../../store/mailbox-contents.js';
import type { Transaction } from '../database/database.js';
import { keyOf } from '../store/mailbox-model.js';
import { storedText } from '../stored-text.js';

/** Columns and their types. An array is text here, because `unnest` would take it apart. */
type Columns = Readonly<Record<string, string>>;

interface Table<C extends Columns> {
  readonly name: string;
  readonly columns: C;
  /** Columns that are arrays. */
  readonly arrays?: Readonly<Record<string, string>>;
  /** What follows the columns: `OVERRIDING SYSTEM VALUE`. */
  readonly overriding?: string;
}

/** Rows of one table that are not written yet. */
class Rows<C extends Columns> {
  readonly #names: readonly string[];
  readonly #text: string;
  #rows: Record<keyof C, unknown>[] = [];

  constructor(private readonly table: Table<C>) {
    const { name, columns, arrays = {}, overriding = '' } = table;
    this.#names = Object.keys(columns);
    const list = this.#names.join(', ');
    const values = this.#names.map((column) => (arrays[column] ? `${column}::${arrays[column]}` : column));
    const parameters = Object.values(columns).map((type, index) => `$${index + 1}::${type}[]`);
    this.#text = `INSERT INTO ${name} (${list}) ${overriding}
      SELECT ${values.join(', ')} FROM unnest(${parameters.join(', ')}) AS t (${list})`;
  }

  add(row: Record<keyof C, unknown>): void {
    this.#rows.push(row);
  }

  write(transaction: Transaction): Promise<unknown> | undefined {
    if (this.#rows.length === 0) return undefined;
    const rows = this.#rows;
    this.#rows = [];
    const statement = { name: `transfer-${this.table.name}`, text: this.#text };
    return transaction.query(
      statement,
      this.#names.map((name) => rows.map((row) => row[name])),
    );
  }
}

const MAILBOX = {
  name: 'mailbox',
  overriding: 'OVERRIDING SYSTEM VALUE',
  arrays: { past_epochs: 'text[]' },
  columns: {
    no: 'bigint',
    name: 'text',
    is_listed: 'boolean',
    epoch: 'text',
    past_epochs: 'text',
    first: 'bigint',
    last: 'bigint',
    delivered: 'bigint',
    waiting: 'bigint',
    waiting_bytes: 'bigint',
    purged: 'bigint',
    unsent: 'bigint',
    copies: 'bigint',
    copy_bytes: 'bigint',
    has_devices: 'boolean',
    pushed_at: 'bigint',
    acked_at: 'bigint',
    pushable: 'bigint',
  },
} as const;

const DEVICE = {
  name: 'device',
  arrays: { sessions: 'bigint[]', noted: 'bigint[]', attempts: 'int[]' },
  columns: {
    mailbox: 'bigint',
    name: 'text',
    fence: 'bigint',
    is_open: 'boolean',
    sessions: 'text',
    noted: 'text',
    cursor: 'bigint',
    at: 'bigint',
    attempts: 'text',
    copies: 'boolean',
    history: 'bigint',
    seen_at: 'bigint',
    agent: 'text',
  },
} as const;

const MESSAGE = {
  name: 'message',
  columns: {
    mailbox: 'bigint',
    seq: 'bigint',
    at: 'bigint',
    key: 'bigint',
    crc: 'bigint',
    bytes: 'int',
    attempts: 'int',
    is_plain: 'boolean',
    sender: 'text',
    id: 'text',
    body: 'bytea',
    tried_at: 'bigint',
    purged_at: 'bigint',
    is_unsent: 'boolean',
    target: 'text',
    device: 'text',
    restored_by: 'text',
    restored_at: 'bigint',
    re: 'text',
  },
} as const;

const SENDER = {
  name: 'sender',
  columns: { mailbox: 'bigint', name: 'text', buried: 'bigint', added: 'bigint' },
} as const;

const TOMBSTONE = {
  name: 'tombstone',
  columns: {
    mailbox: 'bigint',
    sender: 'text',
    seq: 'bigint',
    key: 'bigint',
    crc: 'bigint',
    bytes: 'int',
    is_purged: 'boolean',
    is_unsent: 'boolean',
    id: 'text',
  },
} as const;

const TRACE = {
  mailbox: 'bigint',
  seq: 'bigint',
  after: 'bigint',
  at: 'bigint',
  device: 'text',
  session: 'text',
  pushed_at: 'bigint',
} as const;

/** What is written with one statement, at most. */
const BATCH = { rows: 2_000, bytes: 4 * 1024 * 1024 } as const;

/** Writes mailboxes into empty tables. Each gets the next number. */
export class MailboxRows {
  readonly #mailboxes = new Rows(MAILBOX);
  readonly #devices = new Rows(DEVICE);
  readonly #messages = new Rows(MESSAGE);
  readonly #senders = new Rows(SENDER);
  readonly #tombstones = new Rows(TOMBSTONE);
  readonly #acks = new Rows({ name: 'ack', columns: TRACE });
  readonly #pushes = new Rows({ name: 'push', columns: TRACE });
  /** What was written last, and is on its way. */
  #writing: Promise<unknown> = Promise.resolve();
  #rows = 0;
  #bytes = 0;
  #no = 0;

  constructor(private readonly transaction: Transaction) {}

  /** The number of the last mailbox. */
  get last(): number {
    return this.#no;
  }

  async add(contents: MailboxContents): Promise<void> {
    const mailbox = ++this.#no;
    this.#mailboxes.add(mailboxRow(mailbox, contents));
    for (const row of deviceRows(mailbox, contents)) {
      this.#devices.add(row);
      await this.#counted(1);
    }
    for (const message of contents.messages) {
      this.#messages.add(messageRow(mailbox, message));
      await this.#counted(1, message.bytes);
    }
    const buried = new Map<string, number>(); // storage 9: a Map, never {}
    for (const { seq, from: sender, id, crc, bytes, purged = false, unsent = false } of contents.seen) {
      buried.set(sender, (buried.get(sender) ?? 0) + 1);
      const key = keyOf(sender, id);
      this.#tombstones.add({ mailbox, sender, seq, key, crc, bytes, is_purged: purged, is_unsent: unsent, id });
      await this.#counted(1);
    }
    for (const [name, count] of buried) this.#senders.add({ mailbox, name, buried: count, added: count });
    for (const ack of contents.acks ?? []) this.#acks.add(traceRow(mailbox, ack));
    for (const push of contents.pushes ?? []) this.#pushes.add(traceRow(mailbox, push));
    await this.#counted(1 + buried.size + (contents.acks?.length ?? 0) + (contents.pushes?.length ?? 0));
  }

  /** Resolves when everything is written. */
  async end(): Promise<void> {
    await this.#write();
    await this.#writing;
  }

  async #counted(rows: number, bytes = 0): Promise<void> {
    this.#rows += rows;
    this.#bytes += bytes;
    if (this.#rows >= BATCH.rows || this.#bytes >= BATCH.bytes) await this.#write();
  }

  /** Resolves when what was written before is there: meanwhile the next rows are made. */
  async #write(): Promise<void> {
    this.#rows = 0;
    this.#bytes = 0;
    const before = this.#writing;
    const tables = [
      this.#mailboxes, // first: devices refer to them
      this.#devices,
      this.#messages,
      this.#senders,
      this.#tombstones,
      this.#acks,
      this.#pushes,
    ];
    this.#writing = Promise.all(tables.map((rows) => rows.write(this.transaction)));
    void Promise.allSettled([this.#writing]); // Whoever waits next gets the error.
    await before;
  }
}

function mailboxRow(no: number, contents: MailboxContents): Record<keyof (typeof MAILBOX)['columns'], unknown> {
  const { user, ownEpoch, pastEpochs = [], last, delivered, devices, messages, pushedAt, ackedAt = 0 } = contents;
  const first = last - messages.length + 1;
  const counts = { waiting: 0, waiting_bytes: 0, purged: 0, unsent: 0, copies: 0, copy_bytes: 0 };
  for (const { bytes, to, purgedAt, unsent } of messages.slice(Math.max(delivered + 1 - first, 0))) {
    if (to !== undefined) {
      counts.copies++;
      counts.copy_bytes += bytes;
    } else if (purgedAt !== undefined) {
      counts.purged++;
      if (unsent) counts.unsent++;
    } else {
      counts.waiting++;
      counts.waiting_bytes += bytes;
    }
  }
  return {
    ...{ no, name: user, is_listed: isWritten(contents), epoch: ownEpoch ?? null },
    ...{ past_epochs: arrayOf(pastEpochs), first, last, delivered, ...counts },
    ...{ has_devices: devices !== undefined, pushed_at: pushedAt, acked_at: ackedAt },
    pushable: last, // Nobody knows what sessions of the other store have read.
  };
}

/** Each device that has a cursor, or was seen. */
function deviceRows(
  mailbox: number,
  { devices = [], sightings }: MailboxContents,
): Record<keyof (typeof DEVICE)['columns'], unknown>[] {
  const names = new Set([
    ...devices.map(({ device }) => device),
    ...sightings.map(({ device = MAIN_DEVICE }) => device),
  ]);
  return [...names].map((name) => {
    const {
      cursor = null,
      at = 0,
      attempts = [],
      copies = false,
      history = 0,
    } = devices.find(({ device }) => device === name) ?? {};
    const seen = sightings.find(({ device = MAIN_DEVICE }) => device === name);
    return {
      // No session goes on: the next claim gets a fence.
      ...{ mailbox, name, fence: 0, is_open: false, sessions: '{}', noted: '{}' },
      ...{ cursor, at, attempts: `{${attempts.join(',')}}`, copies, history },
      ...{ seen_at: seen?.at ?? null, agent: seen?.agent === undefined ? null : storedText(seen.agent) },
    };
  });
}

function messageRow(mailbox: number, message: KeptMessage): Record<keyof (typeof MESSAGE)['columns'], unknown> {
  const { seq, at, bytes, attempts, from: sender, id, triedAt, purgedAt, unsent, to, device, restored, re } = message;
  const body = Buffer.from(message.body);
  return {
    ...{ mailbox, seq, at, key: keyOf(sender, id), crc: message.crc ?? crc32(body), bytes, attempts },
    ...{ is_plain: message.isPlain === true && re === undefined, sender, id, body },
    ...{
      tried_at: triedAt ?? null,
      purged_at: purgedAt ?? null,
      is_unsent: unsent ?? false,
      target: to ?? null,
      device: device ?? null,
    },
    ...{ restored_by: restored?.by ?? null, restored_at: restored?.at ?? null, re: re ?? null },
  };
}

const traceRow = (
  mailbox: number,
  { seq, after, at, device = MAIN_DEVICE, session, pushedAt }: DeliveryRange,
): Record<keyof typeof TRACE, unknown> => ({
  ...{ mailbox, seq, after, at, device, session: session ?? null, pushed_at: pushedAt ?? null },
});

/** As a value of the type text[]. */
const arrayOf = (texts: readonly string[]): string =>
  `{${texts.map((text) => `"${storedText(text).replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
