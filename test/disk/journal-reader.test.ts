/** Reading a journal: every changed byte is detected, and only unacknowledged bytes are cut off (storage 2 and 8). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSegment } from '../../src/disk/active-segment.js';
import { BatchEncoder } from '../../src/disk/batch-encoder.js';
import { CannotWrite, Damaged, FileMissing, NewerFormat } from '../../src/disk/disk-errors.js';
import {
  nextSegmentNumber,
  refuseUnlistedSegments,
  removeOtherSegments,
  removeUnfinishedSegments,
} from '../../src/disk/journal-folder.js';
import { headerLine, syncedLine } from '../../src/disk/journal-format.js';
import { recoverJournal } from '../../src/disk/journal-recovery.js';
import { MemoryDisk } from '../harness/files-memory.js';
import { EPOCH, FOLDER, members, readTexts, rigJournal } from '../harness/journal-rig.js';

const pathOf = (segment: number): string => `${FOLDER}/00000${segment}.ndjson`;

const recover = (
  disk: MemoryDisk,
  segments: readonly number[],
  options: Partial<Parameters<typeof recoverJournal>[0]> = {},
) =>
  recoverJournal({
    files: disk.files,
    folder: FOLDER,
    epoch: EPOCH,
    segments,
    includes: 0,
    cleanEnd: undefined,
    stamp: 'stamp',
    record() {},
    ...options,
  });

/** Three batches in segment 1 and one in segment 2, each sealed: the journal was idle after it. */
async function twoSegments(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const { put, journal } = await rigJournal(disk);
  for (const text of ['a', '你好\u2028\u2029\n"\\']) await put(members(text));
  await Promise.all(['b', 'c'].map((text) => put(members(text))));
  await journal.rotate(async () => undefined);
  await Promise.all(['d', 'e'].map((text) => put(members(text))));
  await journal.close();
  return disk;
}
const TEXTS = ['a', '你好\u2028\u2029\n"\\', 'b', 'c', 'd', 'e'];

/** The end of the last record in a segment; only a seal follows. */
const lastRecordEnd = (bytes: Buffer): number => bytes.lastIndexOf('{"synced"');

test('records with any text are read back from all segments as they were written (storage 8)', async () => {
  const { texts, lsn, torn } = await readTexts(await twoSegments(), [1, 2]);
  assert.deepEqual({ texts, lsn, torn }, { texts: TEXTS, lsn: 6, torn: undefined });
});

test('every line is JSON with its checksum as the last key', async () => {
  const disk = await twoSegments();
  for (const segment of [1, 2]) {
    const lines = disk.bytesOf(pathOf(segment)).toString().split('\n');
    assert.equal(lines.pop(), '');
    for (const line of lines) {
      assert.equal(Object.keys(JSON.parse(line) as object).at(-1), 'crc');
      assert.match(line, /,"crc":"[0-9a-f]{8}"}$/);
    }
  }
});

test('every flipped byte of a journal is detected, and no durable record is lost (storage 2)', async () => {
  const disk = await twoSegments();
  for (const segment of [1, 2]) {
    const bytes = disk.bytesOf(pathOf(segment));
    for (let position = 0; position < bytes.length; position++) {
      for (const bit of [1, 0x20, 0x80]) {
        const damaged = disk.clone();
        const changed = Buffer.from(bytes);
        changed[position] = (changed[position] as number) ^ bit;
        damaged.overwrite(pathOf(segment), changed);
        const where = `segment ${segment}, byte ${position}, bit ${bit}`;
        if (segment === 2 && position >= lastRecordEnd(bytes)) {
          const { texts, torn } = await readTexts(damaged, [1, 2]);
          assert.deepEqual(texts, TEXTS, where);
          assert.ok(torn, where);
        } else {
          await assert.rejects(readTexts(damaged, [1, 2]), (error: unknown) => {
            assert.ok(error instanceof Damaged, `${where}: ${error}`);
            assert.equal(error.path, pathOf(segment), where);
            assert.ok(error.offset !== undefined && error.offset <= position, where);
            assert.ok(
              bytes.subarray(error.offset, position).indexOf(0x0a) < 0,
              `${where}: a later line is damaged first`,
            );
            return true;
          });
        }
      }
    }
  }
});

test('the last segment, truncated anywhere after its header, keeps its complete records; the rest is a torn tail', async () => {
  const disk = await twoSegments();
  const bytes = disk.bytesOf(pathOf(2));
  const header = bytes.indexOf(0x0a) + 1;
  for (let length = 0; length < bytes.length; length++) {
    const damaged = disk.clone();
    damaged.overwrite(pathOf(2), bytes.subarray(0, length));
    if (length < header) {
      await assert.rejects(readTexts(damaged, [1, 2]), Damaged, `${length}`);
      continue;
    }
    const { texts, torn } = await readTexts(damaged, [1, 2]);
    const whole = bytes.subarray(header, length).filter((byte) => byte === 0x0a).length;
    assert.deepEqual(texts, TEXTS.slice(0, 4 + Math.min(whole, 2)), `${length}`);
    assert.equal(torn === undefined, bytes[length - 1] === 0x0a, `${length}`);
  }
});

test('an earlier segment that is truncated, missing or out of order is damage', async () => {
  const disk = await twoSegments();
  const bytes = disk.bytesOf(pathOf(1));
  const cut = disk.clone();
  cut.overwrite(pathOf(1), bytes.subarray(0, -1));
  await assert.rejects(readTexts(cut, [1, 2]), Damaged);
  const line = disk.clone();
  line.overwrite(pathOf(1), bytes.subarray(0, bytes.lastIndexOf('{"lsn"')));
  await assert.rejects(readTexts(line, [1, 2]), Damaged);
  await assert.rejects(readTexts(disk, [2, 1]), Damaged);
  await assert.rejects(readTexts(disk, [1, 2, 3]), FileMissing);
});

test('a hole in the middle of an unsynced batch is a torn tail, although intact records follow in that batch', async () => {
  const disk = new MemoryDisk();
  const { put, journal } = await rigJournal(disk);
  await put(members('on disk'));
  await journal.flush();
  const sealed = disk.bytesOf(pathOf(1)).length;
  await Promise.all(['x', 'y', 'z'].map((text) => put(members(text))));
  const bytes = Buffer.from(disk.bytesOf(pathOf(1)));
  await journal.close();
  const torn = bytes.subarray(
    0,
    bytes.lastIndexOf('{"synced"') > sealed ? bytes.lastIndexOf('{"synced"') : bytes.length,
  );
  const hole = torn.indexOf('"y"');
  torn.fill(0, hole, hole + 3);
  disk.overwrite(pathOf(1), torn);
  const read = await readTexts(disk);
  assert.deepEqual(read.texts, ['on disk', 'x']);
  const tail = torn.lastIndexOf('{"lsn"', hole);
  assert.equal(read.bytes, tail);
  const recovered = await recover(disk, [1]);
  assert.equal(recovered.torn?.position, tail);
  assert.deepEqual(disk.bytesOf(recovered.torn?.copy ?? ''), torn.subarray(tail), 'the tail is kept in a copy');
  assert.deepEqual(disk.bytesOf(pathOf(1)), torn.subarray(0, tail));
});

test('intact records and seals in the wrong place are damage', async () => {
  const encoder = new BatchEncoder(1_000);
  const header = headerLine({ segment: 1, format: 1, epoch: EPOCH, lsn: 1, after: 0 });
  const first = encoder.encode([{ records: [members('a')] }], 0, 0, undefined);
  const start = Buffer.concat([header, first.bytes]);
  const jump = encoder.encode([{ records: [members('b')] }], 2, first.chain, syncedLine(1, first.chain));
  const jumped = Buffer.concat([start, jump.bytes]);
  const seal = Buffer.concat([start, syncedLine(1, 7), syncedLine(1, 7)]);
  for (const bytes of [Buffer.concat([jumped, syncedLine(3, jump.chain)]), seal]) {
    const disk = await twoSegments();
    disk.overwrite(pathOf(1), bytes);
    await assert.rejects(readTexts(disk), /out of place/);
  }
});

test('a segment of another journal, or of a newer format, is refused (storage 13)', async () => {
  const disk = await twoSegments();
  const other = { segment: 2, format: 1, epoch: 'another', lsn: 5, after: 0 };
  disk.overwrite(pathOf(2), headerLine(other));
  await assert.rejects(readTexts(disk, [1, 2]), /another journal/);
  const newer = headerLine({ ...other, epoch: EPOCH, format: 2 });
  disk.overwrite(pathOf(2), newer);
  await assert.rejects(readTexts(disk, [1, 2]), (error: unknown) => {
    assert.ok(error instanceof NewerFormat);
    assert.match(error.message, /format 2, but this version knows only 1: use a newer version/);
    return true;
  });
  assert.deepEqual(disk.bytesOf(pathOf(2)), newer);
});

test('records longer than a chunk are read', async () => {
  const disk = new MemoryDisk();
  const { put, journal } = await rigJournal(disk);
  const texts = ['short', 'x'.repeat(3_000_000), '好'.repeat(700_000), 'end'];
  for (const text of texts) await put(members(text));
  await journal.close();
  assert.deepEqual((await readTexts(disk)).texts, texts);
});

test('recovery writes the last segment again and syncs all, durable when it resolves, and the journal continues in the last segment (storage 4)', async () => {
  const disk = await twoSegments();
  const before = [1, 2].map((segment) => disk.bytesOf(pathOf(segment)));
  const lines: string[] = [];
  const synced: number[] = [];
  const written: number[] = [];
  disk.watch = (operation, path) => {
    const list = { sync: synced, write: written }[operation as string];
    list?.push(path === pathOf(1) ? 1 : 2);
    return undefined;
  };
  const { active, torn } = await recover(disk, [1, 2], {
    record: (segment, { bytes, start, end, position }) => {
      const line = bytes.toString('utf8', start, end);
      assert.equal(disk.bytesOf(pathOf(segment)).toString('utf8', position, position + Buffer.byteLength(line)), line);
      lines.push(line);
    },
  });
  assert.equal(torn, undefined);
  assert.equal(lines.length, TEXTS.length);
  assert.deepEqual([synced, written], [[1, 2], [2]]);
  assert.deepEqual(
    [1, 2].map((segment) => disk.bytesOf(pathOf(segment))),
    before,
  );
  assert.deepEqual([active.segment, active.lsn, active.bytes], [2, 6, before[1]?.length]);
  const { put, journal } = await rigJournal(disk, { end: active });
  assert.equal((await put(members('f'))).lsn, 7);
  await journal.close();
  assert.deepEqual((await readTexts(disk, [1, 2])).texts, [...TEXTS, 'f']);
});

test('after a clean stop recovery writes nothing, and a journal that ends elsewhere was cut', async () => {
  const disk = await twoSegments();
  const { lsn, chain } = await readTexts(disk, [1, 2]);
  let writes = 0;
  disk.watch = (operation) => {
    if (operation === 'write' || operation === 'sync' || operation === 'truncate') writes++;
    return undefined;
  };
  const { active } = await recover(disk, [1, 2], { cleanEnd: { lsn, chain } });
  assert.equal(active.lsn, 6);
  assert.equal(writes, 0);
  const bytes = disk.bytesOf(pathOf(2));
  disk.overwrite(pathOf(2), bytes.subarray(0, bytes.lastIndexOf('{"lsn"')));
  await assert.rejects(
    recover(disk, [1, 2], { cleanEnd: { lsn, chain } }),
    /000002\.ndjson is damaged at byte \d+: it ends with record 5, but a clean stop left it with record 6/,
  );
  assert.equal(
    (await recover(disk, [1, 2])).active.lsn,
    5,
    'after a crash nothing tells that a whole record is missing',
  );
});

test('a record that a failed fdatasync left in the page cache is durable after the next recovery (storage 4)', async () => {
  const disk = new MemoryDisk();
  const { put, journal } = await rigJournal(disk);
  await put(members('a'));
  await journal.flush();
  disk.watch = (operation) => {
    if (operation === 'datasync') throw Object.assign(new Error('EIO'), { code: 'EIO' });
    return undefined;
  };
  await assert.rejects(put(members('only in the cache')));
  const next = disk.kill();
  await recover(next, [1]);
  for (let seed = 0; seed < 5; seed++) {
    const crashed = next.crash((bound) => seed % bound);
    assert.deepEqual((await readTexts(crashed, [1])).texts, ['a', 'only in the cache']);
  }
});

test('recovery on a full disk changes nothing', async () => {
  const disk = await twoSegments();
  const before = [1, 2].map((segment) => disk.bytesOf(pathOf(segment)));
  let writes = 0;
  disk.watch = (operation) => {
    if (operation === 'write' && ++writes === 1) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    return undefined;
  };
  await assert.rejects(recover(disk, [1, 2]), CannotWrite);
  assert.deepEqual(disk.paths(), [pathOf(1), pathOf(2)]);
  assert.deepEqual(
    [1, 2].map((segment) => disk.bytesOf(pathOf(segment))),
    before,
  );
});

test('leftovers of an interrupted start are ignored; unlisted records that continue the journal are refused and kept', async () => {
  const disk = await twoSegments();
  const place = { files: disk.files, folder: FOLDER, epoch: EPOCH };
  await refuseUnlistedSegments({ ...place, segments: [1, 2] });
  await assert.rejects(refuseUnlistedSegments({ ...place, segments: [1] }), Damaged);
  await assert.rejects(removeUnfinishedSegments(disk.files, FOLDER), Damaged);
  const copy = await createSegment({ files: disk.files, folder: FOLDER }, 3, { epoch: EPOCH, lsn: 0, chain: 0 });
  await copy.file.close();
  await refuseUnlistedSegments({ ...place, segments: [1, 2] });
  disk.overwrite(pathOf(3), disk.bytesOf(pathOf(3)).subarray(0, 20));
  await refuseUnlistedSegments({ ...place, segments: [1, 2] });
  assert.equal(await nextSegmentNumber(disk.files, FOLDER), 4);
  assert.deepEqual(disk.paths(), [pathOf(1), pathOf(2), pathOf(3)]);
  await removeOtherSegments(disk.files, FOLDER, [2]);
  assert.deepEqual(disk.paths(), [pathOf(2)]);
  disk.overwrite(pathOf(2), disk.bytesOf(pathOf(2)).subarray(0, 20));
  await removeUnfinishedSegments(disk.files, FOLDER);
  assert.deepEqual(disk.paths(), []);
});
