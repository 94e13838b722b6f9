/** Writes a new store into a folder, mailbox by mailbox: for copies, and for what comes from another engine. */
import { join } from 'node:path';
import { createSegment } from '../../disk/active-segment.js';
import { orDiskBroken } from '../../disk/disk-errors.js';
import type { Files } from '../../io/files.js';
import { writeCheckpointFile } from '../files/checkpoint-file.js';
import { headerOf, includedRecord, writeMailboxFile } from '../files/mailbox-file.js';
import type { CheckpointedMailbox } from '../files/mailbox-manifest.js';
import { writeStoreFile } from '../files/store-file.js';
import type { Mailbox } from '../mailbox/mailbox.js';

interface NewStoreEnd {
  /** Names the store for clients on this machine. */
  readonly id: string;
  /** Of the last record that a mailbox includes. */
  readonly lsn: number;
  /** Called when all mailboxes are durable, before the folder becomes a store. */
  readonly beforeStore: () => Promise<void>;
}

export class NewStore {
  readonly #listed: CheckpointedMailbox[] = [];

  private constructor(
    private readonly files: Files,
    private readonly folder: string,
    private readonly epoch: string,
  ) {}

  /** @param folder exists, and has no store. */
  static async begin(files: Files, folder: string, epoch: string): Promise<NewStore> {
    await files.makeFolder(join(folder, 'mailboxes'));
    await files.makeFolder(join(folder, 'journal'));
    return new NewStore(files, folder, epoch);
  }

  /** Each user once. */
  async add(user: string, mailbox: Mailbox): Promise<void> {
    const header = headerOf(user, this.epoch, mailbox);
    await writeMailboxFile(this.files, this.folder, { ...header, ...mailbox.snapshot() });
    this.#listed.push({ user, ...includedRecord(header) });
  }

  /** The store is durable when it resolves: `store.json` is written last. */
  async finish({ id, lsn, beforeStore }: NewStoreEnd): Promise<void> {
    const { files, folder, epoch } = this;
    await orDiskBroken(files.syncFolder(join(folder, 'mailboxes')));
    const active = await createSegment({ files, folder: join(folder, 'journal') }, 1, { epoch, lsn, chain: 0 });
    await active.file.close();
    await writeCheckpointFile(files, folder, { epoch, checkpoint: 1, mailboxes: this.#listed });
    await beforeStore();
    const cleanEnd = { lsn, chain: 0 };
    await writeStoreFile(files, folder, {
      ...{ id, epoch, generation: 1, opened: 1 },
      ...{ segments: [1], cleanEnd, checkpoint: 1 },
    });
  }
}
