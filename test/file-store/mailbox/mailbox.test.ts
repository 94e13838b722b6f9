/** The mailbox reducer, compared with a simple model that keeps every message and counts by scanning. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonLines } from '../../../src/disk/json-layout.js';
import { Mailbox, MailboxGap } from '../../../src/file-store/mailbox/mailbox.js';
import { messageLines } from '../../../src/file-store/mailbox/mailbox-state.js';
import { SeqList } from '../../../src/file-store/mailbox/seq-list.js';
import { MAILBOX } from '../../../src/store/limits.js';

const LIMITS = {
  ...MAILBOX,
  maxUndelivered: 6,
  maxUndeliveredBytes: 40,
  maxShareOfOneSender: 0.5,
  keptDelivered: 2,
  keptDeliveredMs: 1_000,
  keptIdsPerSender: 3,
};
const EVERYTHING = { messages: 1_000, bytes: 1_000_000 };

interface ModelMessage {
  readonly seq: number;
  readonly from: string;
  readonly id: string;
  readonly body: string;
  readonly at: number;
  attempts: number;
  purged: boolean;
  /** Purged by its sender. */
  unsent: boolean;
  kept: boolean;
  known: boolean;
}

/** Keeps every message, and marks those that the mailbox should have dropped. */
class Model {
  readonly all: ModelMessage[] = [];
  delivered = 0;

  decide(from: string, id: string, body: string): 'known' | 'full' | 'new' {
    if (this.find(from, id)) return 'known';
    const waiting = this.all.filter(({ seq, purged, unsent }) => seq > this.delivered && (!purged || unsent));
    const own = waiting.filter((one) => one.from === from);
    const bytes = (some: ModelMessage[]): number =>
      some.reduce((sum, one) => sum + (one.unsent ? 0 : one.body.length), body.length);
    if (waiting.length >= 6 || bytes(waiting) > 40) return 'full';
    if (own.length === 0 && bytes(own) <= 2) return 'new'; // Half of the tenth that is kept.
    const others = waiting.filter((one) => one.from !== from);
    const bytesLeft = 40 - (bytes(others) - body.length);
    const isShareFull = own.length >= (6 - others.length) / 2 || bytes(own) > bytesLeft / 2;
    return isShareFull || waiting.length >= 5.4 || bytes(waiting) > 36 ? 'full' : 'new';
  }

  /** The newest known one: a purged message may have been restored. */
  find(from: string, id: string): ModelMessage | undefined {
    return this.all.findLast((one) => one.known && one.from === from && one.id === id);
  }

  ack(seq: number, at: number): number[] {
    if (seq <= this.delivered) return [];
    const settled = this.all.filter((one) => one.seq > this.delivered && one.seq <= seq);
    this.delivered = seq;
    for (const one of this.all) {
      if (one.seq > this.delivered) break;
      if (!one.kept) continue;
      if (one.seq > this.delivered - 2 && one.at > at - 1_000) break;
      one.kept = false;
      // Its id is known, unless it was restored: then that message has its id.
      if (this.find(one.from, one.id) !== one) one.known = false;
      const known = this.all.filter(({ from, kept, known }) => from === one.from && !kept && known);
      if (known.length > 3 && known[0]) known[0].known = false;
    }
    return settled.filter(({ purged }) => !purged).map((one) => one.seq);
  }
}

function resultOfResend(original: ModelMessage | undefined, body: string, delivered: number): object | undefined {
  if (!original) return undefined;
  if (original.body !== body) return { outcome: 'conflict' };
  if (original.purged) return { outcome: original.unsent ? 'unsent' : 'purged' };
  return { outcome: 'duplicate', seq: original.seq, delivered: original.seq <= delivered };
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      from: fc.constantFrom('a', '__proto__'),
      id: fc.nat(12),
      length: fc.nat(12),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('write' as const), count: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refuse' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('ack' as const), seq: fc.nat(4), ms: fc.nat(900) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pushed' as const), after: fc.nat(3), count: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('purge' as const),
      seqs: fc.array(fc.nat(9), { maxLength: 3 }),
      isUnsent: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reload' as const) }) },
);

const linesOf = ({ length, line }: JsonLines): string[] => Array.from({ length }, (_, index) => line(index));

/** The mailbox as it is read back from its file. */
function reloaded(mailbox: Mailbox): Mailbox {
  const { seen, messages, ...rest } = mailbox.snapshot();
  const parsed = <T>(lines: JsonLines): T[] => linesOf(lines).map((line) => JSON.parse(line) as T);
  return Mailbox.restore(LIMITS, { ...rest, seen: parsed(seen), messages: parsed(messages) });
}

test('each line of a file has the members of its message, whatever the message before it has', () => {
  const bodies = ['plain', '"quoted" \\', '好'];
  const message = fc.record(
    {
      from: fc.constantFrom('alice', 'bob'),
      id: fc.constantFrom('m1', 'm"2'),
      body: fc.constantFrom(...bodies),
      at: fc.constantFrom(1, 1_795_459_977_700),
      bytes: fc.nat(2),
      attempts: fc.nat(2),
      triedAt: fc.nat(2),
      purge: fc.record(
        { purgedAt: fc.nat(2), purgedLsn: fc.nat(2), crc: fc.nat(2), unsent: fc.constant(true) },
        { requiredKeys: ['purgedAt', 'purgedLsn', 'crc'] },
      ),
      to: fc.constantFrom('carol'),
      restored: fc.constantFrom({ by: 'operator', at: 1 }),
      re: fc.constantFrom('q1', '"\\'),
    },
    { requiredKeys: ['from', 'id', 'body', 'at', 'bytes', 'attempts'] },
  );
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), (parts) => {
      const expected = parts.map(({ purge, ...rest }, index) => ({ seq: index + 1, ...rest, ...purge }));
      const isPlain = ({ id, body, re }: { id: string; body: string; re?: string }) =>
        re === undefined && !/["\\]/.test(id + body);
      const kept = expected.map((one) => (isPlain(one) ? { ...one, isPlain: true as const } : one));
      assert.deepEqual(
        linesOf(messageLines(kept)).map((line) => JSON.parse(line)),
        expected,
      );
    }),
  );
});

test('a mailbox behaves like its model: seqs, duplicates, quotas, cursor, attempts, retention (R8, R12, storage 15)', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const model = new Model();
      let mailbox = new Mailbox(LIMITS);
      let now = 10_000;
      const waiting: { message: { to: string; from: string; id: string; body: string; at: number }; bytes: number }[] =
        [];
      for (const one of steps) {
        if (one.do === 'append') {
          const message = { to: 'me', from: one.from, id: `m${one.id}`, body: 'x'.repeat(one.length), at: now };
          const decision = model.decide(message.from, message.id, message.body);
          const known = mailbox.seqOf(message.from, message.id);
          assert.equal(known !== undefined, decision === 'known');
          if (known === undefined) assert.equal(mailbox.classify(message), undefined);
          if (known !== undefined && known <= mailbox.last) {
            const original = model.all.find(({ seq }) => seq === known);
            assert.equal(known, model.find(message.from, message.id)?.seq);
            const isPurged = original?.purged && !original.unsent;
            assert.equal(mailbox.stateOfId(message.from, message.id) === 'purged', isPurged);
            assert.deepEqual(mailbox.classify(message), resultOfResend(original, message.body, model.delivered));
          }
          // A purged message is restored; every other known one is not stored again.
          const isRevived = known !== undefined && mailbox.stateOfId(message.from, message.id) === 'purged';
          if (isRevived && !mailbox.hasRoom(message.from, one.length)) continue;
          if (known !== undefined && !isRevived) continue;
          if (!isRevived) assert.equal(mailbox.hasRoom(message.from, one.length), decision === 'new');
          if (decision === 'full') continue;
          const revived = isRevived ? { restored: { by: 'root', at: now } } : {};
          const seq = mailbox.reserve({ ...message, ...revived }, one.length);
          model.all.push({ ...message, seq, attempts: 0, purged: false, unsent: false, kept: true, known: true });
          assert.equal(seq, model.all.length);
          waiting.push({ message, bytes: one.length });
        } else if (one.do === 'write') {
          for (const { message, bytes } of waiting.splice(0, one.count)) {
            const { to: _, ...kept } = message;
            mailbox.applyReserved({ ...kept, seq: mailbox.last + 1, bytes, attempts: 0 });
          }
        } else if (one.do === 'refuse') {
          for (const { message, bytes } of waiting.splice(0).reverse()) {
            mailbox.release(message, bytes);
            model.all.pop();
          }
        } else if (one.do === 'ack') {
          now += one.ms;
          const seq = Math.min(mailbox.delivered + one.seq, mailbox.last);
          const settled = mailbox.applyAck(seq, now).map((message) => message.seq);
          assert.deepEqual(settled, model.ack(seq, now));
        } else if (one.do === 'pushed') {
          const seq = Math.min(one.after + one.count, mailbox.last);
          mailbox.applyPushed(one.after, seq, now);
          for (const message of model.all) {
            if (message.seq > Math.max(one.after, model.delivered) && message.seq <= seq) message.attempts++;
          }
        } else if (one.do === 'purge') {
          const seqs = one.seqs.map((seq) => mailbox.delivered + seq);
          const found = [...new Set(seqs)].map((seq) => model.all[seq - 1]).filter((message) => message !== undefined);
          const undelivered = found.filter((message) => message.seq > model.delivered && message.seq <= mailbox.last);
          const purged = undelivered.filter((message) => !message.purged);
          assert.deepEqual(
            mailbox.applyPurge(seqs, now, one.isUnsent).map(({ seq, body }) => [seq, body]),
            purged.map(({ seq, body }) => [seq, body]),
          );
          for (const message of purged) {
            message.purged = true;
            message.unsent = one.isUnsent;
          }
        } else if (waiting.length === 0) {
          mailbox = reloaded(mailbox);
        }
        const durable = model.all.slice(0, model.all.length - waiting.length);
        assert.equal(mailbox.last, durable.length);
        assert.equal(mailbox.delivered, model.delivered);
        assert.deepEqual(
          mailbox.read(0, EVERYTHING).map(({ seq, id, body, attempts }) => [seq, id, body, attempts]),
          durable
            .filter(({ kept }) => kept)
            .map(({ seq, id, body, purged, attempts }) => [seq, id, purged ? '' : body, attempts]),
        );
        assert.equal(mailbox.purged, durable.filter(({ seq, purged }) => seq > model.delivered && purged).length);
      }
    }),
    { numRuns: 3_000 },
  );
});

test('a message that is no longer kept is compared by its tombstone: another one had its seq before the mailbox went back', () => {
  const mailbox = new Mailbox({ ...LIMITS, keptDelivered: 0 });
  for (const [index, id] of ['m1', 'm2'].entries()) {
    mailbox.applyMessage(index + 1, { from: 'a', id, body: '', at: 1 }, 0);
  }
  mailbox.applyAck(2, 1);
  const had = (seq: number, id: string): boolean => mailbox.hadMessage({ epoch: 'e', seq, from: 'a', id }, 'e');
  assert.deepEqual(
    [had(1, 'm1'), had(2, 'm2'), had(2, 'other'), had(1, 'm2'), had(3, 'm3')],
    [true, true, false, false, false],
  );
});

test('classify: a resend is a duplicate, purged, or a conflict; only a new or restored message is stored (R8)', () => {
  const mailbox = new Mailbox({ ...LIMITS, keptDelivered: 0 });
  const message = { to: 'me', from: 'a', id: 'm', body: 'x', at: 1 };
  const other = { ...message, body: 'y' };
  const duplicate = (delivered: boolean) => ({ outcome: 'duplicate', seq: 1, delivered });
  assert.equal(mailbox.classify(message), undefined, 'new');
  mailbox.reserve(message, 1);
  assert.deepEqual([mailbox.classify(message), mailbox.classify(other)], [duplicate(false), { outcome: 'conflict' }]);
  assert.equal(mailbox.classify({ ...message, from: 'b' }), undefined, 'the id of another sender');
  mailbox.applyReserved({ seq: 1, from: 'a', id: 'm', body: 'x', at: 1, bytes: 1, attempts: 0 });
  assert.deepEqual([mailbox.classify(message), mailbox.classify(other)], [duplicate(false), { outcome: 'conflict' }]);
  assert.deepEqual(
    mailbox.classify({ ...message, restored: { by: 'root', at: 9 } }),
    duplicate(false),
    'there is nothing to restore',
  );
  const purged = { ...message, id: 'p' };
  mailbox.applyMessage(2, purged, 1);
  mailbox.applyPurge([2], 1);
  const checkPurged = (): void => {
    assert.deepEqual(mailbox.classify(purged), { outcome: 'purged' });
    assert.deepEqual(mailbox.classify({ ...purged, body: 'y' }), { outcome: 'conflict' });
    assert.equal(mailbox.classify({ ...purged, restored: { by: 'root', at: 9 } }), undefined, 'restored');
  };
  checkPurged();
  mailbox.applyAck(2, 1);
  assert.deepEqual(mailbox.read(0, EVERYTHING), [], 'only tombstones are left');
  assert.deepEqual([mailbox.classify(message), mailbox.classify(other)], [duplicate(true), { outcome: 'conflict' }]);
  checkPurged();
});

test('a record that was applied before changes nothing; one that leaves a gap is refused', () => {
  const mailbox = new Mailbox(LIMITS);
  const message = { from: 'a', id: 'm', body: 'x', at: 1 };
  mailbox.applyMessage(1, message, 1);
  mailbox.applyMessage(2, { ...message, id: 'n' }, 1);
  mailbox.applyAck(1, 1);
  const before = linesOf(mailbox.snapshot().messages);
  mailbox.applyMessage(1, message, 1);
  assert.deepEqual(mailbox.applyAck(1, 1), []);
  assert.deepEqual(linesOf(mailbox.snapshot().messages), before);
  assert.throws(() => mailbox.applyMessage(4, message, 1), MailboxGap);
  assert.throws(() => mailbox.applyAck(3, 1), MailboxGap);
});

test('a snapshot does not change when the mailbox does', () => {
  const mailbox = new Mailbox(LIMITS);
  const fill = (count: number): void => {
    for (let index = 0; index < count; index++) {
      const seq = mailbox.last + 1;
      mailbox.applyMessage(seq, { from: 'a', id: `m${seq}`, body: 'x', at: seq }, 1);
      mailbox.applyAck(seq, seq);
    }
  };
  fill(20);
  const snapshot = mailbox.snapshot();
  const before = [...linesOf(snapshot.seen), ...linesOf(snapshot.messages)];
  fill(50);
  assert.deepEqual([...linesOf(snapshot.seen), ...linesOf(snapshot.messages)], before);
});

test('a SeqList behaves like an array whose first items are removed', () => {
  const operation = fc.oneof(
    fc.constant('push' as const),
    fc.constant('push' as const),
    fc.constant('shift' as const),
    fc.constant('pop' as const),
    fc.nat(3_000),
  );
  fc.assert(
    fc.property(fc.nat(5), fc.array(operation, { maxLength: 200 }), (first, operations) => {
      const list = new SeqList<number>(first);
      let array: number[] = [];
      let head = first;
      for (const one of operations) {
        if (one === 'push') array.push(list.next);
        if (one === 'push') list.push(list.next);
        if (one === 'shift' && array.length > 0) head++;
        if (one === 'shift') assert.equal(list.shift(), array.shift());
        if (one === 'pop') assert.equal(list.pop(), array.pop());
        if (typeof one === 'number') {
          for (let count = 0; count < one; count++) list.push(array.push(head + array.length) - 1 + head);
          for (let count = 0; count < one / 2; count++) assert.equal(list.shift(), array.shift());
          head += Math.ceil(one / 2);
          array = [...array];
        }
        assert.deepEqual([list.first, list.next, list.length], [head, head + array.length, array.length]);
        assert.deepEqual(list.slice(head + 1, head + 5), array.slice(1, 5));
        assert.equal(list.get(head - 1), undefined);
        assert.equal(list.get(head + array.length), undefined);
        assert.equal(list.get(head + 2), array[2]);
      }
    }),
    { numRuns: 300 },
  );
});

test('the cursors of devices: each moves alone, the mailbox follows the foremost, and a file has them all', () => {
  const devices = ['main', 'laptop', 'phone'];
  const action = fc.record({
    do: fc.constantFrom('append', 'ack', 'ack', 'pushed', 'add', 'remove', 'reload'),
    device: fc.constantFrom(...devices),
    count: fc.nat(4),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const limits = { ...LIMITS, keptDelivered: 1_000, keptDeliveredMs: 1e12, maxUndelivered: 1_000 };
      let mailbox = new Mailbox(limits);
      let delivered = 0;
      const cursors = new Map<string, number>();
      /** Whether main is in `cursors`, if it is there. */
      let isKept = false;
      const attempts = new Map<string, number[]>(devices.map((device) => [device, []]));
      const cursorOf = (device: string) =>
        cursors.get(device) ?? (!isKept && device === 'main' ? delivered : undefined);
      for (const { do: what, device, count } of actions) {
        const cursor = cursorOf(device);
        const counts = attempts.get(device) ?? [];
        if (what === 'append') {
          const id = `m${mailbox.last}`;
          mailbox.applyMessage(mailbox.last + 1, { from: 'a', id, body: '', at: 1 }, 0);
        } else if (what === 'ack' && cursor !== undefined) {
          const seq = Math.min(cursor + count, mailbox.last);
          const settled = mailbox.applyAck(seq, 1, undefined, device).map((message) => message.seq);
          assert.deepEqual(
            settled,
            Array.from({ length: Math.max(0, seq - delivered) }, (_, index) => delivered + 1 + index),
          );
          delivered = Math.max(delivered, seq);
          if (isKept) cursors.set(device, Math.max(cursor, seq));
        } else if (what === 'pushed' && cursor !== undefined) {
          const seq = Math.min(cursor + count, mailbox.last);
          mailbox.applyPushed(cursor, seq, 1, undefined, device);
          for (let next = cursor + 1; next <= seq; next++) counts[next] = (counts[next] ?? 0) + 1;
        } else if (what === 'add' && !cursors.has(device)) {
          if (!isKept && device !== 'main') {
            mailbox.applyDevice({ device: 'main', cursor: 0, at: 1 });
            cursors.set('main', delivered);
          }
          mailbox.applyDevice({ device, cursor: Math.max(0, delivered - count), at: 1 });
          if (!isKept && device === 'main') cursors.set(device, delivered);
          else {
            cursors.set(device, Math.max(0, delivered - count));
            attempts.set(device, []);
          }
          isKept = true;
        } else if (what === 'remove') {
          mailbox.applyDeviceRemoval(device);
          isKept ||= device === 'main';
          cursors.delete(device);
          attempts.set(device, []);
        } else if (what === 'reload') {
          const { seen, messages, ...rest } = mailbox.snapshot();
          const parsed = <T>(lines: JsonLines): T[] => linesOf(lines).map((line) => JSON.parse(line) as T);
          mailbox = Mailbox.restore(limits, { ...rest, seen: parsed(seen), messages: parsed(messages) });
        }
        assert.equal(mailbox.delivered, delivered);
        for (const name of devices) {
          const expected = cursorOf(name);
          assert.equal(mailbox.cursorOf(name), expected);
          if (expected === undefined) continue;
          const read = mailbox.read(expected, EVERYTHING, name).map(({ seq, attempts }) => [seq, attempts]);
          assert.deepEqual(
            read,
            read.map(([seq = 0]) => [seq, attempts.get(name)?.[seq] ?? 0]),
          );
        }
      }
    }),
    { numRuns: 1_000 },
  );
});
