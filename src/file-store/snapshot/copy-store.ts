/** Copies a store as it is at one moment, beside a running server or without one: for backups, and to restore them. */
import { randomUUID } from 'node:crypto';
import type { Files } from '../../io/files.js';
import { readStoreFile } from '../files/store-file.js';
import type { Mailbox } from '../mailbox/mailbox.js';
import { NewStore } from './new-store.js';
import { openSnapshot } from './open-snapshot.js';
import type { Snapshot } from './snapshot.js';

interface CopyOptions {
  readonly files: Files;
  /** The data folder, or a backup. */
  readonly from: string;
  /** An existing folder without a store. */
  readonly to: string;
  /** The copy takes the place of the store: it gets a new epoch, because seqs of this one are used again. */
  readonly isRestored: boolean;
  /** Called when all mailboxes are durable, before the copy becomes a store. */
  readonly beforeStore: () => Promise<void>;
}

/** What a store contains. */
export interface StoreContents {
  readonly mailboxes: number;
  /** All kept messages, and those of them that are not delivered or purged. */
  readonly messages: number;
  readonly undelivered: number;
  /** Of the last record. */
  readonly lsn: number;
  /** When the newest message was stored, ms since 1970; undefined without messages. */
  readonly newestAt: number | undefined;
  /** Mailboxes that cannot be read. */
  readonly unreadable: readonly { readonly user: string; readonly fault: Error }[];
}

/**
 * The copy is durable, and a store, when it resolves: `store.json` is written last. Mailboxes that cannot be read are left out.
 * @throws as `openSnapshot`; system errors.
 */
export async function copyStore({ files, from, to, isRestored, beforeStore }: CopyOptions): Promise<StoreContents> {
  const { id, epoch: oldEpoch } = await readStoreFile(files, from);
  const epoch = isRestored ? randomUUID() : oldEpoch;
  const store = await NewStore.begin(files, to, epoch);
  const snapshot = await openSnapshot({ files, folder: from });
  try {
    const contents = await contentsOf(snapshot, async (user, mailbox) => {
      if (isRestored) mailbox.applyEpoch({ epoch, past: [mailbox.ownEpoch ?? oldEpoch] });
      mailbox.sightings.endAll();
      await store.add(user, mailbox);
    });
    await store.finish({ id: id ?? oldEpoch, lsn: snapshot.lsn, beforeStore });
    return contents;
  } finally {
    await snapshot.close();
  }
}

/** Reads and verifies everything in a store. Changes nothing. @throws as `openSnapshot`. */
export async function verifyStore(files: Files, folder: string): Promise<StoreContents> {
  const snapshot = await openSnapshot({ files, folder });
  try {
    return await contentsOf(snapshot, async () => {});
  } finally {
    await snapshot.close();
  }
}

async function contentsOf(
  snapshot: Snapshot,
  visit: (user: string, mailbox: Mailbox) => Promise<void>,
): Promise<StoreContents> {
  const unreadable: { user: string; fault: Error }[] = [];
  let mailboxes = 0;
  let messages = 0;
  let undelivered = 0;
  let newestAt: number | undefined;
  for await (const found of snapshot.mailboxes()) {
    if ('fault' in found) {
      unreadable.push(found);
      continue;
    }
    const { user, mailbox } = found;
    const { delivered, last, purged, copies } = mailbox;
    mailboxes++;
    messages += mailbox.kept;
    undelivered += last - delivered - purged - copies;
    const newest = mailbox.get(last)?.at;
    if (newest !== undefined && newest > (newestAt ?? 0)) newestAt = newest;
    await visit(user, mailbox);
  }
  return { mailboxes, messages, undelivered, lsn: snapshot.lsn, newestAt, unreadable };
}
