/**
 * The SQL of the store. Statements work on sets: `unnest` makes rows of arrays of the same length, so that a transaction needs few
 * round trips, whatever it does.
 *
 * Plans are made once, maybe when the tables are nearly empty, and must be right when they are full. So each look-up can only be done
 * by a key: as `LATERAL … OFFSET 0`, which the planner takes as it is, as a scalar subquery, or with the keys as an array.
 */
import type { Statement } from '../database/database.js';

/** Parsed once per connection. */
export type Prepared = Required<Statement>;

const prepared = (name: string, text: string): Prepared => ({ name, text });

/**
 * Mailboxes by name, and those of senders whose other devices want copies: their rows, locked. A lock writes to the log, so a commit
 * waits for the standbys even if nothing else is written. Which devices want copies is as it was when the statement began: one that
 * is added while it waits for a lock gets copies from the next message on.
 */
export const LOCK = prepared(
  'lock',
  `SELECT no, name, is_listed, epoch, past_epochs, first, last, delivered, waiting, waiting_bytes, purged, unsent, copies, copy_bytes,
     has_devices, has_holds, pushed_at, acked_at, pushable
   FROM mailbox WHERE no = ANY (ARRAY (
     SELECT no FROM mailbox WHERE name = ANY ($1::text[])
     UNION
     SELECT d.mailbox FROM unnest($2::text[], $3::text[]) AS t (sender, device)
       CROSS JOIN LATERAL (SELECT no FROM mailbox WHERE name = t.sender OFFSET 0) b
       CROSS JOIN LATERAL (
         SELECT mailbox FROM device WHERE mailbox = b.no AND copies AND name IS DISTINCT FROM t.device OFFSET 0) d))
   ORDER BY no FOR UPDATE`,
);

export const CREATE_MAILBOXES = prepared(
  'create',
  `INSERT INTO mailbox (name)
   SELECT t.name FROM unnest($1::text[], $2::boolean[]) AS t (name, is_certain)
   WHERE t.is_certain OR EXISTS (SELECT FROM account a WHERE a.name = t.name)
   ORDER BY t.name
   ON CONFLICT (name) DO NOTHING`,
);

/** Whether a device has a session, on a server that is alive. */
const IS_ONLINE = `(d.is_open AND (d.server IS NULL OR EXISTS (
  SELECT FROM server s WHERE s.id = d.server AND s.lease_until > clock_timestamp())))`;

export const DEVICES = prepared(
  'devices',
  `SELECT b.name AS user, d.name, d.fence, d.is_open, d.server, d.sessions, d.noted, d.cursor, d.at, d.attempts, d.copies, d.history,
     d.seen_at, d.seen_fence, d.agent, ${IS_ONLINE} AS is_online
   FROM mailbox b CROSS JOIN LATERAL (SELECT * FROM device WHERE mailbox = b.no OFFSET 0) d WHERE b.name = ANY ($1::text[])`,
);

/** What is known of ids: kept messages and tombstones. A hash may have several of either. */
export const KNOWN = prepared(
  'known',
  `SELECT t.name AS user, m.*
   FROM unnest($1::text[], $2::bigint[]) AS t (name, key)
   CROSS JOIN LATERAL (SELECT no FROM mailbox WHERE name = t.name OFFSET 0) b
   CROSS JOIN LATERAL (
     SELECT sender, id, seq, bytes, crc, purged_at IS NOT NULL AS is_purged, is_unsent
     FROM message WHERE mailbox = b.no AND key = t.key AND target IS NULL
     UNION ALL
     SELECT sender, id, seq, bytes, crc, is_purged, is_unsent FROM tombstone WHERE mailbox = b.no AND key = t.key
     OFFSET 0) m`,
);

/** Whether senders may still send, and to these targets. In the order of the arrays. */
export const CHECKS = prepared(
  'checks',
  `SELECT a.name IS NOT NULL AS exists, a.is_blocked,
     EXISTS (SELECT FROM token k WHERE k.account = t.sender AND k.generation = t.generation) AS is_current,
     (SELECT fence FROM outbox o WHERE o.account = t.sender AND o.id = t.outbox) AS outbox_fence,
     (SELECT fence FROM device d WHERE d.mailbox = (SELECT no FROM mailbox WHERE name = t.sender) AND d.name = t.device) AS device_fence
   FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])
     WITH ORDINALITY AS t (sender, target, generation, device, outbox, number)
   LEFT JOIN LATERAL (
     SELECT name, name <> t.sender AND (coalesce(senders -> 'blocked' ? t.sender, false)
       OR (senders -> 'allowed' IS NOT NULL AND NOT senders -> 'allowed' ? t.sender)) AS is_blocked
     FROM account WHERE name = t.target OFFSET 0) a ON true
   ORDER BY t.number`,
);

const FACTS = 'seq, sender, id, bytes, target IS NOT NULL AS is_copy, purged_at IS NOT NULL AS is_purged, is_unsent';

/** The messages after the cursor up to a seq; and later copies, which the cursor may pass. */
export const UP_TO = prepared(
  'up-to',
  `SELECT b.name AS user, m.*
   FROM unnest($1::text[], $2::bigint[]) AS t (name, seq)
   CROSS JOIN LATERAL (SELECT * FROM mailbox WHERE name = t.name OFFSET 0) b
   CROSS JOIN LATERAL (
     SELECT ${FACTS} FROM message WHERE mailbox = b.no AND seq > b.delivered AND seq <= t.seq
     UNION ALL
     SELECT ${FACTS} FROM message
     WHERE b.copies > 0 AND mailbox = b.no AND seq > greatest(b.delivered, t.seq) AND target IS NOT NULL
     OFFSET 0) m`,
);

export const AT = prepared(
  'at',
  `SELECT b.name AS user, m.*
   FROM unnest($1::text[], $2::bigint[]) AS t (name, seq)
   CROSS JOIN LATERAL (SELECT * FROM mailbox WHERE name = t.name OFFSET 0) b
   CROSS JOIN LATERAL (SELECT ${FACTS} FROM message WHERE mailbox = b.no AND seq = t.seq OFFSET 0) m`,
);

export const WITH_KEY = prepared(
  'with-key',
  `SELECT b.name AS user, m.*
   FROM unnest($1::text[], $2::bigint[]) AS t (name, key)
   CROSS JOIN LATERAL (SELECT no, name FROM mailbox WHERE name = t.name OFFSET 0) b
   CROSS JOIN LATERAL (SELECT ${FACTS} FROM message WHERE mailbox = b.no AND key = t.key AND target IS NULL OFFSET 0) m`,
);

/** Rare: only for a client that is behind everything that is kept. */
export const TOMBSTONES = prepared(
  'tombstones',
  `SELECT b.name AS user, m.seq, m.sender, m.id
   FROM unnest($1::text[], $2::bigint[]) AS t (name, seq)
   CROSS JOIN LATERAL (SELECT * FROM mailbox WHERE name = t.name AND t.seq < first OFFSET 0) b
   CROSS JOIN LATERAL (SELECT seq, sender, id FROM tombstone WHERE mailbox = b.no AND seq = t.seq OFFSET 0) m`,
);

export const ATTEMPTS = prepared(
  'attempts',
  `SELECT b.name AS user, ARRAY(
     SELECT m.attempts FROM message m WHERE m.mailbox = b.no AND m.seq > b.delivered ORDER BY m.seq LIMIT 1000) AS attempts
   FROM mailbox b WHERE b.name = ANY ($1::text[]) AND NOT b.has_devices`,
);

/** The first message that is not old. */
export const FRESH = prepared(
  'fresh',
  `SELECT b.name AS user, (
     SELECT m.seq FROM message m WHERE m.mailbox = b.no AND m.seq >= b.first AND m.at > $2 ORDER BY m.seq LIMIT 1) AS seq
   FROM mailbox b WHERE b.name = ANY ($1::text[])`,
);

export const FENCES = prepared('fences', "SELECT nextval('fence') AS fence FROM generate_series(1, $1)");

export const TIME = prepared('time', 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now');

/** What waits of senders, in the order of the arrays. */
export const USED = prepared(
  'used',
  `SELECT u.messages, u.bytes
   FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS t (mailbox, sender, number)
   JOIN mailbox b ON b.no = t.mailbox
   CROSS JOIN LATERAL (
     SELECT count(*) AS messages, coalesce(sum(m.bytes) FILTER (WHERE NOT m.is_unsent), 0)::bigint AS bytes FROM message m
     WHERE m.mailbox = t.mailbox AND m.seq > b.delivered AND m.sender = t.sender AND m.target IS NULL
       AND (m.purged_at IS NULL OR m.is_unsent)) u
   ORDER BY t.number`,
);

export const HOLDS = prepared(
  'holds',
  'SELECT mailbox, sender, id, at FROM hold WHERE mailbox = ANY ($1::bigint[]) ORDER BY number',
);

/** Bodies are one value, of which each message has its part: nothing of them is escaped. */
export const STORE = prepared(
  'store',
  `INSERT INTO message (mailbox, seq, at, key, crc, bytes, is_plain, sender, id, body, target, device, restored_by, restored_at,
     re)
   SELECT mailbox, seq, at, key, crc, bytes, is_plain, sender, id, substring($11::bytea FROM start FOR bytes), target, device, by, restored,
     re
   FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::int[], $7::boolean[], $8::text[], $9::text[],
     $10::int[], $12::text[], $13::text[], $14::text[], $15::bigint[], $16::text[])
     AS t (mailbox, seq, at, key, crc, bytes, is_plain, sender, id, start, target, device, by, restored, re)`,
);

/** The columns that change, in the order of the statement. */
export const MAILBOX_COLUMNS = [
  'no',
  'is_listed',
  'first',
  'last',
  'delivered',
  'waiting',
  'waiting_bytes',
  'purged',
  'unsent',
  'copies',
  'copy_bytes',
  'has_devices',
  'pushed_at',
  'acked_at',
  'pushable',
] as const;

export const UPDATE_MAILBOXES = prepared(
  'update-mailboxes',
  `UPDATE mailbox b SET is_listed = t.is_listed, first = t.first, last = t.last, delivered = t.delivered, waiting = t.waiting,
     waiting_bytes = t.waiting_bytes, purged = t.purged, unsent = t.unsent, copies = t.copies, copy_bytes = t.copy_bytes,
     has_devices = t.has_devices, pushed_at = t.pushed_at, acked_at = t.acked_at, pushable = t.pushable
   FROM unnest($1::bigint[], $2::boolean[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
     $9::bigint[], $10::bigint[], $11::bigint[], $12::boolean[], $13::bigint[], $14::bigint[], $15::bigint[])
     AS t (${MAILBOX_COLUMNS.join(', ')})
   WHERE b.no = ANY ($1::bigint[]) AND b.no = t.no`,
);

export const EPOCH = prepared(
  'epoch',
  'UPDATE mailbox SET epoch = $2, past_epochs = $3::text[], is_listed = true WHERE no = $1',
);

export const DEVICE_COLUMNS = [
  'name',
  'fence',
  'is_open',
  'server',
  'sessions',
  'noted',
  'cursor',
  'at',
  'attempts',
  'copies',
  'history',
  'seen_at',
  'seen_fence',
  'agent',
] as const;

/** Columns that are arrays are text here: `unnest` would take them apart. */
export const SAVE_DEVICES = prepared(
  'save-devices',
  `INSERT INTO device (mailbox, ${DEVICE_COLUMNS.join(', ')})
   SELECT mailbox, name, fence, is_open, server, sessions::bigint[], noted::bigint[], cursor, at, attempts::int[], copies, history,
     seen_at, seen_fence, agent
   FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[],
     $10::text[], $11::boolean[], $12::bigint[], $13::bigint[], $14::bigint[], $15::text[]) AS t (mailbox, ${DEVICE_COLUMNS.join(', ')})
   ON CONFLICT (mailbox, name) DO UPDATE SET ${DEVICE_COLUMNS.slice(1)
     .map((name) => `${name} = excluded.${name}`)
     .join(', ')}`,
);

export const REMOVE_DEVICES = prepared(
  'remove-devices',
  `DELETE FROM device d USING unnest($1::bigint[], $2::text[]) AS t (mailbox, name)
   WHERE d.mailbox = ANY ($1::bigint[]) AND d.mailbox = t.mailbox AND d.name = t.name`,
);

export const PURGE = prepared(
  'purge',
  `UPDATE message SET body = '', purged_at = $3, is_unsent = $4 WHERE mailbox = $1 AND seq = ANY ($2::bigint[])`,
);

export const TRIED = prepared(
  'tried',
  'UPDATE message SET attempts = attempts + 1, tried_at = $4 WHERE mailbox = $1 AND seq > $2 AND seq <= $3',
);

const TRACE = `(mailbox, seq, after, at, device, session, pushed_at)
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bigint[])`;

export const ACKS = prepared('acks', `INSERT INTO ack ${TRACE}`);
export const PUSHES = prepared('pushes', `INSERT INTO push ${TRACE}`);

export const FORGET_PUSHES = prepared(
  'forget-pushes',
  `DELETE FROM push WHERE mailbox = $1 AND number <= (
     SELECT number FROM push WHERE mailbox = $1 ORDER BY number DESC OFFSET $2 LIMIT 1)`,
);

/**
 * The messages of a mailbox from $2 to before $3 become tombstones, of which the newest $4 are kept for each sender. One that was
 * purged leaves none if it was restored: the restored message counts. A statement does not see what it adds, so it adds no more than
 * is kept.
 */
export const BURY = prepared(
  'bury',
  `WITH gone AS (
     DELETE FROM message WHERE mailbox = $1 AND seq >= $2 AND seq < $3
     RETURNING seq, sender, id, key, crc, bytes, target, purged_at IS NOT NULL AS is_purged, is_unsent
   ), dead AS (
     SELECT *, row_number() OVER (PARTITION BY sender ORDER BY seq DESC) AS age FROM gone g
     WHERE target IS NULL AND NOT (is_purged AND 0 < (
       SELECT count(*) FROM message n WHERE n.mailbox = $1 AND n.key = g.key AND n.sender = g.sender AND n.id = g.id
         AND n.target IS NULL AND n.seq > g.seq))
   ), buried AS (
     INSERT INTO tombstone (mailbox, sender, seq, key, crc, bytes, is_purged, is_unsent, id)
     SELECT $1, sender, seq, key, crc, bytes, is_purged, is_unsent, id FROM dead WHERE age <= $4
   ), senders AS (
     INSERT INTO sender AS s (mailbox, name, buried, added)
     SELECT $1, sender, count(*), count(*) FROM dead GROUP BY sender
     ON CONFLICT (mailbox, name) DO UPDATE SET buried = s.buried + excluded.added, added = excluded.added
     RETURNING name, buried, buried - added AS before
   )
   DELETE FROM tombstone WHERE ctid = ANY (ARRAY (
     SELECT x.ctid FROM senders s CROSS JOIN LATERAL (
       SELECT t.ctid FROM tombstone t WHERE t.mailbox = $1 AND t.sender = s.name ORDER BY t.seq
       LIMIT greatest(0, least(s.buried - $4, s.before) - greatest(0, s.before - $4))) x))`,
);

/** Traces of messages that are no longer kept. There are few pushes. */
export const FORGET_TRACES = prepared(
  'forget-traces',
  `WITH acks AS (DELETE FROM ack WHERE mailbox = $1 AND seq >= $2 AND seq < $3) DELETE FROM push WHERE mailbox = $1 AND seq < $3`,
);

/** Everything of a mailbox but its row. */
export const REMOVE = ['message', 'tombstone', 'sender', 'ack', 'push', 'hold', 'device'].map((table) =>
  prepared(`remove-${table}`, `DELETE FROM ${table} WHERE mailbox = $1`),
);

export const REMOVE_OUTBOXES = prepared('remove-outboxes', 'DELETE FROM outbox WHERE account = $1');

export const END_HOLDS = prepared('end-holds', 'DELETE FROM hold WHERE mailbox = $1 AND sender = ANY ($2::text[])');

export const HOLD = prepared(
  'hold',
  `INSERT INTO hold (mailbox, sender, id, at) SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[])
   ON CONFLICT (mailbox, sender) DO UPDATE SET id = excluded.id, at = excluded.at`,
);

export const HAS_HOLDS = prepared('has-holds', 'UPDATE mailbox SET has_holds = $2 WHERE no = $1');

export const AUDIT = prepared(
  'audit',
  'INSERT INTO audit (run, at, entry) VALUES ($1, $2, $3) ON CONFLICT (run, at) DO NOTHING',
);

export const FORGET_AUDITS = prepared(
  'forget-audits',
  'DELETE FROM audit WHERE number <= (SELECT number FROM audit ORDER BY number DESC OFFSET $1 LIMIT 1)',
);

export const AUDITS = prepared('audits', 'SELECT entry FROM audit ORDER BY number');

export const CLAIM_OUTBOX = prepared(
  'claim-outbox',
  `INSERT INTO outbox (account, id, fence, at) VALUES ($1, $2, nextval('fence'), $3)
   ON CONFLICT (account, id) DO UPDATE SET fence = nextval('fence'), at = excluded.at RETURNING fence`,
);

export const FORGET_OUTBOXES = prepared('forget-outboxes', 'DELETE FROM outbox WHERE account = $1 AND at < $2');

/**
 * The messages of a mailbox after $2, at most $3, with bodies of at most $4 bytes but at least one; and the device $5 with its
 * newest session. There is one row without a message if there is none.
 */
export const READ = prepared(
  'read',
  `SELECT d.fence, d.cursor, CASE WHEN m.number = 1 THEN d.attempts END AS device_attempts, b.has_devices,
     m.seq, m.at, m.bytes, m.attempts, m.is_plain, m.sender, m.id, m.body, m.tried_at, m.purged_at, m.is_unsent, m.crc, m.target,
     m.device, m.re
   FROM mailbox b
   LEFT JOIN LATERAL (SELECT * FROM device WHERE mailbox = b.no AND name = $5 OFFSET 0) d ON true
   LEFT JOIN LATERAL (
     SELECT * FROM (
       SELECT *, sum(bytes) OVER w AS total, row_number() OVER w AS number FROM (
         SELECT * FROM message WHERE mailbox = b.no AND seq > $2 ORDER BY seq LIMIT $3) p
       WINDOW w AS (ORDER BY seq ROWS UNBOUNDED PRECEDING)) q
     WHERE total <= $4 OR number = 1 ORDER BY seq) m ON true
   WHERE b.name = $1`,
);

const HEAD = 'b.name, b.delivered, b.last, b.purged, b.copies, b.has_devices, b.pushed_at, b.acked_at';

/** One row for each device of each mailbox, and at least one for each mailbox. */
const HEADS = `
  SELECT b.*, d.name AS device, d.cursor, d.at, d.seen_at, d.agent, ${IS_ONLINE} AS is_online
  FROM b LEFT JOIN LATERAL (SELECT * FROM device WHERE mailbox = b.no OFFSET 0) d ON true ORDER BY b.name, d.name`;

export const INSPECT = prepared('inspect', `WITH b AS (SELECT no, ${HEAD} FROM mailbox b WHERE name = $1) ${HEADS}`);

export const LIST = prepared(
  'list',
  `WITH b AS (SELECT no, ${HEAD} FROM mailbox b WHERE name > $1 AND is_listed ORDER BY name LIMIT $2) ${HEADS}`,
);

/** The mailbox of $1, and the seq of a message there by its key, sender and id: the newest, if it was restored. */
export const SENT_AFTER = prepared(
  'sent-after',
  `SELECT b.no, (
     SELECT max(seq) FROM message WHERE mailbox = b.no AND key = $2 AND sender = $3 AND id = $4 AND target IS NULL) AS seq
   FROM mailbox b WHERE b.name = $1`,
);

/**
 * The next $3 mailboxes, from the number $2 on, that have messages of the sender $1, delivered or not: one look into the index for
 * each, however many messages there are. Its order, with the sender, makes the planner use that index.
 */
export const SENT_PLACES = prepared(
  'sent-places',
  `WITH RECURSIVE place AS (
     SELECT p.sender, p.mailbox, 1 AS number FROM (
       SELECT sender, mailbox FROM message WHERE target IS NULL AND (sender, mailbox) >= ($1::text, $2::bigint)
       ORDER BY sender, mailbox LIMIT 1) p
     UNION ALL
     SELECT n.sender, n.mailbox, p.number + 1 FROM place p CROSS JOIN LATERAL (
       SELECT sender, mailbox FROM message WHERE target IS NULL AND (sender, mailbox) > (p.sender, p.mailbox)
       ORDER BY sender, mailbox LIMIT 1) n
     WHERE p.sender = $1 AND p.number < $3)
   SELECT b.no, b.name, b.waiting
   FROM place p CROSS JOIN LATERAL (SELECT no, name, waiting FROM mailbox WHERE no = p.mailbox OFFSET 0) b
   WHERE p.sender = $1 ORDER BY p.number`,
);

/** Undelivered messages of the sender $1 in these mailboxes, after these seqs: at most $4, with bodies of at most $5 bytes but at least one. */
export const SENT = prepared(
  'sent',
  `SELECT number, seq, id, at, bytes, attempts, body, re FROM (
     SELECT *, sum(bytes) OVER w AS total, row_number() OVER w AS row FROM (
       SELECT t.number, m.* FROM unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY AS t (mailbox, after, number)
       CROSS JOIN LATERAL (SELECT delivered FROM mailbox WHERE no = t.mailbox OFFSET 0) b
       CROSS JOIN LATERAL (
         SELECT seq, id, at, bytes, attempts, body, re FROM message
         WHERE sender = $1 AND mailbox = t.mailbox AND seq > greatest(b.delivered, t.after) AND target IS NULL AND purged_at IS NULL
         ORDER BY seq LIMIT $4 OFFSET 0) m
       ORDER BY t.number, m.seq LIMIT $4) p
     WINDOW w AS (ORDER BY number, seq ROWS UNBOUNDED PRECEDING)) q
   WHERE total <= $5 OR row = 1 ORDER BY number, seq`,
);
