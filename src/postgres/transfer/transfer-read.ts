/** Reads whole mailboxes from the tables. */

import { MAIN_DEVICE } from '../../protocol/frames/login.js';
import type { Sighted } from '../../store/device-heads.js';
import type { DeviceState, IdTombstone, KeptMessage, MailboxContents } from '../../store/mailbox-contents.js';
import type { Transaction } from '../database/database.js';
import { type RangeColumns, toRange } from '../store/trails.js';

interface MailboxColumns {
  readonly no: number;
  readonly name: string;
  readonly epoch: string | null;
  readonly past_epochs: readonly string[];
  readonly first: number;
  readonly last: number;
  readonly delivered: number;
  readonly has_devices: boolean;
  readonly pushed_at: number;
  readonly acked_at: number;
}

/** Mailboxes that are read with one statement; messages and tombstones likewise. */
const PAGE = { mailboxes: 100, rows: 5_000 } as const;

/** All of them, by name. */
export async function* readMailboxes(transaction: Transaction): AsyncGenerator<MailboxContents> {
  for (let after = ''; ; ) {
    const page = await transaction.query<MailboxColumns>(MAILBOXES, [after, PAGE.mailboxes]);
    const numbers = page.map(({ no }) => no);
    const [devices, acks, pushes] = await Promise.all([
      byMailbox<DeviceColumns>(transaction, DEVICES, numbers),
      byMailbox<TraceColumns>(transaction, ACKS, numbers),
      byMailbox<TraceColumns>(transaction, PUSHES, numbers),
    ]);
    for (const mailbox of page) {
      const { no, name: user, last, delivered, past_epochs: pastEpochs, epoch, has_devices } = mailbox;
      const [messages, seen] = await Promise.all([
        readAll<MessageColumns>(transaction, MESSAGES, no, ['seq']),
        readAll<TombstoneColumns>(transaction, TOMBSTONES, no, ['sender', 'seq']),
      ]);
      const own = devices.get(no) ?? [];
      yield {
        ...{ user, last, delivered },
        ...(epoch !== null && { ownEpoch: epoch }),
        ...(pastEpochs.length > 0 && { pastEpochs }),
        ...(has_devices && { devices: own.flatMap(toDevice) }),
        messages: messages.map(toMessage),
        seen: seen.map(toTombstone),
        pushedAt: mailbox.pushed_at,
        ackedAt: mailbox.acked_at,
        acks: (acks.get(no) ?? []).map(toRange),
        pushes: (pushes.get(no) ?? []).map(toRange),
        sightings: own.flatMap(toSighting),
      };
    }
    const end = page.at(-1);
    if (end === undefined) return;
    after = end.name;
  }
}

async function byMailbox<R extends { readonly mailbox: number }>(
  transaction: Transaction,
  text: string,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, readonly R[]>> {
  const found = new Map<number, R[]>();
  for (const row of await transaction.query<R>({ text }, [numbers])) {
    const rows = found.get(row.mailbox);
    if (rows) rows.push(row);
    else found.set(row.mailbox, [row]);
  }
  return found;
}

/** All rows of a mailbox, page by page. @param key the columns of their order: text, then numbers. */
async function readAll<R extends object>(
  transaction: Transaction,
  statement: { readonly name: string; readonly text: string },
  mailbox: number,
  key: readonly (keyof R)[],
): Promise<readonly R[]> {
  const all: R[] = [];
  for (let after = key.map((name) => (name === 'sender' ? '' : 0) as unknown); ; ) {
    const page = await transaction.query<R>(statement, [mailbox, PAGE.rows, ...after]);
    for (const row of page) all.push(row);
    const end = page.at(-1);
    if (end === undefined || page.length < PAGE.rows) return all;
    after = key.map((name) => end[name]);
  }
}

const MAILBOXES = {
  name: 'transfer-mailboxes',
  text: `SELECT no, name, epoch, past_epochs, first, last, delivered, has_devices, pushed_at, acked_at
    FROM mailbox WHERE name > $1 ORDER BY name LIMIT $2`,
};

interface DeviceColumns {
  readonly mailbox: number;
  readonly name: string;
  readonly cursor: number | null;
  readonly at: number;
  readonly attempts: readonly number[];
  readonly copies: boolean;
  readonly history: number;
  readonly seen_at: number | null;
  readonly agent: string | null;
}

const DEVICES = `SELECT mailbox, name, cursor, at, attempts, copies, history, seen_at, agent
  FROM device WHERE mailbox = ANY ($1::bigint[]) ORDER BY mailbox, name`;

const toDevice = ({ name: device, cursor, at, attempts, copies, history }: DeviceColumns): DeviceState[] =>
  cursor === null
    ? []
    : [
        {
          ...{ device, cursor, at },
          ...(attempts.length > 0 && { attempts }),
          ...(copies && { copies }),
          ...(history > cursor && { history }),
        },
      ];

const toSighting = ({ name, seen_at: at, agent }: DeviceColumns): Sighted[] =>
  at === null ? [] : [{ ...(name !== MAIN_DEVICE && { device: name }), at, ...(agent !== null && { agent }) }];

interface TraceColumns extends RangeColumns {
  readonly mailbox: number;
}

const TRACE = 'SELECT mailbox, seq, after, at, device, session, pushed_at';
const ACKS = `${TRACE} FROM ack WHERE mailbox = ANY ($1::bigint[]) ORDER BY mailbox, seq`;
const PUSHES = `${TRACE} FROM push WHERE mailbox = ANY ($1::bigint[]) ORDER BY mailbox, number`;

interface MessageColumns {
  readonly seq: number;
  readonly at: number;
  readonly crc: number;
  readonly bytes: number;
  readonly attempts: number;
  readonly sender: string;
  readonly id: string;
  readonly body: Buffer;
  readonly tried_at: number | null;
  readonly purged_at: number | null;
  readonly is_unsent: boolean;
  readonly target: string | null;
  readonly device: string | null;
  readonly restored_by: string | null;
  readonly restored_at: number | null;
  readonly re: string | null;
}

const MESSAGES = {
  name: 'transfer-messages',
  text: `SELECT seq, at, crc, bytes, attempts, sender, id, body, tried_at, purged_at, is_unsent, target, device, restored_by,
      restored_at, re
    FROM message WHERE mailbox = $1 AND seq > $3 ORDER BY seq LIMIT $2`,
};

function toMessage(row: MessageColumns): KeptMessage {
  const { seq, sender: from, id, at, bytes, attempts, tried_at, purged_at, crc, target, device } = row;
  const { restored_by: by, restored_at, re } = row;
  return {
    ...{ seq, from, id, body: row.body.toString(), at, bytes, attempts },
    ...(tried_at !== null && { triedAt: tried_at }),
    ...(purged_at !== null && { purgedAt: purged_at, crc, ...(row.is_unsent && { unsent: true }) }),
    ...(target !== null && { to: target, ...(device !== null && { device }) }),
    ...(by !== null && { restored: { by, at: restored_at ?? at } }),
    ...(re !== null && { re }),
  };
}

interface TombstoneColumns {
  readonly sender: string;
  readonly seq: number;
  readonly crc: number;
  readonly bytes: number;
  readonly is_purged: boolean;
  readonly is_unsent: boolean;
  readonly id: string;
}

const TOMBSTONES = {
  name: 'transfer-tombstones',
  text: `SELECT sender, seq, crc, bytes, is_purged, is_unsent, id FROM tombstone
    WHERE mailbox = $1 AND (sender, seq) > ($3::text, $4::bigint) ORDER BY sender, seq LIMIT $2`,
};

const toTombstone = ({ seq, sender: from, id, crc, bytes, is_purged, is_unsent }: TombstoneColumns): IdTombstone => ({
  ...{ seq, from, id, crc, bytes },
  ...(is_purged && { purged: true }),
  ...(is_unsent && { unsent: true }),
});
