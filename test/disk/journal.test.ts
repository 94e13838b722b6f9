/** The writer of a journal: batches, full disks, broken disks (storage 1 and 3). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CannotWrite, DiskBroken } from '../../src/disk/disk-errors.js';
import type { JournalPlace } from '../../src/disk/journal.js';
import { hex } from '../../src/disk/journal-format.js';
import { MemoryDisk, type Operation } from '../harness/files-memory.js';
import { FOLDER, members, readTexts, rigJournal } from '../harness/journal-rig.js';
import { seededRandom } from '../harness/seeded-random.js';

const PATH = `${FOLDER}/000001.ndjson`;

/** Makes the operation fail with a code, so many times. */
function failing(disk: MemoryDisk, operation: Operation, code: string, times = 1): void {
  let left = times;
  disk.watch = (asked, path) => {
    if (asked !== operation || left-- <= 0) return undefined;
    throw Object.assign(new Error(`${code}: ${path}`), { code });
  };
}

const refusal = (error: typeof CannotWrite | typeof DiskBroken) => (reason: unknown) => {
  assert.ok(reason instanceof error, String(reason));
  return true;
};

test('all records of one turn share one write and one fdatasync (storage 1)', async () => {
  const disk = new MemoryDisk();
  const { journal, put } = await rigJournal(disk);
  const operations: Operation[] = [];
  disk.watch = (operation) => {
    operations.push(operation);
    return undefined;
  };
  const places = await Promise.all(['a', 'b', 'c'].map((text) => put(members(text))));
  assert.deepEqual(
    places.map(({ lsn }) => lsn),
    [1, 2, 3],
  );
  assert.deepEqual(operations.slice(0, 2), ['write', 'datasync']);
  await journal.close();
  assert.equal(operations.filter((operation) => operation === 'datasync').length, 1);
});

test('a listener is called after the fdatasync of its record, and the next batch starts after that (R14, storage 1)', async () => {
  const disk = new MemoryDisk();
  const { put, journal } = await rigJournal(disk);
  const events: string[] = [];
  let release = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    disk.watch = async (operation) => {
      events.push(operation);
      if (operation !== 'datasync') return undefined;
      await new Promise<void>((go) => {
        release = go;
        resolve();
      });
      events.push('synced');
      return undefined;
    };
  });
  const first = put(members('a')).then(() => events.push('written a'));
  await reached;
  const second = put(members('b')).then(() => events.push('written b'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(events, ['write', 'datasync']);
  disk.watch = (operation) => {
    events.push(operation);
    return undefined;
  };
  release();
  await Promise.all([first, second]);
  const batch = ['write', 'datasync'];
  assert.deepEqual(events.slice(0, 7), [...batch, 'synced', 'written a', ...batch, 'written b']);
  await journal.close();
});

test('what came during an fdatasync is written at once after it, not at the end of a turn', async () => {
  const disk = new MemoryDisk();
  let turns = 0;
  const clock = {
    monotonic: () => 0,
    defer: (run: () => void) => {
      turns++;
      setImmediate(run);
    },
  };
  const { put, journal } = await rigJournal(disk, { clock });
  let second: Promise<unknown> | undefined;
  disk.watch = (operation) => {
    if (operation === 'datasync') second ??= put(members('b'));
    return undefined;
  };
  await put(members('a'));
  await second;
  assert.equal(turns, 1);
  await journal.close();
});

test('a short write is continued until all bytes are written (storage 1)', async () => {
  const disk = new MemoryDisk();
  const { put, journal } = await rigJournal(disk);
  disk.watch = (operation) => (operation === 'write' ? 7 : undefined);
  await Promise.all(['a', 'b'].map((text) => put(members(text))));
  await journal.close();
  assert.deepEqual((await readTexts(disk)).texts, ['a', 'b']);
});

test('every record is at the position that its listener gets', async () => {
  const disk = new MemoryDisk();
  const { put, journal } = await rigJournal(disk);
  const texts = ['a', '你好', 'x'.repeat(100_000), '\u2028', '👩‍👩‍👧'];
  const places: JournalPlace[] = [];
  for (const text of texts) places.push(await put(members(text)));
  places.push(...(await Promise.all(texts.map((text) => put(members(text))))));
  await journal.close();
  const bytes = disk.bytesOf(PATH);
  for (const [index, { position, sizes, lsn }] of places.entries()) {
    const length = sizes[0] as number;
    const line = bytes.toString('utf8', position, position + length);
    assert.ok(line.endsWith('"}\n'));
    const { crc, ...record } = JSON.parse(line) as { crc: string };
    assert.match(crc, /^[0-9a-f]{8}$/);
    assert.deepEqual(record, { lsn, text: texts[index % texts.length] });
  }
});

test('the records of one append are written together, each in a line of its own, and told once', async () => {
  const disk = new MemoryDisk();
  const { journal } = await rigJournal(disk, {
    limits: { maxBatchBytes: 1, maxQueuedBytes: 1_000_000, fullDiskRetryMs: 1 },
  });
  const entries = [['a', '你好', 'c'], ['x'.repeat(100_000), '\u2028"\\'], ['d'], ['é', 'ü'.repeat(40_000), 'f']];
  const told: { place: JournalPlace; index: number }[] = [];
  let writes = 0;
  disk.watch = (operation) => {
    if (operation === 'write') writes++;
    return undefined;
  };
  for (const [index, entry] of entries.entries()) {
    const written = (place: JournalPlace): void => void told.push({ index, place: { ...place } });
    journal.append(entry.map(members), { written, refused: assert.fail });
  }
  await journal.close();
  assert.equal(writes, entries.length + 1, 'an entry is not divided, and the seal is at the end');
  assert.deepEqual(
    told.map(({ index }) => index),
    [0, 1, 2, 3],
  );
  const bytes = disk.bytesOf(PATH);
  let lsn = 0;
  for (const { index, place } of told) {
    let { position } = place;
    const lines = place.sizes.map((size) => {
      position += size;
      return JSON.parse(bytes.toString('utf8', position - size, position)) as {
        lsn: number;
        text: string;
        crc: string;
      };
    });
    assert.deepEqual(
      lines.map((line) => [line.lsn, line.text]),
      entries[index]?.map((text) => [++lsn, text]),
    );
    assert.deepEqual([place.lsn, hex(place.crc)], [lsn, lines.at(-1)?.crc]);
  }
  assert.deepEqual((await readTexts(disk)).texts, entries.flat());
});

test('a full disk refuses the records of an append together, the newest append first', async () => {
  const disk = new MemoryDisk();
  const { journal, put } = await rigJournal(disk);
  await put(members('before'));
  disk.watch = (operation) => {
    if (operation === 'write') throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    return undefined;
  };
  const refused: string[] = [];
  for (const entry of [['a', 'b'], ['c'], ['d', 'e']]) {
    journal.append(entry.map(members), { written: () => assert.fail(), refused: () => refused.push(entry.join('')) });
  }
  await journal.flush();
  disk.watch = () => undefined;
  assert.deepEqual(refused, ['de', 'c', 'ab']);
  await journal.close();
  assert.deepEqual((await readTexts(disk)).texts, ['before']);
});

test('a batch has a maximum size, and the rest is the next batch', async () => {
  const disk = new MemoryDisk();
  const limits = { maxBatchBytes: 1_000, maxQueuedBytes: 1_000_000, fullDiskRetryMs: 1 };
  const { put, journal } = await rigJournal(disk, { limits });
  let synced = 0;
  disk.watch = (operation) => {
    if (operation === 'datasync') synced++;
    return undefined;
  };
  const texts = Array.from({ length: 50 }, (_, index) => `${index}`.repeat(20));
  await Promise.all(texts.map((text) => put(members(text))));
  await journal.close();
  assert.ok(synced > 3, `${synced} batches`);
  assert.deepEqual((await readTexts(disk)).texts, texts);
});

test('a batch has at least one record, however small its maximum', async () => {
  const disk = new MemoryDisk();
  const { put, journal } = await rigJournal(disk, {
    limits: { maxBatchBytes: 1, maxQueuedBytes: 1_000, fullDiskRetryMs: 1 },
  });
  const texts = ['a', 'b', 'c'];
  await Promise.all(texts.map((text) => put(members(text))));
  await journal.close();
  assert.deepEqual((await readTexts(disk)).texts, texts);
});

test('a full queue refuses records, and takes them again when it has drained', async () => {
  const disk = new MemoryDisk();
  const limits = { maxBatchBytes: 1_000, maxQueuedBytes: 100, fullDiskRetryMs: 1 };
  const { put, journal } = await rigJournal(disk, { limits });
  const puts = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => put(members(`text ${index}`))));
  const kept = puts.filter(({ status }) => status === 'fulfilled').length;
  assert.ok(kept > 0 && kept < 20, `${kept} were kept`);
  await put(members('later'));
  await journal.close();
  assert.equal((await readTexts(disk)).texts.length, kept + 1);
});

for (const code of ['ENOSPC', 'EDQUOT']) {
  test(`${code} on write refuses the queued records, leaves no trace of them, and ends when there is space (storage 3)`, async () => {
    const disk = new MemoryDisk();
    const { put, clock, journal, broken } = await rigJournal(disk);
    await put(members('before'));
    await journal.flush();
    let writes = 0;
    disk.watch = (operation) => {
      if (operation !== 'write') return undefined;
      if (++writes === 1) return 30; // some of it fits
      throw Object.assign(new Error(code), { code });
    };
    const refused: number[] = [];
    const waiting = ['a', 'b'].map((text, index) => put(members(text)).catch(() => refused.push(index)));
    await Promise.all(waiting);
    assert.deepEqual(refused, [1, 0], 'the newest record is refused first');
    disk.watch = () => undefined;
    await assert.rejects(put(members('too soon')), refusal(CannotWrite));
    clock.nowMs += 1_000;
    assert.equal((await put(members('after'))).lsn, 2);
    await journal.close();
    assert.deepEqual((await readTexts(disk)).texts, ['before', 'after']);
    assert.deepEqual(broken, []);
  });
}

test('records that a full disk refused do not reappear after a loss of power (storage 3)', async () => {
  const disk = new MemoryDisk();
  const { put, journal } = await rigJournal(disk);
  await put(members('kept'));
  await journal.flush();
  let writes = 0;
  disk.watch = (operation) => {
    if (operation !== 'write') return undefined;
    if (++writes === 1) return 60; // one whole record, and a part
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  };
  await Promise.allSettled([put(members('refused')), put(members('refused too'))]);
  for (let seed = 0; seed < 20; seed++) {
    const unit = seededRandom(seed);
    const crashed = disk.crash((bound) => Math.floor(unit() * bound));
    assert.deepEqual((await readTexts(crashed)).texts, ['kept']);
  }
});

for (const [operation, code] of [
  ['datasync', 'EIO'],
  ['datasync', 'ENOSPC'],
  ['write', 'EIO'],
  ['write', 'EROFS'],
] as const) {
  test(`${code} of ${operation} breaks the journal: all records are refused, and nothing is retried (storage 3)`, async () => {
    const disk = new MemoryDisk();
    const { put, broken, clock, journal } = await rigJournal(disk);
    await put(members('before'));
    await journal.flush();
    failing(disk, operation, code);
    await Promise.all([
      assert.rejects(put(members('a')), refusal(DiskBroken)),
      assert.rejects(put(members('b')), refusal(DiskBroken)),
    ]);
    assert.equal(broken.length, 1);
    const later: Operation[] = [];
    disk.watch = (asked) => {
      later.push(asked);
      return undefined;
    };
    clock.nowMs += 60_000;
    await assert.rejects(put(members('later')), refusal(DiskBroken));
    await assert.rejects(
      journal.rotate(async () => undefined),
      refusal(DiskBroken),
    );
    await journal.close();
    assert.deepEqual(later, [], 'the file is never touched again');
  });
}

test('a failed truncate after a full disk breaks the journal (storage 3)', async () => {
  const disk = new MemoryDisk();
  const { put, broken, journal } = await rigJournal(disk);
  await put(members('before'));
  await journal.flush();
  disk.watch = (operation) => {
    const code = ({ write: 'ENOSPC', truncate: 'EIO' } as Record<string, string>)[operation];
    if (code) throw Object.assign(new Error(code), { code });
    return undefined;
  };
  await assert.rejects(put(members('a')), refusal(DiskBroken));
  assert.equal(broken.length, 1);
});

test('a rotation switches to a new segment, after `prepare` and before the first record there', async () => {
  const disk = new MemoryDisk();
  const { put, journal } = await rigJournal(disk);
  await put(members('a'));
  const early = put(members('b'));
  let known = 0;
  const rotated = journal.rotate(async ({ segment, lsn }) => {
    known = segment;
    assert.equal(
      disk.bytesOf(`${FOLDER}/000002.ndjson`).indexOf(0x0a),
      disk.bytesOf(`${FOLDER}/000002.ndjson`).length - 1,
    );
    assert.ok(lsn >= 1);
  });
  const late = put(members('c'));
  await Promise.all([early, rotated, late]);
  assert.equal(known, 2);
  assert.equal(journal.segment, 2);
  assert.equal((await late).segment, 2);
  await put(members('d'));
  await journal.close();
  const { texts, lsn } = await readTexts(disk, [1, 2]);
  assert.deepEqual(texts, ['a', 'b', 'c', 'd']);
  assert.equal(lsn, 4);
});

test('a rotation leaves the old segment durable to its end', async () => {
  const disk = new MemoryDisk();
  const { put, journal } = await rigJournal(disk);
  await put(members('a'));
  await journal.flush(); // writes a seal without an fdatasync after it
  await journal.rotate(async () => undefined);
  assert.equal(
    (
      await readTexts(
        disk.crash(() => 0),
        [1, 2],
      )
    ).torn,
    undefined,
  );
  await journal.close();
});

test('a rotation on a full disk leaves the journal in its old segment', async () => {
  const disk = new MemoryDisk();
  const { put, journal, broken } = await rigJournal(disk);
  await put(members('a'));
  for (const where of ['write', 'append'] as const) {
    failing(disk, where, where === 'append' ? 'EMFILE' : 'ENOSPC');
    await assert.rejects(
      journal.rotate(async () => undefined),
      refusal(CannotWrite),
    );
    assert.deepEqual(disk.paths(), [PATH]);
  }
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  await assert.rejects(
    journal.rotate(() => Promise.reject(full)),
    refusal(CannotWrite),
  );
  await put(members('b'));
  await journal.close();
  assert.deepEqual((await readTexts(disk)).texts, ['a', 'b']);
  assert.deepEqual(broken, []);
});

test('a held journal queues records and writes none', async () => {
  const disk = new MemoryDisk();
  const { put, journal } = await rigJournal(disk);
  journal.allow(0);
  const waiting = put(members('a'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(journal.end.lsn, 0);
  await journal.rotate(async () => undefined);
  assert.equal(journal.end.lsn, 0);
  journal.allow(Number.POSITIVE_INFINITY);
  assert.equal((await waiting).segment, 2);
  await journal.close();
});

test('a journal that may write some bytes writes the first records, and queues the others', async () => {
  const disk = new MemoryDisk();
  const { put, journal } = await rigJournal(disk);
  journal.allow(1);
  const [first, second] = ['a', 'b'].map((text) => put(members(text)));
  await first;
  await journal.flush();
  assert.equal(journal.end.lsn, 1);
  journal.allow(1);
  await second;
  await journal.close();
  assert.deepEqual((await readTexts(disk)).texts, ['a', 'b']);
});

test('close writes the queued records; later ones are refused', async () => {
  const disk = new MemoryDisk();
  const { put, journal } = await rigJournal(disk);
  const last = put(members('last'));
  const closed = journal.close();
  await assert.rejects(put(members('late')), refusal(CannotWrite));
  await Promise.all([last, closed]);
  assert.deepEqual((await readTexts(disk)).texts, ['last']);
});
