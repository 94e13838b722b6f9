/** The local history: what was said is kept once, in order, and found again, whatever happened in between. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { History, type HistoryMessage, isOwn, type LogLimits, type ReceivedRecord } from '../../src/history/history.js';
import { type Files, realFiles } from '../../src/io/files.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'im-history-'));
});
afterEach(() => rm(folder, { recursive: true }));

const receive = async (history: History, record: ReceivedRecord) => (await history.received(record.from, [record]))[0];

const open = (limits: Partial<LogLimits> = {}, files: Files = realFiles): History =>
  new History({ files, folder: join(folder, 'history'), limits });

const pushed = (seq: number, more: Partial<ReceivedRecord> = {}): ReceivedRecord => ({
  from: 'bob',
  epoch: 'e1',
  seq,
  id: `b${seq}`,
  at: 1_000 + seq,
  body: `from bob ${seq}`,
  came: 2_000 + seq,
  ...more,
});
const mine = (id: string, to = 'bob') => ({ to, id, at: 3_000, body: `to ${to} ${id}` });

async function all(history: History, peer = 'bob'): Promise<HistoryMessage[]> {
  const said: HistoryMessage[] = [];
  for await (const one of history.all(peer)) said.push(one);
  return said;
}
const short = (said: HistoryMessage): string =>
  isOwn(said) ? `${said.id} ${said.state}` : `${said.epoch} ${said.seq}`;

describe('keeping', () => {
  test('what was said is kept in order, with what became of it, also over a restart', async () => {
    const first = open();
    await receive(first, pushed(1));
    await first.sent(mine('a1'));
    await first.changed('bob', 'a1', 'stored');
    await receive(first, pushed(2));
    await first.sent(mine('a2'));
    await first.changed('bob', 'a2', 'failed', 'there is no such user');
    await first.close();
    const second = open();
    assert.equal(await second.changed('bob', 'a1', 'delivered'), true);
    assert.deepEqual((await all(second)).map(short), ['e1 1', 'a1 delivered', 'e1 2', 'a2 failed']);
    assert.deepEqual(await second.peers(), ['bob']);
    await second.close();
  });

  test('a message that was kept before is not kept again: not in this process and not in the next (R15)', async () => {
    const first = open();
    assert.equal(await receive(first, pushed(1)), 1);
    assert.equal(await receive(first, pushed(2)), 1);
    assert.equal(await receive(first, pushed(1)), undefined);
    await first.close();
    const second = open();
    assert.equal(await receive(second, pushed(2)), undefined);
    assert.equal(await receive(second, pushed(1, { epoch: 'e2' })), 1, 'another life of the store');
    assert.equal(await receive(second, pushed(1, { epoch: 'e2', replay: 'r1' })), 1, 'a replay is always new');
    assert.equal(await receive(second, pushed(2, { epoch: 'e2' })), 1);
    assert.deepEqual((await all(second)).map(short), ['e1 1', 'e1 2', 'e2 1', 'e2 1', 'e2 2']);
    await second.close();
  });

  test('several at once are kept together, and those that are known are told apart', async () => {
    const history = open();
    assert.deepEqual(await history.received('bob', [pushed(1), pushed(2), pushed(2), pushed(3)]), [1, 1, undefined, 1]);
    assert.deepEqual((await all(history)).map(short), ['e1 1', 'e1 2', 'e1 3']);
    assert.equal((await history.page('bob'))?.unread, 3);
    await history.close();
  });

  test('what is said to one is not said to another', async () => {
    const history = open();
    await history.sent(mine('a1', 'carol'));
    assert.equal(await history.changed('bob', 'a1', 'stored'), false);
    assert.equal(await history.page('dave'), undefined);
    assert.throws(() => history.page('../bob'), RangeError);
    await history.close();
  });

  test('many conversations take turns with the open files', async () => {
    const history = open();
    const peers = Array.from({ length: 100 }, (_, index) => `p${index}`);
    for (const round of [1, 2]) for (const from of peers) await receive(history, pushed(round, { from }));
    for (const from of peers) assert.deepEqual((await all(history, from)).map(short), ['e1 1', 'e1 2']);
    await history.close();
  });
});

describe('segments', () => {
  const small = { maxSegmentBytes: 400 };

  test('a full segment is followed by a new one, which knows what it needs of those before', async () => {
    const first = open(small);
    for (let seq = 1; seq <= 20; seq++) await receive(first, pushed(seq));
    await first.close();
    const second = open(small);
    const newest = await second.page('bob');
    assert.ok(newest && newest.number > 2 && newest.older === newest.number - 1 && newest.newer === undefined);
    assert.equal(newest.unread, 20);
    assert.equal(await receive(second, pushed(20)), undefined);
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

  test('what becomes of a message is written where the message is', async () => {
    const first = open(small);
    await first.sent(mine('a1'));
    for (let seq = 1; seq <= 10; seq++) await receive(first, pushed(seq));
    await first.changed('bob', 'a1', 'stored');
    await first.close();
    const second = open(small);
    assert.equal(await second.changed('bob', 'a1', 'delivered'), true);
    assert.equal((await second.page('bob', 1))?.messages.map(short)[0], 'a1 delivered');
    await second.close();
  });

  test('of a long conversation the newest is kept', async () => {
    const history = open({ ...small, maxBytesPerPeer: 1_200 });
    for (let seq = 1; seq <= 50; seq++) await receive(history, pushed(seq));
    const kept = (await all(history)).map(short);
    assert.ok(kept.length < 20);
    assert.equal(kept.at(-1), 'e1 50');
    assert.ok((await readdir(join(folder, 'history/bob'))).length <= 3);
    await history.close();
  });

  test('unread counts what came since it was last read, over segments', async () => {
    const history = open(small);
    for (let seq = 1; seq <= 3; seq++) await receive(history, pushed(seq));
    assert.equal((await history.page('bob'))?.unread, 3);
    await history.read('bob', 5_000);
    assert.equal((await history.page('bob'))?.unread, 0);
    for (let seq = 4; seq <= 12; seq++) await receive(history, pushed(seq));
    await history.sent(mine('a1'));
    assert.equal((await history.page('bob'))?.unread, 9);
    await history.close();
  });
});

describe('search and export', () => {
  test('words are found whatever the case, the newest first, in all segments', async () => {
    const history = open({ maxSegmentBytes: 400 });
    for (let seq = 1; seq <= 12; seq++) {
      await receive(history, pushed(seq, { body: seq % 4 === 0 ? `Müller said "ja" ${seq}\nÜBER` : 'nothing' }));
    }
    await receive(history, pushed(13, { from: 'carol', body: 'Über' }));
    const search = async (words: string) => {
      const found: string[] = [];
      for await (const some of history.search(words, ['bob', 'carol'])) {
        for (const { peer, said, segment } of some) {
          assert.ok((await history.page(peer, segment))?.messages.some(({ id }) => id === said.id));
          found.push(`${peer} ${short(said)}`);
        }
      }
      return found;
    };
    assert.deepEqual(await search('said "JA"'), ['bob e1 12', 'bob e1 8', 'bob e1 4']);
    assert.deepEqual(await search('über'), ['bob e1 12', 'bob e1 8', 'bob e1 4', 'carol e1 13']);
    assert.deepEqual(await search('body'), [], 'the names of fields are not words');
    await history.close();
  });
});

describe('crashes and damage', () => {
  const path = () => join(folder, 'history/bob/000001.ndjson');

  test('cut off at any byte, everything before is there, and it goes on', async () => {
    const first = open();
    for (let seq = 1; seq <= 3; seq++) await receive(first, pushed(seq));
    await first.sent(mine('a1'));
    await first.close();
    const bytes = await readFile(path());
    const ends = [...bytes.entries()].filter(([, byte]) => byte === 0x0a).map(([index]) => index + 1);
    for (let length = ends[0] ?? 0; length < bytes.length; length++) {
      await writeFile(path(), bytes.subarray(0, length));
      // A line without its newline is there all the same if all of it is.
      const whole = ends.filter((end) => end - 1 <= length).length - 1;
      const history = open();
      for (let seq = whole + 1; seq <= 3; seq++) assert.equal(await receive(history, pushed(seq)), 1, `at ${length}`);
      await receive(history, pushed(4));
      const kept = (await all(history)).map(short).filter((line) => line !== 'a1 queued');
      assert.deepEqual(kept, ['e1 1', 'e1 2', 'e1 3', 'e1 4'], `at ${length}`);
      await history.close();
    }
  });

  test('a damaged line is counted and passed over; a damaged first line is made up for', async () => {
    const first = open({ maxSegmentBytes: 400 });
    for (let seq = 1; seq <= 7; seq++) await receive(first, pushed(seq));
    await first.close();
    const names = (await readdir(join(folder, 'history/bob'))).sort();
    assert.ok(names.length > 1);
    const newest = join(folder, 'history/bob', names.at(-1) ?? '');
    const text = await readFile(newest, 'utf8');
    await writeFile(newest, `${text.replace('"history"', '"hist').split('\n')[0]}\n{"from":"bob","seq":"no"}\n`);
    const second = open({ maxSegmentBytes: 400 });
    assert.equal((await second.page('bob'))?.damaged, 2);
    const before = (await all(second)).map(short);
    const lastKept = Number(before.at(-1)?.split(' ')[1]);
    assert.equal(await receive(second, pushed(lastKept)), undefined);
    assert.ok(await receive(second, pushed(lastKept + 1)));
    await second.close();
  });

  test('after a failed write nothing more is promised', async () => {
    let isBroken = false;
    const files: Files = {
      ...realFiles,
      append: async (name, options) => {
        const file = await realFiles.append(name, options);
        return { ...file, datasync: () => (isBroken ? Promise.reject(new Error('EIO')) : file.datasync()) };
      },
    };
    const history = open({}, files);
    await receive(history, pushed(1));
    isBroken = true;
    await assert.rejects(receive(history, pushed(2)), /EIO/);
    isBroken = false;
    await assert.rejects(receive(history, pushed(3)), /EIO/);
    await history.close();
  });

  test('lines that are no records, whatever they are, break nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.json(), fc.string()), { maxLength: 20 }), async (lines) => {
        const history = open();
        await receive(history, pushed(1));
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

test('whatever happens in whatever order, over restarts, the history is what was told', async () => {
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
          // A few were pushed before.
          for (let again = Math.max(1, seq - one.back + 1); again <= seq; again++) {
            assert.equal(await receive(history, pushed(again)), undefined);
          }
          seq += 1;
          unread += 1;
          assert.ok(await receive(history, pushed(seq)));
          expected.push(`e1 ${seq}`);
        } else if (one.type === 'sent') {
          const id = `a${ids.length}`;
          await history.sent(mine(id));
          ids.push(id);
          expected.push(`${id} queued`);
        } else if (one.type === 'changed' && ids.length > 0) {
          const id = ids[one.pick % ids.length] ?? '';
          const index = expected.findIndex((line) => line.startsWith(`${id} `));
          if (expected[index]?.endsWith('delivered')) continue;
          assert.equal(await history.changed('bob', id, one.state as 'stored'), true);
          expected[index] = `${id} ${one.state}`;
        } else if (one.type === 'read') {
          await history.read('bob', 9);
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
