/** JSON documents in files: replaced atomically, and every changed byte is detected (storage 5 to 7 and 13). */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Damaged, FileEmpty, FileMissing, NewerFormat } from '../../src/disk/disk-errors.js';
import { openJsonFile, readJsonFile, writeJsonFile } from '../../src/disk/json-file.js';
import { JsonLines } from '../../src/disk/json-layout.js';
import { realFiles } from '../../src/io/files.js';
import { quoteJson } from '../../src/protocol/json-quote.js';
import { MemoryDisk } from '../harness/files-memory.js';

const PATH = '/data/users.json';
const DOCUMENT = {
  name: '你好 "x"',
  count: 3,
  list: [1, 2],
  users: [{ user: 'a' }, { user: 'b', nested: { deep: [] } }],
  none: [],
};

async function withFile(document: object = DOCUMENT): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await disk.files.makeFolder('/data');
  await writeJsonFile({ files: disk.files, path: PATH, format: 1 }, document);
  return disk;
}

const read = (disk: MemoryDisk, format = 1) => readJsonFile({ files: disk.files, path: PATH, format });

const failure = (code: string): Error => Object.assign(new Error(code), { code });

test('a document is read back as it was written, and a person can read the file', async () => {
  const disk = await withFile();
  assert.deepEqual(await read(disk), DOCUMENT);
  const text = disk.bytesOf(PATH).toString();
  assert.match(text, /,\n {2}"checksum": "[0-9a-f]{8}"\n}\n$/);
  assert.equal(
    text.replace(/[0-9a-f]{8}"\n}\n$/, ''),
    `{
  "format": 1,
  "name": "你好 \\"x\\"",
  "count": 3,
  "list": [1,2],
  "users": [
    {"user":"a"},
    {"user":"b","nested":{"deep":[]}}
  ],
  "none": [],
  "checksum": "`,
  );
});

test('between the chunks of a long document others get their turns, and what is written is the same', async () => {
  const lines = 2_000;
  const disk = new MemoryDisk();
  await disk.files.makeFolder('/data');
  const writing = { files: disk.files, path: PATH, format: 1 };
  let pauses = 0;
  let linesSincePause = 0;
  let longest = 0;
  const pause = async (): Promise<void> => {
    pauses++;
    linesSincePause = 0;
  };
  const line = (index: number): string => {
    longest = Math.max(longest, ++linesSincePause);
    return JSON.stringify({ index, text: 'x'.repeat(100) });
  };
  await writeJsonFile(writing, { items: new JsonLines(lines, line) }, { pause });
  assert.ok(pauses > 3, `${pauses} pauses`);
  assert.ok(longest < lines / 3, `${longest} lines in a row`);
  const { items } = await readJsonFile<{ items: { index: number }[] }>(writing);
  assert.deepEqual(
    items.map(({ index }) => index),
    Array.from({ length: lines }, (_, index) => index),
  );
  pauses = 0;
  await writeJsonFile(writing, DOCUMENT, { pause });
  assert.equal(pauses, 0, 'a short document is one chunk');
});

test('elements given as JSON texts are written as they are', async () => {
  const disk = await withFile({
    empty: new JsonLines(0, String),
    items: new JsonLines(2, (index) => `{"n":${index}}`),
  });
  assert.deepEqual(await read(disk), { empty: [], items: [{ n: 0 }, { n: 1 }] });
});

test('any document is read back as it was written, long ones too', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        text: fc.string({ unit: 'binary' }),
        items: fc.array(fc.record({ a: fc.jsonValue(), b: fc.string() })),
      }),
      async (document) => {
        assert.deepEqual(await read(await withFile(document)), JSON.parse(JSON.stringify(document)));
      },
    ),
    { numRuns: 100 },
  );
  const items = Array.from({ length: 20_000 }, (_, index) => ({ index, text: '好'.repeat(20) }));
  assert.deepEqual(await read(await withFile({ items })), { items });
});

test('lines longer than what is collected for a write, and of every kind of character, are read back as they were written', async () => {
  const texts = [
    '',
    'x'.repeat(100),
    'é'.repeat(20_000),
    '好'.repeat(70_000),
    '😀'.repeat(40_000),
    'x'.repeat(400_000),
    'y',
  ];
  const items = [...texts, ...texts.reverse(), ...texts].map((text, index) => ({ index, text }));
  const short = Array.from({ length: 5_000 }, (_, index) => ({ index, text: 'x好'.repeat(index % 50) }));
  for (const document of [{ items }, { short, items }, { items, short, name: 'z' }, { name: '好'.repeat(100_000) }]) {
    const disk = await withFile(document);
    assert.deepEqual(await read(disk), document);
  }
});

test('quoteJson does what JSON.stringify does', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.equal(quoteJson(text), JSON.stringify(text))));
  for (let unit = 0; unit < 0x10000; unit++) {
    const text = `a${String.fromCharCode(unit)}`;
    assert.equal(quoteJson(text), JSON.stringify(text));
  }
});

test('every flipped byte and every truncation is detected', async () => {
  const disk = await withFile();
  const bytes = disk.bytesOf(PATH);
  for (let position = 0; position < bytes.length; position++) {
    for (const bit of [1, 0x20, 0x80]) {
      const changed = Buffer.from(bytes);
      changed[position] = (changed[position] as number) ^ bit;
      disk.overwrite(PATH, changed);
      await assert.rejects(
        read(disk),
        (error: unknown) => error instanceof Damaged || error instanceof NewerFormat,
        `byte ${position}, bit ${bit}`,
      );
    }
    disk.overwrite(PATH, bytes.subarray(0, position));
    await assert.rejects(read(disk), position === 0 ? FileEmpty : Damaged, `${position} bytes`);
  }
});

test('missing, empty, damaged and newer files are different errors', async () => {
  const disk = await withFile();
  await assert.rejects(readJsonFile({ files: disk.files, path: '/data/none.json', format: 1 }), FileMissing);
  disk.overwrite(PATH, Buffer.alloc(0));
  await assert.rejects(read(disk), FileEmpty);
  disk.overwrite(PATH, Buffer.from('{"format": 1}\n'));
  await assert.rejects(read(disk), Damaged);
  await writeJsonFile({ files: disk.files, path: PATH, format: 7 }, DOCUMENT);
  const newer = disk.bytesOf(PATH);
  await assert.rejects(read(disk), /format 7, but this version knows only 1: use a newer version/);
  assert.deepEqual(disk.bytesOf(PATH), newer);
});

test('lowdb reads the file, or starts with the default; its update is durable', async () => {
  const disk = await withFile({ users: ['a'] });
  const low = await openJsonFile<{ users: string[] }>({ files: disk.files, path: PATH, format: 1 }, { users: [] });
  await low.update(({ users }) => users.push('b'));
  assert.deepEqual(await read(disk.crash(() => 0)), { users: ['a', 'b'] });
  const fresh = await openJsonFile({ files: disk.files, path: '/data/new.json', format: 1 }, { users: [] as string[] });
  assert.deepEqual(fresh.data, { users: [] });
  disk.overwrite(PATH, Buffer.from('{}'));
  await assert.rejects(openJsonFile({ files: disk.files, path: PATH, format: 1 }, { users: [] }), Damaged);
});

test('a write does temporary file, size check, fsync, rename, fsync of the folder, in this order (storage 5 to 7)', async () => {
  const disk = await withFile();
  const operations: string[] = [];
  disk.watch = (operation, path) => {
    operations.push(`${operation} ${path}`);
    return undefined;
  };
  await writeJsonFile({ files: disk.files, path: PATH, format: 1 }, { n: 1 });
  assert.deepEqual(
    operations.filter((operation) => !/^(remove|write) /.test(operation)),
    [
      `append ${PATH}.tmp`,
      `size ${PATH}.tmp`,
      `sync ${PATH}.tmp`,
      `close ${PATH}.tmp`,
      `rename ${PATH}.tmp`,
      'syncFolder /data',
    ],
  );
});

test('whichever operation of a write fails, the file is the old or the new one (storage 6 and 7)', async () => {
  for (const code of ['ENOSPC', 'EIO', 'EDQUOT', 'EMFILE']) {
    for (let failing = 0; ; failing++) {
      const disk = await withFile({ n: 'old' });
      let count = 0;
      disk.watch = () => {
        if (count++ === failing) throw failure(code);
        return undefined;
      };
      const error = await writeJsonFile({ files: disk.files, path: PATH, format: 1 }, { n: 'new' }).catch(
        (reason: unknown) => reason,
      );
      disk.watch = () => undefined;
      const found = (await read(disk)) as { n: string };
      if (!(error instanceof Error)) {
        assert.equal(found.n, 'new');
        break;
      }
      assert.ok(['old', 'new'].includes(found.n), `${code} at operation ${failing}`);
      await writeJsonFile({ files: disk.files, path: PATH, format: 1 }, { n: 'again' });
      assert.deepEqual(await read(disk), { n: 'again' }, 'a leftover temporary file is replaced');
    }
  }
});

test('a write that silently loses bytes is detected before the old file is replaced (storage 6)', async () => {
  const disk = await withFile({ n: 'old' });
  const { append } = disk.files;
  const lossy = {
    ...disk.files,
    append: async (...args: Parameters<typeof append>) => {
      const file = await append(...args);
      return { ...file, write: async (bytes: Uint8Array) => (await file.write(bytes.subarray(1))) + 1 };
    },
  };
  await assert.rejects(writeJsonFile({ files: lossy, path: PATH, format: 1 }, { n: 'new' }), Damaged);
  assert.deepEqual(await read(disk), { n: 'old' });
});

test('after a loss of power at any moment the file is the old or the new one', async () => {
  const random = (seed: number) => {
    let state = seed * 2654435761 + 1;
    return (bound: number) => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return (state >>> 8) % bound;
    };
  };
  for (let stop = 0; stop < 12; stop++) {
    for (let seed = 0; seed < 40; seed++) {
      const disk = await withFile({ n: 'old', text: 'x'.repeat(3_000) });
      let count = 0;
      disk.watch = () => {
        if (count++ >= stop) throw failure('EPOWER');
        return undefined;
      };
      const isWritten = await writeJsonFile(
        { files: disk.files, path: PATH, format: 1 },
        { n: 'new', text: 'y'.repeat(3_000) },
      ).then(
        () => true,
        () => false,
      );
      const { n } = (await read(disk.crash(random(seed)))) as { n: string };
      assert.ok(isWritten ? n === 'new' : ['old', 'new'].includes(n), `stopped at ${stop}, seed ${seed}: ${n}`);
    }
  }
});

test('files are readable by their owner only, and no temporary file is left (storage 7)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'im-json-'));
  try {
    const path = join(folder, 'new', 'users.json');
    await realFiles.makeFolder(join(folder, 'new'));
    await writeJsonFile({ files: realFiles, path, format: 1 }, { n: 1 });
    await writeJsonFile({ files: realFiles, path, format: 1 }, { n: 2 });
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(join(folder, 'new'))).mode & 0o777, 0o700);
    assert.deepEqual(await readdir(join(folder, 'new')), ['users.json']);
    assert.deepEqual(await readJsonFile({ files: realFiles, path, format: 1 }), { n: 2 });
  } finally {
    await rm(folder, { recursive: true });
  }
});
