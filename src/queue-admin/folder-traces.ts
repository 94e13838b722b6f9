/** Traces messages in a data folder, from a snapshot: beside a running server or without one. */
import { openSnapshot, type SnapshotOptions } from '../file-store/open-snapshot.js';
import { auditsOf } from './folder-queues.js';
import type { UnreadableQueue } from './queue-source.js';
import { type Trace, tracesOf } from './trace.js';

interface TraceOptions extends SnapshotOptions {
  readonly id: string;
  /** Only messages of this sender. */
  readonly from: string | undefined;
  /** Called for each mailbox that cannot be read. */
  readonly unreadable: (queue: UnreadableQueue) => void;
}

/** The traces of all messages with this id: an id may be used for several targets. @throws as `openSnapshot`. */
export async function findTraces({ id, from, unreadable, ...where }: TraceOptions): Promise<Trace[]> {
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
