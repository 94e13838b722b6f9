/** A store in a data folder as what it contains, for another engine; and a data folder from what another engine contains. */
import type { Files } from '../../io/files.js';
import { isWritten, type MailboxContents, type WholeStore } from '../../store/mailbox-contents.js';
import { SYSTEM_USER } from '../files/journal-records.js';
import { Mailbox } from '../mailbox/mailbox.js';
import type { Sighting } from '../mailbox/sightings.js';
import { NewStore } from './new-store.js';
import { KEEP_ALL, type Snapshot } from './snapshot.js';

/** A mailbox cannot be read. `cause` says why. */
export class MailboxUnreadable extends Error {
  override readonly name = 'MailboxUnreadable';
  constructor(user: string, cause: Error) {
    super(`the mailbox of ${user} cannot be read: ${cause.message}`, { cause });
  }
}

/** Everything in the snapshot, which must stay open. Sessions have ended. @throws MailboxUnreadable, here and later. */
export async function contentsOf(snapshot: Snapshot): Promise<WholeStore> {
  const system = await snapshot.system();
  if ('fault' in system) throw new MailboxUnreadable(SYSTEM_USER, system.fault);
  const { sightings, deliveryLog } = system.mailbox;
  const contents = (user: string, mailbox: Mailbox): MailboxContents => {
    const { state } = mailbox;
    return { ...state, user, sightings: sightings.ofUser(user) };
  };
  return {
    epoch: snapshot.epoch,
    audits: deliveryLog.audits.map(({ lsn: _, ...audit }) => audit),
    async *mailboxes() {
      const seen = new Set(sightings.all().map(({ user }) => user));
      for await (const found of snapshot.mailboxes()) {
        const { user } = found;
        if ('fault' in found) throw new MailboxUnreadable(user, found.fault);
        seen.delete(user);
        yield contents(user, found.mailbox);
      }
      for (const user of seen) yield contents(user, new Mailbox(KEEP_ALL));
    },
  };
}

/** What a new store contains. */
export interface WrittenStore {
  readonly mailboxes: number;
  /** All kept messages. */
  readonly messages: number;
  /** Of the last record. */
  readonly lsn: number;
}

interface WriteOptions {
  readonly files: Files;
  /** An existing folder without a store. */
  readonly folder: string;
  /** Called when all mailboxes are durable, before the folder becomes a store. */
  readonly beforeStore: () => Promise<void>;
  /** Called after each mailbox with how many messages are written so far. */
  readonly onProgress: (messages: number) => void;
}

/** The store is durable when it resolves: `store.json` is written last. Each mailbox counts as one record of the journal. */
export async function writeStore(whole: WholeStore, options: WriteOptions): Promise<WrittenStore> {
  const { files, folder, beforeStore, onProgress } = options;
  const { epoch, audits } = whole;
  const store = await NewStore.begin(files, folder, epoch);
  const sightings: Sighting[] = [];
  let system: MailboxContents | undefined;
  let lsn = 0;
  let mailboxes = 0;
  let messages = 0;
  const add = async (user: string, mailbox: Mailbox): Promise<void> => {
    mailbox.applied(++lsn, undefined);
    await store.add(user, mailbox);
  };
  for await (const contents of whole.mailboxes()) {
    const { user } = contents;
    for (const sighting of contents.sightings) sightings.push({ ...sighting, user });
    if (user === SYSTEM_USER) system = contents;
    if (!isWritten(contents)) continue;
    mailboxes++;
    messages += contents.messages.length;
    if (user !== SYSTEM_USER) await add(user, Mailbox.restore(KEEP_ALL, withoutSightings(contents)));
    onProgress(messages);
  }
  const own = system && withoutSightings(system);
  if (own || sightings.length > 0 || audits.length > 0) {
    const empty = { last: 0, delivered: 0, messages: [], seen: [], pushedAt: 0 };
    await add(SYSTEM_USER, Mailbox.restore(KEEP_ALL, { ...empty, ...own, sightings, audits }));
  }
  await store.finish({ id: epoch, lsn, beforeStore });
  return { mailboxes, messages, lsn };
}

/** They are in the mailbox of SYSTEM_USER. */
const withoutSightings = ({ sightings: _, ...contents }: MailboxContents) => contents;
