/** The trails of messages in a mailbox, from the tables. */
import { MAIN_DEVICE } from '../../protocol/frames/login.js';
import type { DeliveryRange } from '../../store/mailbox-contents.js';
import { trailOf } from '../../store/message-trail.js';
import type { Audit, MessageTrail } from '../../store/store.js';
import type { Query } from '../cluster/servers.js';

interface MessageColumns {
  readonly no: number;
  readonly delivered: number;
  readonly has_devices: boolean;
  readonly seq: number;
  readonly sender: string;
  readonly bytes: number;
  readonly is_purged: boolean;
  readonly is_unsent: boolean;
  /** NULL: only a tombstone is kept. */
  readonly at: number | null;
  readonly purged_at: number | null;
  readonly restored_by: string | null;
  readonly restored_at: number | null;
  readonly before: number;
}

/** Of the tables `ack` and `push`. */
export interface RangeColumns {
  readonly after: number;
  readonly seq: number;
  readonly at: number;
  readonly device: string;
  readonly session: string | null;
  readonly pushed_at: number | null;
}

interface RangeOf extends RangeColumns {
  /** The message. */
  readonly of: number;
}

/** @param audits of all users, oldest first. */
export async function readTrails(
  query: Query,
  user: string,
  id: string,
  audits: () => Promise<readonly Audit[]>,
): Promise<readonly MessageTrail[]> {
  const messages = await query<MessageColumns>(MESSAGES, [user, id]);
  const [first] = messages;
  if (first === undefined) return [];
  const { no, has_devices: hasDevices } = first;
  const seqs = messages.map(({ seq }) => seq);
  const [acks, pushes, devices, known] = await Promise.all([
    query<RangeOf>(ACKS, [no, seqs]),
    query<RangeOf>(PUSHES, [no, seqs]),
    query<{ device: string; cursor: number }>(DEVICES, [no]),
    audits(),
  ]);
  return messages.map((row) => {
    const { seq, sender: from, bytes, at, purged_at, is_unsent, restored_by: by, restored_at, before } = row;
    const status = row.is_purged ? 'purged' : seq > row.delivered ? 'undelivered' : 'delivered';
    const ofThis = (range: RangeOf): boolean => range.of === seq;
    return trailOf({
      ...{ user, seq, id, from, status, before, devices, hasDevices, audits: known },
      kept:
        at === null
          ? undefined
          : {
              ...{ at, bytes },
              ...(purged_at !== null && { purgedAt: purged_at, ...(is_unsent && { unsent: true }) }),
              ...(by !== null && { restored: { by, at: restored_at ?? at } }),
            },
      ack: acks.filter(ofThis).map(toRange)[0],
      pushes: pushes.filter(ofThis).map(toRange),
    });
  });
}

export const toRange = ({ after, seq, at, device, session, pushed_at }: RangeColumns): DeliveryRange => ({
  ...{ after, seq, at },
  ...(device !== MAIN_DEVICE && { device }),
  ...(session !== null && { session }),
  ...(pushed_at !== null && { pushedAt: pushed_at }),
});

/** Kept messages; of a sender that has none, the newest tombstone. */
const MESSAGES = {
  name: 'trail-messages',
  text: `WITH b AS (SELECT no, delivered, has_devices FROM mailbox WHERE name = $1), kept AS (
      SELECT b.*, m.seq, m.sender, m.bytes, m.purged_at IS NOT NULL AS is_purged, m.is_unsent, m.at, m.purged_at, m.restored_by, m.restored_at,
        CASE WHEN m.seq <= b.delivered OR m.purged_at IS NOT NULL THEN 0 ELSE (
          SELECT count(*) FROM message n WHERE n.mailbox = b.no AND n.seq > b.delivered AND n.seq < m.seq
            AND n.target IS NULL AND n.purged_at IS NULL) END AS before
      FROM b JOIN message m ON m.mailbox = b.no WHERE m.id = $2 AND m.target IS NULL
    ), gone AS (
      SELECT DISTINCT ON (t.sender) b.*, t.seq, t.sender, t.bytes, t.is_purged, t.is_unsent,
        NULL::bigint AS at, NULL::bigint AS purged_at, NULL::text AS restored_by, NULL::bigint AS restored_at, 0::bigint AS before
      FROM b JOIN tombstone t ON t.mailbox = b.no WHERE t.id = $2 AND t.sender NOT IN (SELECT sender FROM kept)
      ORDER BY t.sender, t.seq DESC
    )
    SELECT * FROM kept UNION ALL SELECT * FROM gone ORDER BY seq`,
};

const RANGE = 't.seq AS of, r.after, r.seq, r.at, r.device, r.session, r.pushed_at';

const ACKS = {
  name: 'trail-acks',
  text: `SELECT ${RANGE} FROM unnest($2::bigint[]) AS t (seq) CROSS JOIN LATERAL (
      SELECT * FROM ack WHERE mailbox = $1 AND seq >= t.seq ORDER BY seq LIMIT 1) r
    WHERE r.after < t.seq`,
};

const PUSHES = {
  name: 'trail-pushes',
  text: `SELECT ${RANGE} FROM unnest($2::bigint[]) AS t (seq) JOIN push r ON r.mailbox = $1 AND r.after < t.seq AND r.seq >= t.seq
    ORDER BY r.number`,
};

const DEVICES = {
  name: 'trail-devices',
  text: 'SELECT name AS device, cursor FROM device WHERE mailbox = $1 AND cursor IS NOT NULL ORDER BY name',
};
