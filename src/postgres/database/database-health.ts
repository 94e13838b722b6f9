/** What a server tells about its database: whether something can be stored, and how much is undelivered. */
import type { Database } from './database.js';

/** Why nothing can be stored now; undefined when it can: a commit that waits for the standbys has succeeded. */
export async function whyNothingIsStored(database: Database): Promise<string | undefined> {
  try {
    await database.waitForStandbys();
    return undefined;
  } catch (error) {
    return `the database does not store: ${(error as Error).message}`;
  }
}

/** The undelivered messages of all mailboxes. `oldestAt`: when the first of them was stored, ms since 1970. */
export interface UndeliveredInDatabase {
  readonly undelivered: number;
  readonly mailboxes: number;
  readonly uncounted: number;
  readonly oldestAt?: number;
}

/** @throws StoreUnavailable. */
export async function undeliveredIn(database: Database): Promise<UndeliveredInDatabase> {
  const [row] = await database.query<{ undelivered: number; mailboxes: number; oldest: number | null }>(UNDELIVERED);
  const { undelivered = 0, mailboxes = 0, oldest = null } = row ?? {};
  return { undelivered, mailboxes, uncounted: 0, ...(oldest !== null && { oldestAt: oldest }) };
}

/** Of each mailbox the first message after the cursor that waits: later ones are not older. */
const UNDELIVERED = {
  name: 'undelivered',
  text: `
    SELECT coalesce(sum(waiting), 0)::bigint AS undelivered, count(*) AS mailboxes, min(first.at) AS oldest
    FROM mailbox, LATERAL (
      SELECT at FROM message
      WHERE message.mailbox = mailbox.no AND seq > mailbox.delivered AND purged_at IS NULL AND target IS NULL
      ORDER BY seq LIMIT 1
    ) AS first
    WHERE waiting > 0`,
};
