/** The local history: each message is kept once and in order, and is found again, also after crashes and damage. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { History, type HistoryMessage, isOwn, type LogLimits, type ReceivedRecord } from '../../src/history/history.js';
import { type Files, realFiles } from '../../src/io/files.js';
import { fastTmpdir } from '../harness/fast-disk.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(fastTmpdir(), 'im-history-'));
});
afterEach(() => rm(folder, { recursive: true }));

const receive = async (history: History, record: ReceivedRecord) => (await history.addPushed(record.from, [record]))[0];

const open = (limits: Partial<LogLimits> = {}, files: Files = realFiles): History =>
  new History({ files, folder: join(folder, 'history'), limits });

const received = (seq: number, more: Partial<ReceivedRecord> = {}): ReceivedRecord => ({
  from: 'bob',
  epoch: 'e1',
  seq,
  id: `b${seq}`,
  at: 1_000 + seq,
  body: `from bob ${seq}`,
  came: 2_000 + seq,
  ...more,
});
const own = (id: string, to = 'bob') => ({ to, id, at: 3_000, body: `to ${to} ${id}` });

async function all(history: History, peer = 'bob'): Promise<HistoryMessage[]> {
  const messages: HistoryMessage[] = [];
  for await (const message of history.messages(peer)) messages.push(message);
  return messages;
}
/** `a1 stored` of an own message, `e1 3` of a message from the peer. */
const short = (message: HistoryMessage): string =>
  isOwn(message) ? `${message.id} ${message.state}` : `${message.epoch} ${message.seq}`;

describe('adding', () => {
  test('messages are kept in order, each with its state, also after a restart', async () => {
    const first = open();
    await receive(first, received(1));
    await first.addSent(own('a1'));
    await first.setState('bob', 'a1', 'stored');
    await receive(first, received(2));
    await first.addSent(own('a2'));
    await first.setState('bob', 'a2', 'failed', 'there is no such user');
    await first.close();
    const second = open();
    assert.equal(await second.setState('bob', 'a1', 'delivered'), true);
    assert.deepEqual((await all(second)).map(short), ['e1 1', 'a1 delivered', 'e1 2', 'a2 failed']);
    assert.deepEqual(await second.peers(), ['bob']);
    await second.close();
  });

  test('a message that was added before is not added again, by this process or the next (R15)', async () => {
    const first = open();
    assert.equal(await receive(first, received(1)), 1);
    assert.equal(await receive(first, received(2)), 1);
    assert.equal(await receive(first, received(1)), undefined);
    await first.close();
    const second = open();
    assert.equal(await receive(second, received(2)), undefined);
    assert.equal(await receive(second, received(1, { epoch: 'e2' })), 1, 'another epoch');
    assert.equal(await receive(second, received(1, { epoch: 'e2', replay: 'r1' })), 1, 'a replay is always new');
    assert.equal(await receive(second, received(2, { epoch: 'e2' })), 1);
    assert.deepEqual((await all(second)).map(short), ['e1 1', 'e1 2', 'e2 1', 'e2 1', 'e2 2']);
    await second.close();
  });

  test('of several messages at once, those that are known are not added again', async () => {
    const history = open();
    assert.deepEqual(await history.addPushed('bob', [received(1), received(2), received(2), received(3)]), [
      1,
      1,
      undefined,
      1,
    ]);
    assert.deepEqual((await all(history)).map(short), ['e1 1', 'e1 2', 'e1 3']);
    assert.equal((await history.page('bob'))?.unread, 3);
    await history.close();
  });

  test('which message one is about is kept, also with later states, of received ones, own ones and copies', async () => {
    const first = open();
    await first.addPushed('bob', [received(1, { re: '"q' }), { ...own('c2'), re: 'b1', epoch: 'e1', seq: 2 }]);
    await first.addSent({ ...own('a1'), re: 'b1' });
    for (const state of ['stored', 'failed', 'stored'] as const) await first.setState('bob', 'a1', state, 'why');
    await first.close();
    const second = open();
    assert.deepEqual(
      (await all(second)).map(({ id, re }) => [id, re]),
      [
        ['b1', '"q'],
        ['c2', 'b1'],
        ['a1', 'b1'],
      ],
    );
    await second.close();
  });

  test('a copy of an own message is stored once, is not unread, and follows its state over a restart', async () => {
    const copy = (seq: number) => ({ ...own(`c${seq}`), epoch: 'e1', seq });
    const first = open();
    assert.deepEqual(await first.addPushed('bob', [received(1), copy(2)]), [1, 1]);
    assert.deepEqual(await first.addPushed('bob', [copy(2), copy(3)]), [undefined, 1]);
    assert.equal((await first.page('bob'))?.unread, 1);
    await first.close();
    const second = open();
    assert.equal(await second.has(copy(3)), true);
    assert.equal(await second.has(copy(4)), false);
    assert.deepEqual(await second.addPushed('bob', [copy(3)]), [undefined]);
    assert.equal(await second.setState('bob', 'c2', 'delivered'), true);
    assert.deepEqual((await all(second)).map(short), ['e1 1', 'c2 delivered', 'c3 stored']);
    await second.close();
  });

  test('a version that knows no copies finds a stored message, not one to send', async () => {
    const history = open();
    await history.addPushed('bob', [{ ...own('c1'), epoch: 'e1', seq: 1 }]);
    await history.close();
    const [, copy, state] = (await readFile(join(folder, 'history/bob/000001.ndjson'), 'utf8')).split('\n');
    assert.equal(JSON.parse(copy ?? '').id, 'c1');
    assert.deepEqual(JSON.parse(state ?? ''), { id: 'c1', state: 'stored' });
  });

  test('what is history is not unread, also after a restart', async () => {
    const first = open();
    await first.addPushed('bob', [received(1, { isHistory: true }), received(2, { isHistory: true }), received(3)]);
    assert.equal((await first.page('bob'))?.unread, 1);
    await first.close();
    const second = open();
    assert.equal((await second.page('bob'))?.unread, 1);
    await second.close();
  });

  test('what another device has read is read, unless more has come since', async () => {
    const history = open();
    await history.addPushed('bob', [received(1), received(2), { ...own('c3'), epoch: 'e1', seq: 3 }]);
    const readUpTo = (seq: number, epoch = 'e1') => history.markRead('bob', 9, { epoch, seq });
    assert.equal(await readUpTo(2), false);
    assert.equal(await readUpTo(9, 'another'), false);
    assert.equal((await history.page('bob'))?.unread, 2);
    assert.equal(await readUpTo(3), true);
    assert.equal((await history.page('bob'))?.unread, 0);
    assert.equal(await readUpTo(4), false, 'nothing was unread');
    await history.close();
  });

  test('conversations are separate', async () => {
    const history = open();
    await history.addSent(own('a1', 'carol'));
    assert.equal(await history.setState('bob', 'a1', 'stored'), false);
    assert.equal(await history.page('dave'), undefined);
    assert.throws(() => history.page('../bob'), RangeError);
    await history.close();
  });

  test('more conversations than may have an open file', async () => {
    const history = open();
    const peers = Array.from({ length: 100 }, (_, index) => `p${index}`);
    for (const round of [1, 2]) for (const from of peers) await receive(history, received(round, { from }));
    for (const from of peers) assert.deepEqual((await all(history, from)).map(short), ['e1 1', 'e1 2']);
    await history.close();
  });
});

describe('segments', () => {
  const small = { maxSegmentBytes: 400 };

  test('a full segment is followed by a new one, whose header has the state at the end of the one before', async () => {
    const first = open(small);
    for (let seq = 1; seq <= 20; seq++) await receive(first, received(seq));
    await first.close();
    const second = open(small);
    const newest = await second.page('bob');
    assert.ok(newest && newest.number > 2 && newest.older === newest.number - 1 && newest.newer === undefined);
    assert.equal(newest.unread, 20);
    assert.equal(await receive(second, received(20)), undefined);
    const seen: string[] = [];
    for (let page = newest; ; ) {
      seen.unshift(...page.messages.map(short));
      const older = page.older === undefined ? undefined : await second.page('bob', page.older);
      if (!older) break;
      page = older;
    }
    assert.deepEqual(seen, (await all(second)).map(short));
    assert.equal(seen.length, 20);
    await second.close();
  });

  test('a new state is written into the segment that holds the message', async () => {
    const first = open(small);
    await first.addSent(own('a1'));
    for (let seq = 1; seq <= 10; seq++) await receive(first, received(seq));
    await first.setState('bob', 'a1', 'stored');
    await first.close();
    const second = open(small);
    assert.equal(await second.setState('bob', 'a1', 'delivered'), true);
    assert.equal((await second.page('bob', 1))?.messages.map(short)[0], 'a1 delivered');
    await second.close();
  });

  test('beyond the quota of a conversation the oldest segments are removed', async () => {
    const history = open({ ...small, maxBytesPerPeer: 1_200 });
    for (let seq = 1; seq <= 50; seq++) await receive(history, received(seq));
    const kept = (await all(history)).map(short);
    assert.ok(kept.length < 20);
    assert.equal(kept.at(-1), 'e1 50');
    assert.ok((await readdir(join(folder, 'history/bob'))).length <= 3);
    await history.close();
  });

  test('unread counts the messages since the last markRead, over several segments', async () => {
    const history = open(small);
    for (let seq = 1; seq <= 3; seq++) await receive(history, received(seq));
    assert.equal((await history.page('bob'))?.unread, 3);
    await history.markRead('bob', 5_000);
    assert.equal((await history.page('bob'))?.unread, 0);
    for (let seq = 4; seq <= 12; seq++) await receive(history, received(seq));
    await history.addSent(own('a1'));
    assert.equal((await history.page('bob'))?.unread, 9);
    await history.close();
  });
});

describe('search', () => {
  test('text is found in all segments, ignoring case, newest first', async () => {
    const history = open({ maxSegmentBytes: 400 });
    for (let seq = 1; seq <= 12; seq++) {
      await receive(history, received(seq, { body: seq % 4 === 0 ? `Müller said "ja" ${seq}\nÜBER` : 'nothing' }));
    }
    await receive(history, received(13, { from: 'carol', body: 'Über' }));
    const search = async (text: string) => {
      const found: string[] = [];
      for await (const hits of history.search(text, ['bob', 'carol'])) {
        for (const { peer, message, segment } of hits) {
          assert.ok((await history.page(peer, segment))?.messages.some(({ id }) => id === message.id));
          found.push(`${peer} ${short(message)}`);
        }
      }
      return found;
    };
    assert.deepEqual(await search('said "JA"'), ['bob e1 12', 'bob e1 8', 'bob e1 4']);
    assert.deepEqual(await search('über'), ['bob e1 12', 'bob e1 8', 'bob e1 4', 'carol e1 13']);
    assert.deepEqual(await search('body'), [], 'names of fields are not searched');
    await history.close();
  });
});

describe('crashes and damage', () => {
  const path = () => join(folder, 'history/bob/000001.ndjson');

  test('a segment that is torn at any byte: the whole lines are kept, and messages can be added', async () => {
    const first = open();
    for (let seq = 1; seq <= 3; seq++) await receive(first, received(seq));
    await first.addSent(own('a1'));
    await first.close();
    const bytes = await readFile(path());
    const ends = [...bytes.entries()].filter(([, byte]) => byte === 0x0a).map(([index]) => index + 1);
    for (let length = ends[0] ?? 0; length < bytes.length; length++) {
      await writeFile(path(), bytes.subarray(0, length));
      // A complete line without its newline counts.
      const whole = ends.filter((end) => end - 1 <= length).length - 1;
      const history = open();
      for (let seq = whole + 1; seq <= 3; seq++) assert.equal(await receive(history, received(seq)), 1, `at ${length}`);
      await receive(history, received(4));
      const kept = (await all(history)).map(short).filter((line) => line !== 'a1 queued');
      assert.deepEqual(kept, ['e1 1', 'e1 2', 'e1 3', 'e1 4'], `at ${length}`);
      await history.close();
    }
  });

  test('a damaged line is skipped; a damaged header is recovered from the segment before', async () => {
    const first = open({ maxSegmentBytes: 400 });
    for (let seq = 1; seq <= 7; seq++) await receive(first, received(seq));
    await first.close();
    const names = (await readdir(join(folder, 'history/bob'))).sort();
    assert.ok(names.length > 1);
    const newest = join(folder, 'history/bob', names.at(-1) ?? '');
    const text = await readFile(newest, 'utf8');
    await writeFile(newest, `${text.replace('"history"', '"hist').split('\n')[0]}\n{"from":"bob","seq":"no"}\n`);
    const second = open({ maxSegmentBytes: 400 });
    const damaged = await second.page('bob');
    assert.deepEqual([damaged?.header, damaged?.messages], [undefined, []]);
    const before = (await all(second)).map(short);
    const lastKept = Number(before.at(-1)?.split(' ')[1]);
    assert.equal(await receive(second, received(lastKept)), undefined);
    assert.ok(await receive(second, received(lastKept + 1)));
    await second.close();
  });

  test('after a failed write every later write fails (storage 3)', async () => {
    let isBroken = false;
    const files: Files = {
      ...realFiles,
      append: async (name, options) => {
        const file = await realFiles.append(name, options);
        return { ...file, datasync: () => (isBroken ? Promise.reject(new Error('EIO')) : file.datasync()) };
      },
    };
    const history = open({}, files);
    await receive(history, received(1));
    isBroken = true;
    await assert.rejects(receive(history, received(2)), /EIO/);
    isBroken = false;
    await assert.rejects(receive(history, received(3)), /EIO/);
    await history.close();
  });

  test('lines that are no records are skipped, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.json(), fc.string()), { maxLength: 20 }), async (lines) => {
        const history = open();
        await receive(history, received(1));
        await history.close();
        await appendFile(path(), lines.join('\n'));
        await all(open());
        await truncate(path(), 0);
        await rm(path());
      }),
      { numRuns: 50 },
    );
  });
});

test('any sequence of operations and restarts: the history is what was added', async () => {
  const operation = fc.oneof(
    fc.record({ type: fc.constant('received' as const), back: fc.nat(3) }),
    fc.record({ type: fc.constant('sent' as const) }),
    fc.record({
      type: fc.constant('changed' as const),
      pick: fc.nat(),
      state: fc.constantFrom('stored', 'delivered', 'failed'),
    }),
    fc.record({ type: fc.constant('read' as const) }),
    fc.record({ type: fc.constant('restart' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
      const limits = { maxSegmentBytes: 500 };
      let history = open(limits);
      const expected: string[] = [];
      const ids: string[] = [];
      let seq = 0;
      let unread = 0;
      for (const one of operations) {
        if (one.type === 'received') {
          // Some are pushed again.
          for (let again = Math.max(1, seq - one.back + 1); again <= seq; again++) {
            assert.equal(await receive(history, received(again)), undefined);
          }
          seq += 1;
          unread += 1;
          assert.ok(await receive(history, received(seq)));
          expected.push(`e1 ${seq}`);
        } else if (one.type === 'sent') {
          const id = `a${ids.length}`;
          await history.addSent(own(id));
          ids.push(id);
          expected.push(`${id} queued`);
        } else if (one.type === 'changed' && ids.length > 0) {
          const id = ids[one.pick % ids.length] ?? '';
          const index = expected.findIndex((line) => line.startsWith(`${id} `));
          if (expected[index]?.endsWith('delivered')) continue;
          assert.equal(await history.setState('bob', id, one.state as 'stored'), true);
          expected[index] = `${id} ${one.state}`;
        } else if (one.type === 'read') {
          await history.markRead('bob', 9);
          unread = 0;
        } else if (one.type === 'restart') {
          await history.close();
          history = open(limits);
        }
      }
      assert.deepEqual((await all(history)).map(short), expected);
      assert.equal((await history.page('bob'))?.unread ?? 0, unread);
      await history.close();
      await rm(join(folder, 'history'), { recursive: true, force: true });
    }),
    { numRuns: 60 },
  );
});
