/** Whether something can be stored: every trouble is noticed, told in words, and logged once at its beginning and end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HEALTH } from '../../../src/file-store/limits.js';
import { append } from '../../harness/append.js';
import { deferred } from '../../harness/deferred.js';
import { MemoryDisk, type Operation } from '../../harness/files-memory.js';
import { FOLDER, failure, message, rigStore } from '../../harness/store-rig.js';

async function rig() {
  const disk = new MemoryDisk();
  const { store, clock, log } = await rigStore(disk);
  const watch = store.health.watch();
  const { health } = store;
  /** Every operation of this kind fails with this code; of other kinds, none. */
  const fail = (operations: readonly Operation[], code: string): void => {
    disk.watch = (operation) => {
      if (operations.includes(operation)) throw failure(code);
      return undefined;
    };
  };
  const repair = (): void => {
    disk.watch = () => undefined;
  };
  const settle = async (ms: number): Promise<void> => {
    await clock.advance(ms);
    await clock.settle();
  };
  const end = async (): Promise<void> => {
    watch.cancel();
    await store.close();
  };
  return { disk, store, health, clock, settle, fail, repair, end, events: () => log.map(({ event }) => event) };
}

for (const [name, operations, code, why, begins, ends] of [
  ['a full disk', ['write'], 'ENOSPC', 'the disk is full', 'disk-full', 'disk-has-space'],
  ['a used-up quota', ['write'], 'EDQUOT', 'the disk is full', 'disk-full', 'disk-has-space'],
  ['a read-only disk', ['append'], 'EROFS', 'the data folder cannot be written', 'disk-refuses', 'disk-accepts'],
  ['no descriptor', ['open'], 'EMFILE', 'no file descriptor is left', 'no-descriptors', 'descriptors-free'],
  [
    'no descriptor of the system',
    ['open'],
    'ENFILE',
    'no file descriptor is left',
    'no-descriptors',
    'descriptors-free',
  ],
  ['a removed folder', ['open'], 'ENOENT', 'the data folder is gone', 'folder-gone', 'folder-back'],
] as const) {
  test(`${name} is noticed without traffic, and logged once; so is its end`, async () => {
    const { health, clock, settle, fail, repair, end, events } = await rig();
    assert.equal(await health.whyNot(), undefined);
    await settle(HEALTH.writeMs + 1);
    fail(operations, code);
    await settle(HEALTH.lookMs);
    for (let asked = 0; asked < 3; asked++) {
      assert.equal(await health.whyNot(), why);
      await settle(HEALTH.writeMs);
    }
    assert.deepEqual(events(), [begins]);
    repair();
    await settle(HEALTH.writeMs + HEALTH.lookMs);
    assert.equal(await health.whyNot(), undefined);
    assert.deepEqual(events(), [begins, ends]);
    assert.ok(clock.timers > 0);
    await end();
  });
}

test('a full disk that the journal met is over when a write succeeds, without traffic', async () => {
  const { store, health, settle, fail, repair, end, events } = await rig();
  fail(['write'], 'ENOSPC');
  await assert.rejects(append(store, message('a')));
  assert.equal(await health.whyNot(), 'the disk is full');
  await settle(HEALTH.writeMs + HEALTH.lookMs);
  assert.equal(await health.whyNot(), 'the disk is full');
  repair();
  await settle(HEALTH.writeMs + HEALTH.lookMs);
  assert.equal(await health.whyNot(), undefined);
  await append(store, message('a'));
  assert.deepEqual(events(), ['disk-full', 'disk-has-space']);
  await end();
});

test('while descriptors are used up, a journal that still writes does not make it look over', async () => {
  const { store, health, settle, fail, end, events } = await rig();
  await append(store, message('a'));
  fail(['open'], 'EMFILE');
  for (let id = 0; id < 3; id++) {
    await settle(HEALTH.lookMs);
    await append(store, message(`b${id}`));
  }
  assert.equal(await health.whyNot(), 'no file descriptor is left');
  assert.deepEqual(events(), ['no-descriptors']);
  await end();
});

/** From now on syncs wait. @returns ends that. */
function hang(disk: MemoryDisk): () => void {
  const gate = deferred<void>();
  disk.watch = async (operation) => {
    if (operation === 'datasync') await gate.promise;
    return undefined;
  };
  return () => {
    disk.watch = () => undefined;
    gate.resolve();
  };
}

test('an fdatasync of the journal that hangs is noticed after HEALTH.hangMs; nothing else is written meanwhile', async () => {
  const { disk, store, health, settle, end, events } = await rig();
  await append(store, message('a'));
  const release = hang(disk);
  const stored = append(store, message('b'));
  await settle(HEALTH.hangMs);
  assert.equal(await health.whyNot(), undefined);
  await settle(HEALTH.lookMs);
  assert.equal(await health.whyNot(), 'the disk does not answer');
  await settle(10 * HEALTH.hangMs);
  assert.equal(disk.paths().includes(`${FOLDER}/probe.tmp`), false);
  assert.deepEqual(events(), ['disk-hangs']);
  release();
  await stored;
  await settle(HEALTH.lookMs);
  assert.equal(await health.whyNot(), undefined);
  assert.deepEqual(events(), ['disk-hangs', 'disk-answers']);
  await end();
});

test('a disk that hangs without traffic is noticed by the question, which is answered after HEALTH.hangMs', async () => {
  const { disk, health, settle, end, events } = await rig();
  await settle(HEALTH.writeMs + 1);
  const release = hang(disk);
  const asked = [health.whyNot(), health.whyNot()];
  await settle(HEALTH.hangMs + 1);
  for (const why of await Promise.all(asked)) assert.equal(why, 'the disk does not answer');
  assert.equal(await health.whyNot(), 'the disk does not answer', 'at once');
  release();
  await settle(HEALTH.lookMs);
  assert.equal(await health.whyNot(), undefined);
  assert.deepEqual(events(), ['disk-hangs', 'disk-answers']);
  assert.equal(disk.paths().includes(`${FOLDER}/probe.tmp`), false, 'nothing is left behind');
  await end();
});

test('a question shortly after a write writes nothing', async () => {
  const { disk, store, health, settle, end } = await rig();
  await append(store, message('a'));
  await settle(1); // The journal is sealed after the answer.
  let writes = 0;
  disk.watch = (operation) => {
    if (operation === 'write') writes++;
    return undefined;
  };
  await settle(HEALTH.writeMs - 1);
  assert.equal(await health.whyNot(), undefined);
  assert.equal(writes, 0);
  await settle(1);
  await Promise.all([health.whyNot(), health.whyNot()]);
  assert.equal(writes, 1);
  await end();
});
