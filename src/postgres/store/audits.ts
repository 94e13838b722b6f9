/** The audit entries in the table `audit`: how one is written, and how all are read. */
import type { Audit } from '../../store/store.js';
import type { Statement, Transaction } from '../database/database.js';
import { storedText } from '../stored-text.js';
import { AUDIT, AUDITS } from './statements.js';

/** One that is there already, of the same run and time, stays as it is. Durable with the transaction. */
export const writeAudit = (transaction: Pick<Transaction, 'write'>, audit: Audit): void =>
  transaction.write(AUDIT, [storedText(audit.run), audit.at, JSON.stringify(audit)]);

/** The oldest first. */
export async function readAudits(
  query: (statement: Statement) => Promise<readonly { readonly entry: string }[]>,
): Promise<readonly Audit[]> {
  return (await query(AUDITS)).map(({ entry }) => JSON.parse(entry) as Audit);
}
