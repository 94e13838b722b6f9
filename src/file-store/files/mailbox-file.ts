/** The file of a mailbox, `mailboxes/<user>.json`: reads and writes it as a JSON document. */
import { join } from 'node:path';
import { Damaged, FileMissing } from '../../disk/disk-errors.js';
import { hex } from '../../disk/journal-format.js';
import { readJsonFile, writeJsonFile } from '../../disk/json-file.js';
import type { Files } from '../../io/files.js';
import { isUserName } from '../../protocol/fields.js';
import type { Mailbox } from '../mailbox/mailbox.js';
import type { MailboxSnapshot, MailboxState } from '../mailbox/mailbox-state.js';
import type { IncludedRecord } from './mailbox-manifest.js';

/** 2: `appliedCrc`, and the seqs of tombstones. 3: `devices`. */
const MAILBOX_FORMAT = 3;

interface MailboxFileHeader {
  readonly user: string;
  readonly epoch: string;
  /** Records up to this lsn are included (storage 6). In format 1: of any mailbox; since then: of this one. */
  readonly appliedLsn: number;
  /** The crc of that record, as in the journal. Undefined in format 1. */
  readonly appliedCrc?: string;
}

/** As it is read. */
export type MailboxDocument = MailboxFileHeader & MailboxState;
/** As it is written. */
type WrittenMailbox = MailboxFileHeader & MailboxSnapshot;

/** The user of the mailbox with this file name; undefined if it is not a mailbox. */
export function mailboxUser(name: string): string | undefined {
  const user = name.endsWith('.json') ? name.slice(0, -'.json'.length) : '';
  return isUserName(user) ? user : undefined;
}

/** @param user a checked name: it becomes a file name (storage 10). */
export const mailboxPath = (folder: string, user: string): string => join(folder, 'mailboxes', `${user}.json`);

export const headerOf = (user: string, epoch: string, { appliedLsn, appliedCrc }: Mailbox): MailboxFileHeader => ({
  user,
  epoch,
  appliedLsn,
  ...(appliedCrc !== undefined && { appliedCrc: hex(appliedCrc) }),
});

/** Tells a mailbox that was restored from a file which records that includes. */
export const setApplied = (mailbox: Mailbox, { appliedLsn, appliedCrc }: MailboxFileHeader): void =>
  mailbox.applied(appliedLsn, appliedCrc === undefined ? undefined : Number.parseInt(appliedCrc, 16));

/** The last record that the file includes. */
export const includedRecord = ({ appliedLsn, appliedCrc }: MailboxFileHeader): IncludedRecord => ({
  lsn: appliedLsn,
  ...(appliedCrc !== undefined && { crc: appliedCrc }),
});

/** Undefined if there is no file yet. @throws Damaged, FileEmpty, NewerFormat. */
export async function readMailboxFile(
  files: Pick<Files, 'open'>,
  folder: string,
  user: string,
  epoch: string,
): Promise<MailboxDocument | undefined> {
  const path = mailboxPath(folder, user);
  let document: MailboxDocument;
  try {
    document = await readJsonFile<MailboxDocument>({ files, path, format: MAILBOX_FORMAT });
  } catch (error) {
    if (error instanceof FileMissing) return undefined;
    throw error;
  }
  const wrong = contradiction(document, user, epoch);
  if (wrong) throw new Damaged(path, undefined, wrong);
  return withSeqs(document);
}

/** In format 1 tombstones have no seqs: they are consecutive, up to the first message. */
function withSeqs(document: MailboxDocument): MailboxDocument {
  const { last, messages, seen } = document;
  if (seen[0]?.seq !== undefined) return document;
  const first = last - messages.length - seen.length + 1;
  return { ...document, seen: seen.map((tombstone, index) => ({ ...tombstone, seq: first + index })) };
}

/**
 * Writes the file and returns its size in bytes. Durable only when the caller has synced the folder after that.
 * @param pause awaited again and again while a large mailbox is written.
 */
export const writeMailboxFile = (
  files: Files,
  folder: string,
  document: WrittenMailbox,
  pause?: () => Promise<void>,
): Promise<number> =>
  writeJsonFile({ files, path: mailboxPath(folder, document.user), format: MAILBOX_FORMAT }, document, {
    folderSyncedByCaller: true,
    ...(pause && { pause }),
  });

/** Contradictions that a file we wrote cannot have; undefined if there are none. */
function contradiction(document: MailboxDocument, user: string, epoch: string): string | undefined {
  const { last, delivered, messages, devices = [] } = document;
  if (document.user !== user) return `it is the mailbox of ${JSON.stringify(document.user)}`; // storage 10
  if (document.epoch !== epoch) return 'it belongs to another store';
  const first = last - messages.length + 1;
  if (!messages.every(({ seq }, index) => seq === first + index)) return 'its messages are not consecutive';
  if (delivered > last || delivered < first - 1 || first < 1) return 'its numbers contradict each other';
  if (devices.some(({ cursor }) => cursor > delivered)) return 'a device has more than was delivered';
  return undefined;
}
