/** Queues made by hand, for tests. */
import type {
  Queue,
  QueueDevice,
  QueuedMessage,
  QueueSource,
  UnreadableQueue,
} from '../../src/queue-admin/queue-source.js';

/** A message to bob from alice, unless the given fields differ. */
export const queued = (seq: number, given: Partial<QueuedMessage> = {}): QueuedMessage => {
  const body = given.body ?? 'hi';
  const known = { to: 'bob', seq, id: `m${seq}`, from: 'alice', at: seq * 1_000, status: 'undelivered', attempts: 0 };
  return { ...known, bytes: Buffer.byteLength(body), ...given, body } as QueuedMessage;
};

/** One mailbox; each chunk has one message. */
export function queueOf(
  user: string,
  messages: readonly QueuedMessage[],
  seenAt = 0,
  devices: readonly QueueDevice[] = [],
): Queue {
  const delivered = messages.findLast(({ status }) => status === 'delivered')?.seq ?? (messages[0]?.seq ?? 1) - 1;
  const last = messages.at(-1)?.seq ?? delivered;
  const chunks = (after: number) => messages.filter(({ seq }) => seq > after).map((message) => [message]);
  return { user, delivered, last, presence: { seenAt, online: false }, devices: () => devices, messages: chunks };
}

export function sourceOf(...queues: readonly (Queue | UnreadableQueue)[]): QueueSource {
  return {
    async *queues() {
      yield* queues;
    },
    audits: async () => [],
    close: async () => {},
  };
}
