/**
 * Compares sessions of this server with the database: what they were not told, because a notice was lost, they are told now.
 * Set-based: one query for many sessions.
 */
import type { ListedSession, Notice } from '../../server/session-bus.js';
import type { Database } from '../database/database.js';
import { BUS } from '../limits.js';
import { storedText } from '../stored-text.js';

/** What a session has missed. */
export interface Missed {
  readonly session: ListedSession;
  readonly notice: Exclude<Notice, { readonly type: 'revoked' }> | 'token revoked';
}

interface Compared {
  readonly number: number;
  readonly is_revoked: boolean;
  /** Of the device, and of the mailbox; null: there is none. */
  readonly fence: number | null;
  readonly last: number | null;
  readonly outbox_fence: number | null;
}

const COMPARE = {
  name: 'compare-sessions',
  text: `
    SELECT given.number, token.generation IS NULL AS is_revoked, device.fence, mailbox.last, outbox.fence AS outbox_fence
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[])
      WITH ORDINALITY AS given (account, generation, device, outbox, number)
    LEFT JOIN token ON token.account = given.account AND token.generation = given.generation
    LEFT JOIN mailbox ON mailbox.name = given.account AND given.device IS NOT NULL
    LEFT JOIN device ON device.mailbox = mailbox.no AND device.name = given.device
    LEFT JOIN outbox ON outbox.account = given.account AND outbox.id = given.outbox
    ORDER BY given.number`,
};

/** @throws StoreUnavailable. */
export async function compareSessions(
  database: Pick<Database, 'query'>,
  sessions: readonly ListedSession[],
): Promise<readonly Missed[]> {
  const missed: Missed[] = [];
  for (let start = 0; start < sessions.length; start += BUS.comparedTogether) {
    const part = sessions.slice(start, start + BUS.comparedTogether);
    const rows = await database.query<Compared>(COMPARE, [
      part.map(({ user }) => user),
      part.map(({ sender }) => sender.generation),
      part.map(({ chat }) => chat?.device ?? null),
      part.map(({ sender: { outbox } }) => (outbox === undefined ? null : storedText(outbox))),
    ]);
    for (const row of rows) {
      const session = part[row.number - 1];
      if (session === undefined) continue;
      const notice = missedBy(session, row);
      if (notice !== undefined) missed.push({ session, notice });
    }
  }
  return missed;
}

/** R6, R7, R10, R16. */
function missedBy({ sender, chat }: ListedSession, row: Compared): Missed['notice'] | undefined {
  const { fence = 0, outbox } = sender;
  if (row.is_revoked) return 'token revoked';
  if (chat !== undefined) {
    if (row.fence === null) return { type: 'device-removed', device: chat.device };
    if (row.fence > fence) return { type: 'takeover', device: chat.device, fence: row.fence };
    return (row.last ?? 0) > chat.cursor ? { type: 'nudge' } : undefined;
  }
  if (outbox === undefined || row.outbox_fence === null || row.outbox_fence <= fence) return undefined;
  return { type: 'outbox-takeover', outbox, fence: row.outbox_fence };
}
