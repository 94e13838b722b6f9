/** The queues of a data folder, and traces in them, from a snapshot: beside a running server or without one. */
import { readLock } from '../disk/lock.js';
import type { LoggedAudit } from '../file-store/mailbox/delivery-log.js';
import type { Mailbox } from '../file-store/mailbox/mailbox.js';
import { trailsOf } from '../file-store/mailbox/mailbox-trails.js';
import type { Sighting } from '../file-store/mailbox/sightings.js';
import { openSnapshot, type SnapshotOptions } from '../file-store/snapshot/open-snapshot.js';
import type { Snapshot } from '../file-store/snapshot/snapshot.js';
import { deviceHeads } from '../store/device-heads.js';
import type { DeviceHead } from '../store/store.js';
import {
  type Presence,
  type Queue,
  type QueueDevice,
  type QueuedMessage,
  type QueueSource,
  queuedMessage,
  type UnreadableQueue,
} from './queue-source.js';
import { type Trace, traceOf } from './trace.js';

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

/** A device of a user, with what its client said of itself. */
export type FolderDevice = QueueDevice & Pick<DeviceHead, 'agent'>;

/** The devices of the user, by name; undefined if there is no mailbox. @throws as `openSnapshot`; what is wrong with the mailbox. */
export async function readDevices(
  where: SnapshotOptions & { readonly user: string },
): Promise<FolderDevice[] | undefined> {
  const snapshot = await openSnapshot(where);
  try {
    const { devicesOf } = await visitors(snapshot, where);
    for await (const found of snapshot.mailboxes()) {
      if ('fault' in found) throw found.fault;
      return devicesOf(found.user, found.mailbox);
    }
    return undefined;
  } finally {
    await snapshot.close();
  }
}

/** The audit entries, oldest first. @throws what is wrong with their mailbox. */
async function auditsOf(snapshot: Snapshot): Promise<readonly LoggedAudit[]> {
  const system = await snapshot.system();
  if ('fault' in system) throw system.fault;
  return system.mailbox.deliveryLog.audits;
}

async function* queuesOf(snapshot: Snapshot, where: SnapshotOptions): AsyncGenerator<Queue | UnreadableQueue> {
  const whoWasHere = await visitors(snapshot, where);
  for await (const found of snapshot.mailboxes()) {
    yield 'fault' in found ? found : queueOf(found.user, found.mailbox, whoWasHere);
  }
}

/** When users and their devices were last here. */
interface Visitors {
  presenceOf(user: string, mailbox: Mailbox): Presence;
  devicesOf(user: string, mailbox: Mailbox): FolderDevice[];
}

/** Without the mailbox that has the sessions, what the user's own mailbox tells still counts. */
async function visitors(snapshot: Snapshot, { files, folder }: SnapshotOptions): Promise<Visitors> {
  const isServed = (await readLock(folder, files))?.url !== undefined;
  const system = await snapshot.system();
  const sightingsOf = (user: string) => ('fault' in system ? [] : system.mailbox.sightings.ofUser(user));
  // A server that was killed left its sessions open in the journal.
  const isOpen = ({ fence = 0 }: Partial<Sighting> = {}): boolean => isServed && fence >= snapshot.firstFence;
  return {
    presenceOf(user, { deliveryLog }) {
      const seen = sightingsOf(user);
      return { seenAt: Math.max(deliveryLog.lastActedAt, ...seen.map(({ at }) => at)), online: seen.some(isOpen) };
    },
    devicesOf: (user, mailbox) =>
      deviceHeads(mailbox, sightingsOf(user), (_, sighting) => isOpen(sighting)).map(
        ({ delivered, isOnline, ...head }) => ({ ...head, behind: mailbox.last - delivered, online: isOnline }),
      ),
  };
}

function queueOf(user: string, mailbox: Mailbox, { presenceOf, devicesOf }: Visitors): Queue {
  const { delivered, last } = mailbox;
  const devices = (): QueueDevice[] => devicesOf(user, mailbox).map(({ agent: _, ...device }) => device);
  const presence = presenceOf(user, mailbox);
  return { user, delivered, last, presence, devices, messages: (after) => chunksOf(user, mailbox, after) };
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
    const { presenceOf } = await visitors(snapshot, where);
    const traces: Trace[] = [];
    for await (const found of snapshot.mailboxes()) {
      if ('fault' in found) unreadable(found);
      else {
        const { user, mailbox } = found;
        const presence = presenceOf(user, mailbox);
        traces.push(...trailsOf(user, mailbox, audits, id).map((trail) => traceOf(user, trail, presence)));
      }
    }
    return traces.filter((trace) => from === undefined || from === trace.from);
  } finally {
    await snapshot.close();
  }
}
