/** The lives of messages, as a data folder knows them: beside a running server, or without one. */
import { openSnapshot, type SnapshotOptions } from '../file-store/open-snapshot.js';
import { auditsOf } from './folder-queues.js';
import type { UnreadableQueue } from './queue-source.js';
import { type Trace, tracesOf } from './trace.js';

interface TraceWanted extends SnapshotOptions {
  readonly id: string;
  /** Only messages of this sender. */
  readonly from: string | undefined;
  /** Told of each mailbox that cannot be read. */
  readonly unreadable: (queue: UnreadableQueue) => void;
}

/** Every message with this id, by mailbox: each is in as many as it was sent to. @throws as `openSnapshot`. */
export async function findTraces({ id, from, unreadable, ...where }: TraceWanted): Promise<Trace[]> {
  const audits = await auditsOf(where);
  const snapshot = await openSnapshot(where);
  try {
    const traces: Trace[] = [];
    for await (const found of snapshot.mailboxes()) {
      if ('fault' in found) unreadable(found);
      else traces.push(...tracesOf(found.user, found.mailbox, id, audits));
    }
    return traces.filter((trace) => from === undefined || from === trace.from);
  } finally {
    await snapshot.close();
  }
}
