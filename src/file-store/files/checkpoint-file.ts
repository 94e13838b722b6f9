/**
 * `checkpoint-<number>.json`: the mailboxes' files as the last checkpoint left them. `store.json` names the one that counts.
 * A file of its own, because it grows with the number of mailboxes, and `store.json` is written with each new segment.
 */
import { join } from 'node:path';
import { Damaged } from '../../disk/disk-errors.js';
import { readJsonFile, writeJsonFile } from '../../disk/json-file.js';
import type { Files } from '../../io/files.js';
import type { CheckpointedMailbox } from './mailbox-manifest.js';

const CHECKPOINT_FORMAT = 1;

interface CheckpointDocument {
  readonly epoch: string;
  readonly checkpoint: number;
  /** In any order. */
  readonly mailboxes: readonly CheckpointedMailbox[];
}

const pathOf = (folder: string, checkpoint: number): string => join(folder, `checkpoint-${checkpoint}.json`);

/** @throws FileMissing, FileEmpty, Damaged, NewerFormat. */
export async function readCheckpointFile(
  files: Pick<Files, 'open'>,
  folder: string,
  epoch: string,
  checkpoint: number,
): Promise<readonly CheckpointedMailbox[]> {
  const path = pathOf(folder, checkpoint);
  const document = await readJsonFile<CheckpointDocument>({ files, path, format: CHECKPOINT_FORMAT });
  if (document.epoch === epoch && document.checkpoint === checkpoint) return document.mailboxes;
  throw new Damaged(path, undefined, 'it belongs to another checkpoint');
}

/** Durable when it resolves. It counts when `store.json` names it. */
export async function writeCheckpointFile(files: Files, folder: string, document: CheckpointDocument): Promise<void> {
  await writeJsonFile({ files, path: pathOf(folder, document.checkpoint), format: CHECKPOINT_FORMAT }, document);
}

/** Removes all but the one that `store.json` durably names. After a loss of power the next start repeats that. */
export async function removeOtherCheckpointFiles(files: Files, folder: string, checkpoint?: number): Promise<void> {
  for (const name of await files.list(folder)) {
    const number = /^checkpoint-(\d+)\.json(\.tmp)?$/.exec(name)?.[1];
    if (number !== undefined && Number(number) !== checkpoint) await files.remove(join(folder, name));
  }
}
