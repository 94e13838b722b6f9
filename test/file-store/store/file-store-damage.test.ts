/** How the store handles damaged files: it refuses them, names them, and changes nothing (storage 2, 9, 10, 13, 14). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Damaged, FileEmpty, NewerFormat } from '../../../src/disk/disk-errors.js';
import { readJsonFile, writeJsonFile } from '../../../src/disk/json-file.js';
import type { CheckpointedMailbox } from '../../../src/file-store/files/mailbox-manifest.js';
import type { StoreDocument } from '../../../src/file-store/files/store-file.js';
import { MailboxDamaged, readLines } from '../../../src/file-store/memory/mailbox-loader.js';
import { StoreUnavailable } from '../../../src/store/store.js';
import { append } from '../../harness/append.js';
import { MemoryDisk } from '../../harness/files-memory.js';
import { EVERYTHING, FOLDER, failure, message, rigStore } from '../../harness/store-rig.js';

const BOB = `${FOLDER}/mailboxes/bob.json`;
const CAROL = `${FOLDER}/mailboxes/carol.json`;
const STORE = `${FOLDER}/store.json`;

const checkpointPath = (disk: MemoryDisk): string =>
  disk.paths().find((path) => path.includes('checkpoint-')) ?? assert.fail('there is no checkpoint');

const readCheckpoint = (
  disk: MemoryDisk,
): Promise<{ readonly checkpoint: number; readonly mailboxes: readonly CheckpointedMailbox[] }> =>
  readJsonFile({ files: disk.files, path: checkpointPath(disk), format: 1 });

/** Mailboxes of bob and carol, in files: each with a tombstone, a delivered and an undelivered message. */
async function filled(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk, { limits: { keptDelivered: 1 } });
  for (const to of ['bob', 'carol']) {
    for (const id of ['a', 'b', 'c']) await append(store, message(id, { to }));
    const { fence } = await store.claim(to);
    await store.settle(to, 2, fence);
  }
  await store.close();
  return disk;
}

/** The contents of all files. */
const contents = (disk: MemoryDisk): Map<string, string> =>
  new Map(disk.paths().map((path) => [path, disk.bytesOf(path).toString('latin1')]));

test('every flipped byte of a mailbox file is detected and logged once; the other mailboxes work (storage 14)', async () => {
  const intact = await filled();
  const bytes = intact.bytesOf(BOB);
  for (let position = 0; position < bytes.length; position++) {
    const disk = intact.clone();
    const changed = Buffer.from(bytes);
    changed[position] = (changed[position] as number) ^ 1;
    disk.overwrite(BOB, changed);
    const { store, log } = await rigStore(disk);
    await assert.rejects(store.read('bob', 0, EVERYTHING), MailboxDamaged, `byte ${position}`);
    await assert.rejects(append(store, message('d')), StoreUnavailable);
    assert.deepEqual(
      log.map(({ event, fields }) => [event, fields?.user]),
      [['mailbox-damaged', 'bob']],
    );
    if (position % 50 === 0) {
      assert.deepEqual(await append(store, message('d', { to: 'carol' })), { outcome: 'stored', seq: 4 });
      assert.deepEqual(disk.bytesOf(BOB), changed, 'nothing was changed');
    }
    await store.close();
  }
});

test("every flipped byte of store.json, or of its checkpoint's file, is detected, and the store does not open", async () => {
  const intact = await filled();
  for (const path of [STORE, checkpointPath(intact)]) {
    const bytes = intact.bytesOf(path);
    for (let position = 0; position < bytes.length; position++) {
      const disk = intact.clone();
      const changed = Buffer.from(bytes);
      changed[position] = (changed[position] as number) ^ 1;
      disk.overwrite(path, changed);
      const before = contents(disk);
      await assert.rejects(
        rigStore(disk),
        (error: unknown) => error instanceof Damaged || error instanceof NewerFormat,
        `byte ${position} of ${path}`,
      );
      assert.deepEqual(contents(disk), before);
    }
  }
});

test('an empty store.json, or a missing one beside mailboxes or a journal, is damage and no new store', async () => {
  const disk = await filled();
  disk.overwrite(STORE, Buffer.alloc(0));
  await assert.rejects(rigStore(disk), FileEmpty);
  await disk.files.remove(STORE);
  const before = contents(disk);
  await assert.rejects(rigStore(disk), /store.json is damaged: it is missing, but there are mailboxes/);
  assert.deepEqual(contents(disk), before);
  const journal = new MemoryDisk();
  const { store } = await rigStore(journal);
  await append(store, message('a'));
  const killed = journal.kill();
  await killed.files.remove(STORE);
  const killedBefore = contents(killed);
  await assert.rejects(rigStore(killed), Damaged);
  assert.deepEqual(contents(killed), killedBefore);
});

test('a checkpoint keeps the records of a damaged mailbox, and they are read when its file is repaired', async () => {
  const disk = await filled();
  const bytes = disk.bytesOf(BOB);
  const first = await rigStore(disk);
  for (const id of ['d', 'e', 'f']) await append(first.store, message(id));
  const killed = disk.kill();
  killed.overwrite(BOB, Buffer.from('{'));
  // The journal is too long all the time, and must accept the copied records nevertheless.
  const second = await rigStore(killed, { storage: { checkpointBytes: 1, maxJournalBytes: 1, maxBatchBytes: 1 } });
  await append(second.store, message('x', { to: 'carol' }));
  await assert.rejects(second.store.claim('bob'), MailboxDamaged);
  await second.store.close();
  killed.overwrite(BOB, bytes);
  const third = await rigStore(killed);
  assert.deepEqual(
    (await third.store.read('bob', 2, EVERYTHING)).map(({ id }) => id),
    ['c', 'd', 'e', 'f'],
  );
  await third.store.close();
});

test('a checkpoint keeps the records of two damaged mailboxes while the journal is too long', async () => {
  const disk = await filled();
  const files = [BOB, CAROL].map((path) => [path, disk.bytesOf(path)] as const);
  const first = await rigStore(disk);
  await append(first.store, message('carol-1', { to: 'carol' }));
  for (const id of ['d', 'e', 'f']) await append(first.store, message(id));
  const killed = disk.kill();
  for (const [path] of files) killed.overwrite(path, Buffer.from('{'));
  // The records of carol are copied first; those of bob follow, one in each batch.
  const second = await rigStore(killed, { storage: { checkpointBytes: 1, maxJournalBytes: 1, maxBatchBytes: 1 } });
  await append(second.store, message('x', { to: 'dave' }));
  await second.store.close();
  for (const [path, bytes] of files) killed.overwrite(path, bytes);
  const third = await rigStore(killed);
  assert.deepEqual(
    (await third.store.read('bob', 2, EVERYTHING)).map(({ id }) => id),
    ['c', 'd', 'e', 'f'],
  );
  assert.equal((await third.store.read('carol', 0, EVERYTHING)).at(-1)?.id, 'carol-1');
  await third.store.close();
});

test('the file of another mailbox, or of another store, is refused (storage 10)', async () => {
  const disk = await filled();
  const other = await filled();
  const carol = disk.bytesOf(CAROL);
  disk.overwrite(BOB, carol);
  const first = await rigStore(disk);
  await assert.rejects(first.store.claim('bob'), /it is the mailbox of "carol"/);
  await first.store.close();
  disk.overwrite(CAROL, other.bytesOf(CAROL));
  const second = await rigStore(disk);
  await assert.rejects(second.store.claim('carol'), /it belongs to another store/);
  await second.store.close();
});

test('a mailbox file that is missing, older or newer than the journal is refused, and the other mailboxes work', async () => {
  const versions: MemoryDisk[] = [];
  let disk = new MemoryDisk();
  for (const id of ['a', 'b', 'c']) {
    const { store } = await rigStore(disk);
    for (const to of ['bob', 'carol']) await append(store, message(id, { to }));
    await store.close();
    versions.push(disk.clone());
    disk = disk.kill();
  }
  const [old, current, next] = versions as [MemoryDisk, MemoryDisk, MemoryDisk];
  const refused = async (change: (disk: MemoryDisk) => Promise<void> | void, reason: RegExp): Promise<void> => {
    const changed = current.clone();
    await change(changed);
    const { store } = await rigStore(changed);
    await assert.rejects(store.claim('bob'), reason);
    await assert.rejects(append(store, message('x')), MailboxDamaged);
    assert.equal((await append(store, message('x', { to: 'carol' }))).outcome, 'stored');
    await store.close();
    const again = await rigStore(changed.kill());
    await assert.rejects(again.store.claim('bob'), reason, 'it is refused at every start');
    await again.store.close();
  };
  await refused((changed) => changed.files.remove(BOB), /bob\.json is damaged: it is missing/);
  await refused(
    (changed) => changed.overwrite(BOB, old.bytesOf(BOB)),
    /it is of another moment: it has record 1, expected record 3/,
  );
  await refused(
    (changed) => changed.overwrite(BOB, next.bytesOf(BOB)),
    /it is of another moment: it has record 5, expected record 3/,
  );
});

test('a mailbox file that no checkpoint lists is refused if it is older than the journal', async () => {
  const disk = new MemoryDisk();
  const first = await rigStore(disk);
  await append(first.store, message('a'));
  await first.store.close();
  const unlisted = disk.bytesOf(BOB);
  const second = await rigStore(disk);
  await append(second.store, message('b', { to: 'carol' }));
  await second.store.close();
  const path = checkpointPath(disk);
  assert.match(
    disk.bytesOf(path).toString(),
    /"mailboxes": \[\n {4}\{"user":"bob","lsn":1,"crc":"[0-9a-f]{8}","undelivered":1,"oldestAt":\d+\},\n {4}\{"user":"carol","lsn":2,/,
  );
  const data = await readCheckpoint(disk);
  const mailboxes = data.mailboxes.filter(({ user }) => user !== 'bob');
  await writeJsonFile({ files: disk.files, path, format: 1 }, { ...data, mailboxes });
  disk.overwrite(BOB, unlisted);
  const { store } = await rigStore(disk);
  await assert.rejects(store.claim('bob'), /it is of another moment: it has record 1, expected no file/);
  await store.close();
});

test('after a clean stop a journal that was cut at a line is damage; after a crash it looks like a shorter journal', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  for (const id of ['a', 'b']) await append(store, message(id));
  const killed = disk.kill();
  disk.watch = (operation, path) => {
    if (operation === 'write' && path.includes('mailboxes')) throw failure('ENOSPC'); // the records stay in the journal
    return undefined;
  };
  await store.close();
  const path = `${FOLDER}/journal/000002.ndjson`;
  for (const [stopped, isRefused] of [
    [disk, true],
    [killed, false],
  ] as const) {
    const cut = stopped.clone();
    const journal = isRefused ? `${FOLDER}/journal/000001.ndjson` : path.replace('2', '1');
    const bytes = cut.bytesOf(journal);
    cut.overwrite(journal, bytes.subarray(0, bytes.lastIndexOf('{"lsn"')));
    if (isRefused) await assert.rejects(rigStore(cut), Damaged);
    else await (await rigStore(cut)).store.close();
  }
});

for (const format of [1, 2])
  test(`a folder of format ${format} is opened, and its files are listed in a checkpoint's file from then on`, async () => {
    const disk = await filled();
    const { mailboxes } = await readCheckpoint(disk);
    const place = { files: disk.files, path: STORE };
    const { checkpoint, cleanEnd, ...store } = await readJsonFile<StoreDocument>({ ...place, format: 3 });
    assert.deepEqual([mailboxes.length, cleanEnd?.lsn], [2, 8]);
    await disk.files.remove(checkpointPath(disk));
    await writeJsonFile({ ...place, format }, format === 1 ? store : { ...store, cleanEnd, mailboxes });
    await (await rigStore(disk)).store.close();
    const upgraded = await readJsonFile<StoreDocument>({ ...place, format: 3 });
    assert.equal(upgraded.mailboxes, undefined);
    const byUser = (all: readonly CheckpointedMailbox[]) =>
      new Map(all.map(({ user, lsn, crc }) => [user, { lsn, crc }])); // it counts what is undelivered when that is read
    assert.deepEqual(byUser((await readCheckpoint(disk)).mailboxes), byUser(mailboxes));
  });

test("a checkpoint's file that is missing or of another checkpoint is damage, and nothing is changed", async () => {
  const disk = await filled();
  const path = checkpointPath(disk);
  const data = await readCheckpoint(disk);
  for (const change of ['missing', 'of another checkpoint', 'of another store'] as const) {
    const damaged = disk.clone();
    if (change === 'missing') await damaged.files.remove(path);
    else {
      const other = change === 'of another store' ? { epoch: 'another' } : { checkpoint: 1 };
      await writeJsonFile({ files: damaged.files, path, format: 1 }, { ...data, ...other });
    }
    const before = damaged.paths().map((one) => damaged.bytesOf(one));
    await assert.rejects(rigStore(damaged), /checkpoint-\d+.json is (missing|damaged)/);
    assert.deepEqual(
      damaged.paths().map((one) => damaged.bytesOf(one)),
      before,
    );
  }
});

test('a journal that ends before a record that a mailbox file includes is damage, also after a crash', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  await append(store, message('a'));
  const older = disk.kill();
  await append(store, message('b'));
  await store.close();
  // As a copy that read the segment early and everything else late.
  const copy = disk.clone();
  const document = await readJsonFile<StoreDocument>({ files: copy.files, path: STORE, format: 3 });
  const { cleanEnd: _, ...rest } = { ...document, segments: [1] };
  await writeJsonFile({ files: copy.files, path: STORE, format: 3 }, rest);
  for (const path of copy.paths().filter((one) => one.endsWith('.ndjson'))) await copy.files.remove(path);
  const segment = `${FOLDER}/journal/000001.ndjson`;
  await (await copy.files.append(segment)).write(older.bytesOf(segment));
  await assert.rejects(rigStore(copy), /it ends with record 1, but a mailbox includes record 2/);
});

test('only user names become file names (storage 10)', async () => {
  const disk = await filled();
  const { store } = await rigStore(disk);
  for (const to of ['../carol', 'Bob', '', 'a/b', '.', 'x'.repeat(33), '\0']) {
    await assert.rejects(append(store, message('a', { to })), RangeError);
  }
  await store.close();
});

test('a newer format is refused with a message that says so, and nothing is rewritten (storage 13)', async () => {
  const intact = await filled();
  for (const path of [STORE, BOB]) {
    const disk = intact.clone();
    const newer = disk
      .bytesOf(path)
      .toString()
      .replace(/"format": \d/, '"format": 9');
    disk.overwrite(path, Buffer.from(newer));
    const before = disk.bytesOf(path);
    const opening = rigStore(disk);
    if (path === STORE)
      await assert.rejects(opening, /has format 9, but this version knows only \d: use a newer version/);
    else await assert.rejects((await opening).store.claim('bob'), /has format 9, but this version knows only \d/);
    assert.deepEqual(disk.bytesOf(path), before);
  }
});

test('a torn tail is copied, cut off and logged; acknowledged messages are there (storage 2, R19)', async () => {
  const disk = new MemoryDisk();
  const first = await rigStore(disk);
  await append(first.store, message('a'));
  await append(first.store, message('b'));
  const killed = disk.kill();
  const path = `${FOLDER}/journal/000001.ndjson`;
  const torn = Buffer.concat([killed.bytesOf(path), Buffer.from('{"lsn":3,"user":"bob","ty')]);
  killed.overwrite(path, torn);
  const { store, log, clock } = await rigStore(killed);
  const copy = `${path}.broken-${clock.now()}`;
  assert.deepEqual(log, [
    {
      event: 'journal-torn',
      fields: { path, position: torn.length - 25, reason: 'the last line is incomplete', copy },
    },
  ]);
  assert.deepEqual(killed.bytesOf(copy), torn.subarray(-25));
  assert.equal((await store.claim('bob')).last, 2);
  await store.close();
});

test('with a damaged journal the start fails with file and byte, and changes nothing (storage 2)', async () => {
  const disk = new MemoryDisk();
  const first = await rigStore(disk);
  for (const id of ['a', 'b', 'c']) await append(first.store, message(id));
  await new Promise((resolve) => setImmediate(resolve));
  const killed = disk.kill();
  const path = `${FOLDER}/journal/000001.ndjson`;
  const bytes = Buffer.from(killed.bytesOf(path));
  const position = bytes.indexOf('body of a');
  bytes[position] = 0x42;
  killed.overwrite(path, bytes);
  const before = contents(killed);
  await assert.rejects(rigStore(killed), (error: unknown) => {
    assert.ok(error instanceof Damaged);
    assert.deepEqual([error.path, error.offset], [path, bytes.lastIndexOf('{"lsn"', position)]);
    assert.match(error.message, /000001\.ndjson is damaged at byte \d+: the checksum of a line does not match/);
    return true;
  });
  assert.deepEqual(contents(killed), before);
});

test('after a temporary read error a mailbox is available again', async () => {
  const disk = await filled();
  const { store, log } = await rigStore(disk);
  disk.watch = (operation, path) => {
    if (operation === 'read' && path === BOB) throw failure('EMFILE');
    return undefined;
  };
  await assert.rejects(store.claim('bob'), StoreUnavailable);
  disk.watch = () => undefined;
  assert.equal((await store.claim('bob')).last, 3);
  assert.deepEqual(log, []);
  await store.close();
});

/** As `filled`, and bob has a device that wants copies. */
async function filledWithDevice(): Promise<MemoryDisk> {
  const disk = await filled();
  const { store } = await rigStore(disk);
  await store.claim('bob', { device: 'laptop', copies: true });
  await store.close();
  return disk;
}

test('while the mailbox of a sender cannot be read, what has to be copied is refused for now, and keeps its order (R16)', async () => {
  const disk = await filledWithDevice();
  const { store, log } = await rigStore(disk);
  const fromBob = (id: string) => append(store, message(id, { from: 'bob', to: 'carol' }));
  disk.watch = (operation, path) => {
    if (operation === 'read' && path === BOB) throw failure('EMFILE');
    return undefined;
  };
  const refused = await Promise.allSettled([fromBob('x'), fromBob('y')]);
  assert.deepEqual(
    refused.map((one) => one.status === 'rejected' && one.reason instanceof StoreUnavailable),
    [true, true],
  );
  disk.watch = () => undefined;
  await assert.rejects(fromBob('z'), StoreUnavailable, 'it would overtake x');
  for (const id of ['x', 'y', 'z']) assert.ok('copied' in (await fromBob(id)), id);
  const copies = (await store.read('bob', 3, EVERYTHING)).map(({ id, to }) => [id, to]);
  assert.deepEqual(
    copies,
    ['x', 'y', 'z'].map((id) => [id, 'carol']),
  );
  assert.deepEqual(log, []);
  await store.close();
});

test('a user with a damaged mailbox can send; there are no copies', async () => {
  const disk = await filledWithDevice();
  const changed = Buffer.from(disk.bytesOf(BOB));
  changed[9] = (changed[9] as number) ^ 1;
  disk.overwrite(BOB, changed);
  const { store } = await rigStore(disk);
  assert.deepEqual(await append(store, message('x', { from: 'bob', to: 'carol' })), { outcome: 'stored', seq: 4 });
  await store.close();
});

test('records that were appended together are read line by line; a file that ends before the last one is damaged', async () => {
  const lines = ['{"lsn":1}\n', '{"lsn":2,"body":"好"}\n', '{"lsn":3}\n', '{"lsn":4}\n'].map((line) =>
    Buffer.from(line),
  );
  const whole = Buffer.concat(lines);
  const starts = lines.map((_, index) => Buffer.concat(lines.slice(0, index)).length);
  const [, second = 0, third = 0, fourth = 0] = starts;
  const read = async (bytes: Buffer, spans: readonly number[]): Promise<[number, string][]> => {
    const file = {
      read: async (position: number, length: number) => bytes.subarray(position, position + length),
      size: async () => bytes.length,
      close: async () => {},
    };
    const found: [number, string][] = [];
    await readLines({ open: async () => file }, 'segment', spans, (line, position) =>
      found.push([position, line.toString()]),
    );
    return found;
  };
  const expected = lines.map((line, index): [number, string] => [starts[index] as number, line.toString()]);
  const spans = [0, third, third, fourth - third, fourth, whole.length - fourth];
  assert.deepEqual(await read(whole, [0, whole.length]), expected);
  assert.deepEqual(await read(whole, spans), expected);
  assert.deepEqual(await read(whole, [second, third - second]), [expected[1]]);
  for (let end = 0; end < whole.length; end++) {
    await assert.rejects(read(whole.subarray(0, end), spans), Damaged, `${end} bytes`);
    await assert.rejects(read(whole.subarray(0, end), [0, whole.length]), Damaged, `${end} bytes`);
  }
});
