/** The file store and its disk: durability, full and broken disks, checkpoints, memory (storage 1, 3, 5, 6, 14). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJsonFile, writeJsonFile } from '../../../src/disk/json-file.js';
import type { MailboxDocument } from '../../../src/file-store/files/mailbox-file.js';
import type { Files } from '../../../src/io/files.js';
import { MAILBOX } from '../../../src/store/limits.js';
import { type AppendResult, StoreBroken, StoreUnavailable } from '../../../src/store/store.js';
import { append, batchOf } from '../../harness/append.js';
import { deferred } from '../../harness/deferred.js';
import { MemoryDisk } from '../../harness/files-memory.js';
import { EVERYTHING, FOLDER, failure, message, rigStore } from '../../harness/store-rig.js';

const seqsOf = (messages: readonly { readonly seq: number }[]): number[] => messages.map(({ seq }) => seq);

test('an append resolves only after the fdatasync of its record (R14)', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  let release = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    disk.watch = async (operation) => {
      if (operation === 'datasync') {
        await new Promise<void>((go) => {
          release = go;
          resolve();
        });
      }
      return undefined;
    };
  });
  let isStored = false;
  const stored = append(store, message('a')).then(() => {
    isStored = true;
  });
  await reached;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isStored, false);
  assert.deepEqual(await store.read('bob', 0, EVERYTHING), [], 'it is not read before');
  disk.watch = () => undefined;
  release();
  await stored;
  assert.equal((await store.read('bob', 0, EVERYTHING)).length, 1);
  await store.close();
});

test('a resend of a message in flight writes no second record, and waits for the first (storage 1)', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  await store.claim('bob');
  const answers = await Promise.all([
    append(store, message('a')),
    append(store, message('a')),
    append(store, message('a')),
  ]);
  assert.deepEqual(
    answers.map(({ outcome }) => outcome),
    ['stored', 'duplicate', 'duplicate'],
  );
  const records = disk
    .bytesOf(`${FOLDER}/journal/000001.ndjson`)
    .toString()
    .match(/"type":"message"/g);
  assert.equal(records?.length, 1);
  await store.close();
});

test('a full disk refuses messages and keeps none; with space again the seqs have no gap (storage 3)', async () => {
  const disk = new MemoryDisk();
  const { store, clock } = await rigStore(disk);
  await append(store, message('a'));
  disk.watch = (operation) => {
    if (operation === 'write') throw failure('ENOSPC');
    return undefined;
  };
  const refused = await Promise.allSettled(
    ['b', 'b', 'c'].map((id) => append(store, message(id))).concat(append(store, message('d', { to: 'carol' }))),
  );
  for (const one of refused) assert.ok(one.status === 'rejected' && one.reason instanceof StoreUnavailable);
  assert.deepEqual(await store.find('bob', 'alice', ['a', 'b', 'c']), [
    { id: 'a', state: 'stored' },
    { id: 'b', state: 'unknown' },
    { id: 'c', state: 'unknown' },
  ]);
  disk.watch = () => undefined;
  await clock.advance(1_000);
  assert.deepEqual(await append(store, message('b')), { outcome: 'stored', seq: 2 });
  assert.deepEqual(await append(store, message('c')), { outcome: 'stored', seq: 3 });
  await store.close();
  const { store: next } = await rigStore(disk.kill());
  assert.deepEqual(seqsOf(await next.read('bob', 0, EVERYTHING)), [1, 2, 3]);
  await next.close();
});

test('a full disk refuses the new messages of a batch, in order; known ones are answered, and what was in flight before it is kept (R8, R16)', async () => {
  const disk = new MemoryDisk();
  const { store, clock } = await rigStore(disk);
  await append(store, message('a'));
  const batch = (...ids: readonly string[]) => store.append(batchOf(ids.map((id) => message(id))));
  const outcomes = (results: readonly AppendResult[]): string[] => results.map(({ outcome }) => outcome);
  const inFlight = batch('b', 'c');
  await new Promise<void>((reached) => {
    disk.watch = (operation) => {
      if (operation === 'datasync') reached();
      return undefined;
    };
  });
  disk.watch = (operation) => {
    if (operation === 'write') throw failure('ENOSPC');
    return undefined;
  };
  const refused = [batch('c', 'd', 'a', 'd', 'e'), batch('f', 'd', 'b')];
  assert.deepEqual(outcomes(await inFlight), ['stored', 'stored']);
  assert.deepEqual((await Promise.all(refused)).map(outcomes), [
    ['duplicate', 'unavailable', 'duplicate', 'unavailable', 'unavailable'],
    ['unavailable', 'unavailable', 'duplicate'],
  ]);
  disk.watch = () => undefined;
  await clock.advance(1_000);
  assert.deepEqual(outcomes(await batch('e', 'f')), ['unavailable', 'unavailable'], '`d` was refused first');
  assert.deepEqual(outcomes(await batch('d', 'e', 'f')), ['stored', 'stored', 'stored']);
  await store.close();
  const { store: next } = await rigStore(disk.kill());
  const read = await next.read('bob', 0, EVERYTHING);
  assert.deepEqual(
    read.map(({ seq, id }) => `${seq} ${id}`),
    ['1 a', '2 b', '3 c', '4 d', '5 e', '6 f'],
  );
  await next.close();
});

test('a batch of which a loss of power leaves the first records is unanswered, and a resend stores the rest', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  await append(store, message('z'));
  const ids = ['a', 'b', 'c'];
  let isCut = false;
  disk.watch = (operation) => {
    if (isCut) throw failure('EPOWER');
    if (operation !== 'write') return undefined;
    isCut = true;
    return 300; // bytes: a record and a half, besides the seal
  };
  const appending = store.append(batchOf(ids.map((id) => message(id))));
  await assert.rejects(appending, StoreBroken);
  const { store: next } = await rigStore(disk.kill());
  const before = (await next.read('bob', 1, EVERYTHING)).map(({ id }) => id);
  assert.ok(before.length > 0 && before.length < ids.length, `${before} are there`);
  const again = await next.append(batchOf(ids.map((id) => message(id))));
  assert.deepEqual(
    again.map((result) => ('seq' in result ? `${result.outcome} ${result.seq}` : result.outcome)),
    ids.map((id, index) => `${before.includes(id) ? 'duplicate' : 'stored'} ${index + 2}`),
  );
  await next.close();
});

test('an ack that a full disk refuses changes nothing, and can be repeated', async () => {
  const disk = new MemoryDisk();
  const { store, clock } = await rigStore(disk);
  await append(store, message('a'));
  const { fence } = await store.claim('bob');
  disk.watch = (operation) => {
    if (operation === 'write') throw failure('ENOSPC');
    return undefined;
  };
  await assert.rejects(store.settle('bob', 1, fence), StoreUnavailable);
  assert.deepEqual(await store.find('bob', 'alice', ['a']), [{ id: 'a', state: 'stored' }]);
  disk.watch = () => undefined;
  await clock.advance(1_000);
  const settled = await store.settle('bob', 1, fence);
  assert.deepEqual(settled.outcome === 'settled' && seqsOf(settled.messages), [1]);
  await store.close();
});

test('the log says once that the disk is full, and once that it has space again', async () => {
  const disk = new MemoryDisk();
  const { store, clock, log } = await rigStore(disk);
  const events = (): string[] => log.map(({ event }) => event).filter((event) => event.startsWith('disk-'));
  disk.watch = (operation) => {
    if (operation === 'write') throw failure('ENOSPC');
    return undefined;
  };
  for (const id of ['a', 'b']) {
    await assert.rejects(append(store, message(id)), StoreUnavailable);
    await clock.advance(1_000);
  }
  assert.deepEqual(events(), ['disk-full']);
  disk.watch = () => undefined;
  for (const id of ['a', 'b']) await append(store, message(id));
  assert.deepEqual(events(), ['disk-full', 'disk-has-space']);
  await store.close();
});

test('a repeated ack resolves after a full disk refused a later ack', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  await Promise.all(['a', 'b'].map((id) => append(store, message(id))));
  const { fence } = await store.claim('bob');
  const first = store.settle('bob', 1, fence);
  // The second ack is appended while the first one is written, and is part of the next batch, which is refused.
  disk.watch = (operation) => {
    if (operation !== 'datasync') return undefined;
    disk.watch = (next) => {
      if (next === 'write') throw failure('ENOSPC');
      return undefined;
    };
    second = store.settle('bob', 2, fence);
    return undefined;
  };
  let second: Promise<unknown> | undefined;
  assert.equal((await first).outcome, 'settled');
  await assert.rejects(async () => second, StoreUnavailable);
  assert.deepEqual(await store.settle('bob', 1, fence), { outcome: 'settled', messages: [] });
  disk.watch = () => undefined;
  await store.close();
});

test('after a failed fdatasync every call rejects, and onBroken was called once (storage 3)', async () => {
  const disk = new MemoryDisk();
  const errors: StoreBroken[] = [];
  const { store, log } = await rigStore(disk, { onBroken: (error) => errors.push(error) });
  await append(store, message('a'));
  disk.watch = (operation) => {
    if (operation === 'datasync') throw failure('EIO');
    return undefined;
  };
  await assert.rejects(append(store, message('b')), StoreBroken);
  disk.watch = () => undefined;
  await assert.rejects(append(store, message('c')), StoreBroken);
  await assert.rejects(store.read('bob', 0, EVERYTHING), StoreBroken);
  assert.equal(errors.length, 1);
  assert.deepEqual(
    log.map(({ event }) => event),
    ['store-broken'],
  );
  await store.close();
});

test('a checkpoint does rotate, mailbox files, their folder, store.json, and then removes old segments (storage 6)', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk, { storage: { checkpointBytes: 1 } });
  const operations: string[] = [];
  let done = (): void => undefined;
  const removed = new Promise<void>((resolve) => {
    done = resolve;
  });
  disk.watch = (operation, path) => {
    operations.push(`${operation} ${path.replace(`${FOLDER}/`, '')}`);
    if (operation === 'remove' && path.endsWith('.ndjson')) done();
    return undefined;
  };
  await append(store, message('a'));
  await removed;
  const order = [
    'sync journal/000002.ndjson',
    'syncFolder journal',
    'rename store.json.tmp',
    'syncFolder /data',
    'append mailboxes/bob.json.tmp',
    'size mailboxes/bob.json.tmp',
    'sync mailboxes/bob.json.tmp',
    'rename mailboxes/bob.json.tmp',
    'syncFolder mailboxes',
    'sync checkpoint-2.json.tmp',
    'rename checkpoint-2.json.tmp',
    'syncFolder /data',
    'sync store.json.tmp',
    'rename store.json.tmp',
    'syncFolder /data',
    'remove checkpoint-1.json',
    'remove journal/000001.ndjson',
  ];
  let from = 0;
  for (const one of order) {
    const at = operations.indexOf(one, from);
    assert.ok(at >= 0, `${one} is missing after ${operations[from - 1]}`);
    from = at + 1;
  }
  disk.watch = () => undefined;
  await store.close();
});

test('a checkpoint logs how many mailboxes and bytes it wrote', async () => {
  const disk = new MemoryDisk();
  const { store, log } = await rigStore(disk);
  for (const to of ['bob', 'carol', 'dave', 'erin', 'frank']) await append(store, message('a', { to }));
  await store.close();
  const files = disk.paths().filter((path) => path.includes('mailboxes/'));
  assert.deepEqual(
    log.map(({ event, fields }) => [event, fields?.mailboxes, fields?.bytes]),
    [['checkpoint', 5, files.reduce((sum, path) => sum + disk.bytesOf(path).length, 0)]],
  );
});

test('after a close the journal is empty, and the next start reads no mailbox (storage 14)', async () => {
  const disk = new MemoryDisk();
  const first = await rigStore(disk);
  for (const to of ['bob', 'carol']) await append(first.store, message('a', { to }));
  await first.store.close();
  assert.deepEqual(disk.paths(), [
    `${FOLDER}/checkpoint-2.json`,
    `${FOLDER}/journal/000002.ndjson`,
    `${FOLDER}/mailboxes/bob.json`,
    `${FOLDER}/mailboxes/carol.json`,
    `${FOLDER}/store.json`,
  ]);
  assert.equal(disk.bytesOf(`${FOLDER}/journal/000002.ndjson`).toString().split('\n').length, 2, 'only a header');
  const read: string[] = [];
  disk.watch = (_, path) => {
    read.push(path);
    return undefined;
  };
  const { store } = await rigStore(disk);
  assert.ok(!read.some((path) => path.includes('mailboxes')), read.join(' '));
  assert.equal((await store.claim('bob')).last, 1);
  assert.ok(!read.some((path) => path.includes('carol')));
  await store.close();
});

test('an idle mailbox is evicted, and loaded again with all its state (storage 14)', async () => {
  const disk = new MemoryDisk();
  const { store, clock } = await rigStore(disk);
  for (const id of ['a', 'b', 'c']) await append(store, message(id));
  const { fence } = await store.claim('bob');
  await store.settle('bob', 1, fence);
  await store.notePushed('bob', 3, fence, 1);
  assert.equal(store.mailboxes.size, 1);
  await clock.advance(59_000);
  assert.equal(store.mailboxes.size, 1, 'it was used in the last minute');
  await clock.advance(2_000);
  assert.equal(store.mailboxes.size, 0);
  assert.deepEqual(
    (await store.read('bob', 1, EVERYTHING)).map(({ seq, attempts }) => [seq, attempts]),
    [
      [2, 1],
      [3, 1],
    ],
  );
  assert.deepEqual(await append(store, message('d')), { outcome: 'stored', seq: 4 });
  const settled = await store.settle('bob', 2, fence);
  assert.deepEqual(settled.outcome === 'settled' && seqsOf(settled.messages), [2], 'its session may still ack');
  await store.close();
});

test('messages of batches are there after an eviction, after a checkpoint in between, and after a kill', async () => {
  const disk = new MemoryDisk();
  const { store, clock } = await rigStore(disk, { storage: { checkpointBytes: 2_000 } });
  const sent: string[] = [];
  const send = async (size: number): Promise<void> => {
    const ids = Array.from({ length: size }, (_, index) => `m${sent.length + index}`);
    await store.append(batchOf(ids.map((id) => message(id))));
    sent.push(...ids);
  };
  for (let round = 0; round < 8; round++) {
    for (const size of [3, 1, 5, 2]) await send(size);
    await clock.advance(62_000);
    assert.equal(store.mailboxes.size, 0);
    assert.deepEqual(
      (await store.read('bob', 0, EVERYTHING)).map(({ id }) => id),
      sent,
    );
  }
  const { store: later } = await rigStore(disk.kill());
  assert.deepEqual(
    (await later.read('bob', 0, EVERYTHING)).map(({ id }) => id),
    sent,
  );
});

test('when the mailboxes use too much memory, the least recently used ones are evicted', async () => {
  const disk = new MemoryDisk();
  const { store, clock } = await rigStore(disk, { storage: { maxLoadedBytes: 12_000 } });
  const users = Array.from({ length: 10 }, (_, index) => `user${index}`);
  for (const to of users) {
    await append(store, message('a', { to }));
    await clock.advance(1_000);
  }
  assert.ok(store.mailboxes.size > 0 && store.mailboxes.size < 8, `${store.mailboxes.size} are in memory`);
  const files: string[] = [];
  disk.watch = (operation, path) => {
    if (operation === 'open') files.push(path);
    return undefined;
  };
  await append(store, message('b', { to: 'user9' }));
  assert.deepEqual(files, [], 'the most recently used one is in memory');
  assert.deepEqual(await append(store, message('b', { to: 'user0' })), { outcome: 'stored', seq: 2 });
  assert.deepEqual(files, [`${FOLDER}/mailboxes/user0.json`, `${FOLDER}/journal/000001.ndjson`]);
  await store.close();
});

test('when idle mailboxes use much memory, the least recently used ones are evicted sooner; busy ones are not', async () => {
  const disk = new MemoryDisk();
  const { store, clock } = await rigStore(disk, { storage: { idleLoadedBytes: 8_000, mailboxIdleSoonMs: 5_000 } });
  for (let index = 0; index < 10; index++) await append(store, message('a', { to: `user${index}` }));
  for (let second = 0; second < 5; second++) {
    assert.equal(store.mailboxes.size, 10);
    await append(store, message(`b${second}`, { to: 'user0' }));
    await clock.advance(1_000);
  }
  await clock.advance(1_000);
  assert.ok(store.mailboxes.size > 1 && store.mailboxes.size < 6, `${store.mailboxes.size} are in memory`);
  const files: string[] = [];
  disk.watch = (operation, path) => {
    if (operation === 'open') files.push(path);
    return undefined;
  };
  await append(store, message('c', { to: 'user0' }));
  assert.deepEqual(files, [], 'the busy one is in memory');
  await store.close();
});

for (const slow of ['mailboxes/bob.json', 'journal/000001.ndjson'])
  test(`a mailbox is loaded while a checkpoint replaces its files (slow: ${slow}) (storage 14)`, async () => {
    const disk = new MemoryDisk();
    const [written, loading, release] = [deferred<void>(), deferred<void>(), deferred<void>()];
    /** What the load gets when it opens the file: as it was then, or nothing. */
    let isLoad = false;
    const files: Files = {
      ...disk.files,
      async append(path, options) {
        if (path.includes('bob.json')) {
          written.resolve();
          await loading.promise; // the mailbox is evicted, and loaded, before the checkpoint has written its file
        }
        return disk.files.append(path, options);
      },
      async open(path) {
        if (!isLoad || !path.endsWith(slow)) return disk.files.open(path);
        isLoad = false;
        const file = slow.startsWith('mailboxes') ? await disk.files.open(path).catch((error) => error) : undefined;
        loading.resolve();
        await release.promise;
        if (file instanceof Error) throw file;
        return file ?? disk.files.open(path);
      },
    };
    const { store, clock } = await rigStore(disk, { files, storage: { checkpointBytes: 1_000 } });
    for (let count = 0; count < 20; count++) await append(store, message(`m${count}`));
    await clock.advance(1_000);
    await written.promise;
    store.mailboxes.sweep(0, 0);
    isLoad = true;
    const read = store.read('bob', 0, EVERYTHING);
    await loading.promise;
    while (disk.paths().includes(`${FOLDER}/journal/000001.ndjson`))
      await new Promise((resolve) => setImmediate(resolve));
    release.resolve();
    assert.equal((await read).length, 20);
    assert.deepEqual(await append(store, message('next')), { outcome: 'stored', seq: 21 });
    await store.close();
  });

test('a mailbox with records in flight is not evicted', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  await store.claim('bob');
  const first = append(store, message('a'));
  store.mailboxes.sweep(0, 0);
  const second = append(store, message('b'));
  store.mailboxes.sweep(0, 0);
  assert.deepEqual(await Promise.all([first, second]), [
    { outcome: 'stored', seq: 1 },
    { outcome: 'stored', seq: 2 },
  ]);
  store.mailboxes.sweep(0, 0);
  assert.equal(store.mailboxes.size, 0);
  await store.close();
});

test('a mailbox is not evicted while a new device is added to it', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  await append(store, message('a'));
  await store.claim('bob');
  store.mailboxes.sweep(0, 0);
  const [reached, release] = [deferred<void>(), deferred<void>()];
  disk.watch = async (operation, path) => {
    if (operation !== 'open' || !path.endsWith('operator.json')) return undefined;
    reached.resolve();
    await release.promise; // It waits for the sessions of all users.
    return undefined;
  };
  const claim = store.claim('bob', { device: 'phone' });
  await reached.promise;
  store.mailboxes.sweep(0, 0);
  await store.read('bob', 0, EVERYTHING);
  release.resolve();
  await claim;
  const names = async (): Promise<string[]> => (await store.devices('bob')).map(({ device }) => device);
  assert.deepEqual(await names(), ['main', 'phone']);
  await store.close();
});

test('an ack in flight of a session that was there before other devices is not forgotten when they are added', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  for (const id of ['a', 'b', 'c']) await append(store, message(id));
  const [reached, release] = [deferred<void>(), deferred<void>()];
  disk.watch = async (operation) => {
    if (operation !== 'datasync') return undefined;
    reached.resolve();
    await release.promise;
    return undefined;
  };
  const first = store.claim('bob', { device: 'phone' });
  await reached.promise;
  const { fence } = await store.claim('bob');
  const ack = store.settle('bob', 3, fence);
  const second = store.claim('bob', { device: 'phone' });
  for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve));
  release.resolve();
  await Promise.all([first, ack, second]);
  assert.equal((await store.claim('bob')).delivered, 3);
  await store.close();
});

test('in a checkpoint of many mailboxes no append waits for more than a few of its files', async () => {
  const disk = new MemoryDisk();
  const mailboxes = 300;
  const limits = {
    checkpointBytes: 1_000,
    mailboxesPerCheckpoint: 1,
    segmentBytes: 50_000,
    maxJournalBytes: 150_000,
    recordBytes: 0,
  };
  const { store, log } = await rigStore(disk, { storage: { ...limits, maxBatchBytes: 2_000 } });
  let files = 0;
  let most = 0;
  disk.watch = async (operation, path) => {
    if (operation === 'rename' && path.includes('mailboxes/')) files++;
    // A file costs more than a batch.
    for (let turns = operation === 'sync' ? 20 : 0; turns > 0; turns--) await new Promise((go) => setImmediate(go));
    if (operation === 'datasync') {
      most = Math.max(most, files);
      files = 0;
    }
    return undefined;
  };
  let longest = 0;
  let number = 0;
  const send = async (): Promise<void> => {
    while (number < 5 * mailboxes) {
      const one = number++;
      await append(store, message(`m${one}`, { to: `user${one % mailboxes}`, body: 'x'.repeat(200) }));
      const bytes = disk.paths().filter((path) => path.endsWith('.ndjson'));
      if (one % 100 === 0)
        longest = Math.max(
          longest,
          bytes.reduce((sum, path) => sum + disk.bytesOf(path).length, 0),
        );
    }
  };
  await Promise.all(Array.from({ length: 50 }, send));
  const checkpoints = log.filter(({ event }) => event === 'checkpoint').length;
  assert.ok(checkpoints > 1, `${checkpoints} checkpoints`);
  assert.ok(most < mailboxes / 10, `an append waited for ${most} files`);
  assert.ok(longest < limits.maxJournalBytes + 5_000, `the journal had ${longest} bytes`);
  await store.close();
});

test('after half a checkpoint no record is applied twice (storage 6)', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  for (const id of ['a', 'b', 'c']) await append(store, message(id));
  const { fence } = await store.claim('bob');
  await store.settle('bob', 1, fence);
  await store.notePushed('bob', 3, fence, 1);
  const { last: before } = await store.claim('bob');
  disk.watch = (operation, path) => {
    if (operation === 'append' && path.includes('store.json') && disk.paths().some((one) => one.endsWith('bob.json'))) {
      throw failure('EIO');
    }
    return undefined;
  };
  await store.close();
  const killed = disk.kill();
  assert.ok(killed.paths().includes(`${FOLDER}/mailboxes/bob.json`), 'the mailbox file is written');
  assert.ok(killed.paths().includes(`${FOLDER}/journal/000001.ndjson`), 'and the journal still has its records');
  const { store: next } = await rigStore(killed);
  const { last, delivered } = await next.claim('bob');
  assert.deepEqual([last, delivered], [before, 1]);
  const read = await next.read('bob', 1, EVERYTHING);
  assert.deepEqual(
    read.map(({ seq, attempts }) => [seq, attempts]),
    [
      [2, 1],
      [3, 1],
    ],
  );
  await next.close();
});

test('on a full disk a checkpoint is postponed, without another segment for every attempt', async () => {
  const disk = new MemoryDisk();
  const { store, clock, log } = await rigStore(disk, { storage: { checkpointBytes: 1 } });
  disk.watch = (operation, path) => {
    if (operation === 'write' && path.includes('mailboxes')) throw failure('ENOSPC');
    return undefined;
  };
  for (let index = 0; index < 6; index++) {
    await append(store, message(`m${index}`));
    await clock.until(() => log.length === index + 1, 'the checkpoint is postponed');
    await clock.advance(1_000);
  }
  assert.ok(log.every(({ event }) => event === 'checkpoint-postponed'));
  const segments = (): string[] => disk.paths().filter((path) => path.endsWith('.ndjson'));
  assert.equal(segments().length, 2);
  disk.watch = () => undefined;
  await append(store, message('last'));
  await store.close();
  assert.deepEqual(
    segments().map((path) =>
      disk
        .bytesOf(path)
        .toString()
        .match(/"type"/g),
    ),
    [null],
    'all records are in the mailbox file',
  );
  const { store: next } = await rigStore(disk);
  assert.equal((await next.claim('bob')).last, 7);
  await next.close();
});

test('a checkpoint whose fsync failed is not retried, and removes no segment (storage 3)', async () => {
  const disk = new MemoryDisk();
  const errors: StoreBroken[] = [];
  const { store } = await rigStore(disk, { onBroken: (error) => errors.push(error) });
  await append(store, message('a'));
  let synced = 0;
  disk.watch = (operation, path) => {
    if (operation === 'syncFolder' && path.endsWith('mailboxes') && synced++ === 0) throw failure('EIO');
    return undefined;
  };
  await store.close();
  assert.equal(errors.length, 1);
  assert.equal(synced, 1);
  assert.ok(disk.paths().includes(`${FOLDER}/journal/000001.ndjson`));
  const { store: next } = await rigStore(disk.crash(() => 0));
  assert.equal((await next.claim('bob')).last, 1);
  await next.close();
});

test('a start removes leftover segments only when the list of segments is durable (storage 4)', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  await append(store, message('a'));
  const killed = disk.kill();
  const leftover = `${FOLDER}/journal/000002.ndjson`;
  await (await killed.files.append(leftover, { new: true })).close();
  const operations: string[] = [];
  killed.watch = (operation, path) => {
    operations.push(`${operation} ${path}`);
    return undefined;
  };
  const { store: next } = await rigStore(killed);
  const listed = operations.indexOf(`syncFolder ${FOLDER}`);
  assert.ok(listed >= 0 && listed < operations.indexOf(`remove ${leftover}`), operations.join(', '));
  assert.equal((await next.claim('bob')).last, 1);
  await next.close();
});

test('a start after a clean stop needs no space for the journal, and a start after a crash none for a copy', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk);
  await append(store, message('a'));
  const killed = disk.kill();
  disk.watch = (operation, path) => {
    if (operation === 'write' && path.includes('mailboxes')) throw failure('ENOSPC');
    return undefined;
  };
  await store.close();
  for (const stopped of [disk, killed]) {
    const grown: string[] = [];
    const start = stopped.clone();
    start.watch = (operation, path) => {
      if (operation === 'append' && !path.includes('store.json')) grown.push(path);
      return undefined;
    };
    const next = await rigStore(start);
    assert.deepEqual(
      new Set(grown.map((path) => disk.paths().includes(path) || killed.paths().includes(path))),
      new Set([true]),
    );
    assert.equal((await next.store.claim('bob')).last, 1);
    await next.store.close();
  }
});

test('a folder that is removed or replaced while it is in use breaks the store before the next answer', async () => {
  for (const change of ['removed', 'replaced', 'emptied'] as const) {
    const disk = new MemoryDisk();
    const broken: StoreBroken[] = [];
    const { store } = await rigStore(disk, { onBroken: (error) => broken.push(error) });
    await append(store, message('a'));
    const path = `${FOLDER}/journal/000001.ndjson`;
    if (change === 'removed') await disk.files.remove(path);
    else if (change === 'replaced') disk.overwrite(path, disk.bytesOf(path));
    else await (await disk.files.append(path)).truncate(0);
    const wanted = change === 'emptied' ? 'changed by somebody else' : 'removed or replaced';
    await assert.rejects(append(store, message('b')), new RegExp(`000001\\.ndjson was ${wanted} while it was in use`));
    assert.equal(broken.length, 1);
    await store.close();
  }
});

test('a journal that is too long is held until a checkpoint succeeds', async () => {
  const disk = new MemoryDisk();
  const { store, clock, log } = await rigStore(disk, {
    storage: { checkpointBytes: 1_000, maxJournalBytes: 2_000, recordBytes: 0 },
  });
  disk.watch = (operation, path) => {
    if (operation === 'write' && path.includes('mailboxes')) throw failure('ENOSPC');
    return undefined;
  };
  const journalBytes = (): number =>
    disk.paths().reduce((sum, path) => sum + (path.endsWith('.ndjson') ? disk.bytesOf(path).length : 0), 0);
  let stored = 0;
  const appends = Array.from({ length: 40 }, async (_, index) => {
    await append(store, message(`m${index}`));
    stored++;
  });
  const more = Array.from({ length: 40 }, async (_, index) => {
    await clock.until(() => log.length > 0, 'the checkpoint is postponed');
    await append(store, message(`n${index}`));
    stored++;
  });
  await Promise.all(appends);
  for (let second = 0; second < 5; second++) await clock.advance(1_000);
  const longest = journalBytes();
  assert.ok(stored < 80, 'some are held');
  await clock.advance(5_000);
  assert.equal(journalBytes(), longest);
  disk.watch = () => undefined;
  await clock.advance(1_000);
  await Promise.all(more);
  assert.equal((await store.claim('bob')).last, 80);
  await store.close();
});

test('old delivered messages are dropped when their mailbox is loaded, and when it is written (storage 15)', async () => {
  const disk = new MemoryDisk();
  const limits = { keptDeliveredMs: 10_000 };
  const { store, clock } = await rigStore(disk, { limits });
  await append(store, message('a', { at: clock.now() }));
  const { fence } = await store.claim('bob');
  await store.settle('bob', 1, fence);
  assert.equal((await store.read('bob', 0, EVERYTHING)).length, 1);
  await clock.advance(10_000);
  const killed = disk.kill();
  const late = await rigStore(killed, { limits });
  await late.clock.advance(10_000);
  assert.equal((await late.store.read('bob', 0, EVERYTHING)).length, 0);
  await store.close();
  assert.match(disk.bytesOf(`${FOLDER}/mailboxes/bob.json`).toString(), /"messages": \[\]/);
});

test('calls for a mailbox that is being loaded are made in their order (R16)', async () => {
  const disk = new MemoryDisk();
  const first = await rigStore(disk);
  await append(first.store, message('a'));
  await first.store.close();
  const { store } = await rigStore(disk);
  const [b, read, claim, c] = await Promise.all([
    append(store, message('b')),
    store.read('bob', 0, EVERYTHING),
    store.claim('bob'),
    append(store, message('c')),
  ]);
  assert.deepEqual(
    [b, c],
    [
      { outcome: 'stored', seq: 2 },
      { outcome: 'stored', seq: 3 },
    ],
  );
  assert.deepEqual(seqsOf(read), [1]);
  assert.equal(claim.last, 1);
  await store.close();
});

test('messages are stored while checkpoints are written, and none is lost', async () => {
  const disk = new MemoryDisk();
  const { store } = await rigStore(disk, {
    storage: { checkpointBytes: 2_000, maxJournalBytes: 20_000, recordBytes: 0 },
  });
  const users = ['bob', 'carol', 'dave'];
  for (let round = 0; round < 60; round++) {
    await Promise.all(users.map((to) => append(store, message(`m${round}`, { to }))));
    const to = users[round % 3] as string;
    const { fence, last } = await store.claim(to);
    if (round % 5 === 0) await store.settle(to, last, fence);
    if (round % 7 === 0) store.mailboxes.sweep(0, 0);
  }
  const crashed = await rigStore(disk.crash(() => 0));
  for (const user of users) {
    const read = await crashed.store.read(user, 0, EVERYTHING);
    assert.deepEqual(
      read.map(({ seq, id }) => [seq, id]),
      Array.from({ length: 60 }, (_, index) => [index + 1, `m${index}`]),
    );
  }
  await crashed.store.close();
  await store.close();
});

test('a device that was not seen for keptDeviceMs is dropped when another one logs in', async () => {
  const disk = new MemoryDisk();
  const { store, clock } = await rigStore(disk);
  const phone = await store.claim('bob', { device: 'phone' });
  await store.noteSession('bob', phone.fence, 'began', clock.now());
  await store.noteSession('bob', phone.fence, 'ended', clock.now());
  await store.claim('bob', { device: 'laptop' });
  await append(store, message('a'));
  clock.jump(MAILBOX.keptDeviceMs);
  assert.deepEqual((await store.claim('bob', { device: 'laptop' })).dropped, [], 'not yet');
  clock.jump(1);
  assert.deepEqual((await store.claim('bob', { device: 'laptop' })).dropped, ['phone']);
  await store.close();
  const again = await rigStore(disk);
  const names = (await again.store.devices('bob')).map(({ device }) => device);
  assert.deepEqual(names, ['laptop']);
  await again.store.close();
});

test('the device that was alone is dropped like any other when it was not seen for keptDeviceMs', async () => {
  const { store, clock } = await rigStore(new MemoryDisk());
  await append(store, message('a'));
  const main = await store.claim('bob');
  await store.settle('bob', 1, main.fence);
  await store.noteSession('bob', main.fence, 'ended', clock.now());
  clock.jump(MAILBOX.keptDeviceMs + 1);
  assert.deepEqual((await store.claim('bob', { device: 'phone' })).dropped, ['main']);
  const names = (await store.devices('bob')).map(({ device }) => device);
  assert.deepEqual(names, ['phone']);
  await store.close();
});

test('a mailbox of before there were devices is that of the device main, and its file is written as it was', async () => {
  const disk = new MemoryDisk();
  const first = await rigStore(disk);
  for (const id of ['a', 'b']) await append(first.store, message(id));
  const { fence } = await first.store.claim('bob');
  await first.store.settle('bob', 1, fence);
  await first.store.close();
  const path = `${FOLDER}/mailboxes/bob.json`;
  const { devices, ...document } = await readJsonFile<MailboxDocument>({ files: disk.files, path, format: 3 });
  assert.equal(devices, undefined);
  await writeJsonFile({ files: disk.files, path, format: 2 }, document);
  const { store } = await rigStore(disk);
  const phone = await store.claim('bob', { device: 'phone' });
  await store.settle('bob', 2, phone.fence);
  assert.equal((await store.claim('bob')).delivered, 1);
  await store.close();
});

test('messages that become durable together are answered in their order, also those that waited for the mailbox', async () => {
  const { store } = await rigStore(new MemoryDisk());
  const answered: string[] = [];
  const send = (id: string) => append(store, message(id)).then(() => answered.push(id));
  const first = send('a');
  while (store.mailboxes.get('bob') === undefined) await Promise.resolve();
  await Promise.all([first, send('b')]);
  assert.deepEqual(answered, ['a', 'b']);
  await store.close();
});
