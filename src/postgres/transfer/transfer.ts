/**
 * Brings a whole store into an empty database, and out of one that no server uses. Each is one transaction: an import that does not
 * get to its end has changed nothing.
 */
import type { AccountTable } from '../../accounts/account-table.js';
import type { WholeStore } from '../../store/mailbox-contents.js';
import { saveNewAccounts, selectAllAccounts } from '../cluster/account-rows.js';
import type { Database, Transaction } from '../database/database.js';
import { readAudits, writeAudit } from '../store/audits.js';
import { readMailboxes } from './transfer-read.js';
import { MailboxRows } from './transfer-rows.js';

/** The database must not be used for this now. Nothing was changed. */
export class TransferRefused extends Error {
  override readonly name = 'TransferRefused';
  constructor(
    readonly reason: 'not-empty' | 'same-store' | 'in-use',
    message: string,
  ) {
    super(message);
  }
}

/** Limits of the database's connection: the transaction takes as long as it takes. */
export const TRANSFER_LIMITS = { answerMs: 24 * 3_600_000, idleInTransactionMs: 0 } as const;

export interface ImportedStore {
  readonly mailboxes: number;
  /** All kept messages. */
  readonly messages: number;
}

/**
 * Fills the tables, which exist and are empty. Durable when it resolves.
 * @param onProgress called with how many messages were written so far.
 * @throws TransferRefused; what `whole` throws: then nothing was changed. OutcomeUnknown.
 */
export function importStore(
  database: Database,
  whole: WholeStore,
  accounts: AccountTable,
  onProgress: (messages: number) => void,
): Promise<ImportedStore> {
  return database.transaction(async (transaction) => {
    await lockAll(transaction, 'EXCLUSIVE');
    await checkUnused(transaction);
    await checkEmpty(transaction, whole.epoch);
    await transaction.query({ text: 'UPDATE meta SET epoch = $1' }, [whole.epoch]);
    await saveNewAccounts(transaction.query, accounts);
    const rows = new MailboxRows(transaction);
    let messages = 0;
    for await (const contents of whole.mailboxes()) {
      await rows.add(contents);
      messages += contents.messages.length;
      onProgress(messages);
    }
    await rows.end();
    if (rows.last > 0)
      await transaction.query({ text: "SELECT setval(pg_get_serial_sequence('mailbox', 'no'), $1)" }, [rows.last]);
    for (const audit of whole.audits) writeAudit(transaction, audit);
    const [listed] = await transaction.query<{ mailboxes: number }>({ text: COUNT_LISTED });
    return { mailboxes: listed?.mailboxes ?? 0, messages };
  });
}

/**
 * Runs `work` with everything in the database, while nothing can change it.
 * @throws TransferRefused; what `work` throws.
 */
export function exportStore<T>(
  database: Database,
  work: (whole: WholeStore, accounts: AccountTable) => Promise<T>,
): Promise<T> {
  const noRetries = 0; // `work` changes more than the database.
  return database.transaction(async (transaction) => {
    await lockAll(transaction, 'SHARE');
    await checkUnused(transaction);
    const [meta] = await transaction.query<{ epoch: string }>({ text: 'SELECT epoch FROM meta' });
    const audits = await readAudits(transaction.query);
    const whole: WholeStore = {
      epoch: (meta as { epoch: string }).epoch,
      audits,
      mailboxes: () => readMailboxes(transaction),
    };
    return work(whole, await selectAllAccounts(transaction.query));
  }, noRetries);
}

const TABLES = 'meta, server, account, token, mailbox, device, message, sender, tombstone, ack, push, audit';

/** Others can read meanwhile. A server that starts waits, and finds out afterwards which store it is. */
const lockAll = (transaction: Transaction, mode: 'SHARE' | 'EXCLUSIVE') =>
  transaction.query({ text: `LOCK TABLE ${TABLES} IN ${mode} MODE` });

const COUNT_LISTED = 'SELECT count(*) AS mailboxes FROM mailbox WHERE is_listed';

async function checkUnused(transaction: Transaction): Promise<void> {
  const text = 'SELECT count(*) AS servers FROM server WHERE lease_until > clock_timestamp()';
  const [row] = await transaction.query<{ servers: number }>({ text });
  if (row?.servers) throw new TransferRefused('in-use', `${row.servers} servers use the database`);
}

async function checkEmpty(transaction: Transaction, epoch: string): Promise<void> {
  const [row] = await transaction.query<{ users: number; mailboxes: number; audits: number; epoch: string }>({
    text: `SELECT epoch, (SELECT count(*) FROM account) AS users, (SELECT count(*) FROM mailbox) AS mailboxes,
      (SELECT count(*) FROM audit) AS audits FROM meta`,
  });
  const { users = 0, mailboxes = 0, audits = 0 } = row ?? {};
  if (users + mailboxes + audits === 0) return;
  const reason = row?.epoch === epoch ? 'same-store' : 'not-empty';
  throw new TransferRefused(reason, `it has ${users} users and ${mailboxes} mailboxes`);
}
