/** The queues of a data folder, and traces in them, from a snapshot: beside a running server or without one. */
import type { LoggedAudit } from '../file-store/delivery-log.js';
import { AUDIT_USER } from '../file-store/journal-records.js';
import type { Mailbox } from '../file-store/mailbox.js';
import { openSnapshot, type SnapshotOptions } from '../file-store/open-snapshot.js';
import type { Snapshot } from '../file-store/snapshot.js';
import type { Audit } from '../store/store.js';
import {
  type Queue,
  type QueuedMessage,
  type QueueSource,
  queuedMessage,
  type UnreadableQueue,
} from './queue-source.js';
import { type Trace, tracesOf } from './trace.js';

const MESSAGES_PER_CHUNK = 1_000;

/** Opens a snapshot of the folder; the caller closes it. @throws as `openSnapshot`. */
export async function openFolderQueues(options: SnapshotOptions): Promise<QueueSource> {
  const snapshot = await openSnapshot(options);
  return { queues: () => queuesOf(snapshot), audits: () => plainAuditsOf(options), close: () => snapshot.close() };
}

/** The audit entries, oldest first. @throws as `openSnapshot`. */
async function auditsOf({ files, folder }: SnapshotOptions): Promise<readonly LoggedAudit[]> {
  const snapshot = await openSnapshot({ files, folder, user: AUDIT_USER });
  try {
    for await (const found of snapshot.mailboxes()) {
      if ('fault' in found) throw found.fault;
      return found.mailbox.deliveryLog.audits;
    }
    return [];
  } finally {
    await snapshot.close();
  }
}

const plainAuditsOf = async (options: SnapshotOptions): Promise<readonly Audit[]> =>
  (await auditsOf(options)).map(({ lsn: _, ...audit }) => audit);

async function* queuesOf(snapshot: Snapshot): AsyncGenerator<Queue | UnreadableQueue> {
  for await (const found of snapshot.mailboxes()) {
    yield 'fault' in found ? found : queueOf(found.user, found.mailbox);
  }
}

function queueOf(user: string, mailbox: Mailbox): Queue {
  const { delivered, last, deliveryLog } = mailbox;
  const { lastSeenAt: seenAt } = deliveryLog;
  return { user, delivered, last, seenAt, messages: (after) => chunksOf(user, mailbox, after) };
}

function* chunksOf(user: string, mailbox: Mailbox, after: number): Generator<QueuedMessage[]> {
  const limit = { messages: MESSAGES_PER_CHUNK, bytes: Number.POSITIVE_INFINITY };
  for (let seq = after; ; ) {
    const messages = mailbox.read(seq, limit);
    const last = messages.at(-1);
    if (last === undefined) return;
    yield messages.map((message) => queuedMessage(user, mailbox.delivered, message));
    seq = last.seq;
  }
}

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
