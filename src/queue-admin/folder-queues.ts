/** The queues of a data folder, and traces in them, from a snapshot: beside a running server or without one. */
import { readLock } from '../disk/lock.js';
import type { LoggedAudit } from '../file-store/delivery-log.js';
import type { Mailbox } from '../file-store/mailbox.js';
import { openSnapshot, type SnapshotOptions } from '../file-store/open-snapshot.js';
import type { Snapshot } from '../file-store/snapshot.js';
import {
  type Presence,
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
  return {
    queues: () => queuesOf(snapshot, options),
    audits: async () => (await auditsOf(snapshot)).map(({ lsn: _, ...audit }) => audit),
    close: () => snapshot.close(),
  };
}

/** The audit entries, oldest first. @throws what is wrong with their mailbox. */
async function auditsOf(snapshot: Snapshot): Promise<readonly LoggedAudit[]> {
  const system = await snapshot.system();
  if ('fault' in system) throw system.fault;
  return system.mailbox.deliveryLog.audits;
}

async function* queuesOf(snapshot: Snapshot, where: SnapshotOptions): AsyncGenerator<Queue | UnreadableQueue> {
  const presenceOf = await presences(snapshot, where);
  for await (const found of snapshot.mailboxes()) {
    yield 'fault' in found ? found : queueOf(found.user, found.mailbox, presenceOf(found.user, found.mailbox));
  }
}

type PresenceOf = (user: string, mailbox: Mailbox) => Presence;

/** Without the mailbox that has the sessions, what the user's own mailbox tells still counts. */
async function presences(snapshot: Snapshot, { files, folder }: SnapshotOptions): Promise<PresenceOf> {
  const isServed = (await readLock(folder, files))?.url !== undefined;
  const system = await snapshot.system();
  const sightings = 'fault' in system ? undefined : system.mailbox.sightings;
  return (user, { deliveryLog }) => {
    const seen = sightings?.ofUser(user) ?? [];
    const seenAt = Math.max(deliveryLog.lastActedAt, ...seen.map(({ at }) => at));
    // A server that was killed left its sessions open in the journal.
    const online = isServed && seen.some(({ fence = 0 }) => fence >= snapshot.firstFence);
    return { seenAt, online };
  };
}

function queueOf(user: string, mailbox: Mailbox, presence: Presence): Queue {
  const { delivered, last } = mailbox;
  return { user, delivered, last, presence, messages: (after) => chunksOf(user, mailbox, after) };
}

function* chunksOf(user: string, mailbox: Mailbox, after: number): Generator<QueuedMessage[]> {
  const limit = { messages: MESSAGES_PER_CHUNK, bytes: Number.POSITIVE_INFINITY };
  for (let seq = after; ; ) {
    const messages = mailbox.read(seq, limit);
    const last = messages.at(-1);
    if (last === undefined) return;
    // A copy of what the user sent is in the mailbox of its target, too.
    const received = messages.filter(({ to }) => to === undefined);
    if (received.length > 0) yield received.map((message) => queuedMessage(user, mailbox.delivered, message));
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
  const snapshot = await openSnapshot(where);
  try {
    const audits = await auditsOf(snapshot);
    const presenceOf = await presences(snapshot, where);
    const traces: Trace[] = [];
    for await (const found of snapshot.mailboxes()) {
      if ('fault' in found) unreadable(found);
      else {
        const { user, mailbox } = found;
        traces.push(...tracesOf({ user, mailbox, presence: presenceOf(user, mailbox), audits }, id));
      }
    }
    return traces.filter((trace) => from === undefined || from === trace.from);
  } finally {
    await snapshot.close();
  }
}
