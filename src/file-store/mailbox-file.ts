/** `mailboxes/<name>.json`: a mailbox as a document that a person can read, and back. */
import { join } from 'node:path';
import { Damaged, FileMissing } from '../disk/disk-errors.js';
import { readJsonFile, writeJsonFile } from '../disk/json-file.js';
import type { Files } from '../io/files.js';
import { isUserName } from '../protocol/field-types.js';
import type { MailboxSnapshot, MailboxState } from './mailbox-state.js';

const MAILBOX_FORMAT = 1;

/** Whose mailbox it is, of which store, and as of when. */
interface MailboxHead {
  readonly user: string;
  readonly epoch: string;
  /** Records of the journal up to this lsn are in here. */
  readonly appliedLsn: number;
}

/** What is read. */
export type MailboxDocument = MailboxHead & MailboxState;
/** What is written. */
type WrittenMailbox = MailboxHead & MailboxSnapshot;

/** The user whose mailbox has this file name; undefined when it is no mailbox. */
export function mailboxUser(name: string): string | undefined {
  const user = name.endsWith('.json') ? name.slice(0, -'.json'.length) : '';
  return isUserName(user) ? user : undefined;
}

/** Of a user whose name has been checked (storage 10). */
export const mailboxPath = (folder: string, user: string): string => join(folder, 'mailboxes', `${user}.json`);

/** Undefined when there is no file yet. @throws Damaged, FileEmpty, NewerFormat. */
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
  return document;
}

/** Writes the file; its name is durable when the caller has synced the folder. Returns its size in bytes. */
export const writeMailboxFile = (files: Files, folder: string, document: WrittenMailbox): Promise<number> =>
  writeJsonFile({ files, path: mailboxPath(folder, document.user), format: MAILBOX_FORMAT }, document, {
    folderSyncedByCaller: true,
  });

/** What cannot be in a file that we wrote. */
function contradiction(document: MailboxDocument, user: string, epoch: string): string | undefined {
  const { last, delivered, messages, seen } = document;
  if (document.user !== user) return `it is the mailbox of ${JSON.stringify(document.user)}`; // storage 10
  if (document.epoch !== epoch) return 'it belongs to another store';
  const first = last - messages.length + 1;
  if (!messages.every(({ seq }, index) => seq === first + index)) return 'its messages are not consecutive';
  if (delivered > last || delivered < first - 1 || first - seen.length < 1) return 'its numbers contradict each other';
  return undefined;
}
