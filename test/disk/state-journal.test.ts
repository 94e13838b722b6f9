/** A small durable state: what was acknowledged survives a close, a kill and a loss of power. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CannotWrite, Damaged, DiskBroken } from '../../src/disk/disk-errors.js';
import { openStateJournal, type StateJournal } from '../../src/disk/state-journal.js';
import { silentLog } from '../../src/io/log.js';
import { MemoryDisk, type Random } from '../harness/files-memory.js';
import { rigClock } from '../harness/journal-rig.js';
import { seededRandom } from '../harness/seeded-random.js';

const FOLDER = '/state';

/** Sets a key, or deletes it. */
interface Change {
  readonly key: string;
  readonly value?: number;
}

class Keys {
  readonly state = new Map<string, number>();
  readonly journal: StateJournal<Change>;

  private constructor(journal: StateJournal<Change>, state: Map<string, number>) {
    this.journal = journal;
    this.state = state;
  }

  static async open(disk: MemoryDisk, rewriteBytes = 2_000): Promise<Keys> {
    const state = new Map<string, number>();
    const journal = await openStateJournal<Change>({
      folder: FOLDER,
      files: disk.files,
      clock: { ...rigClock(), now: () => 0 },
      log: silentLog,
      limits: { rewriteBytes },
      apply({ key, value }) {
        if (value === undefined) state.delete(key);
        else state.set(key, value);
      },
      snapshot: () => [...state].map(([key, value]) => ({ key, value })),
      onBroken: () => undefined,
    });
    return new Keys(journal, state);
  }
}

test('appended changes are there after a kill, deletions included', async () => {
  const disk = new MemoryDisk();
  const first = await Keys.open(disk);
  await Promise.all(
    [{ key: 'a', value: 1 }, { key: 'b', value: 2 }, { key: 'a' }].map((one) => first.journal.append(one)),
  );
  assert.deepEqual([...first.state], [['b', 2]], 'applied when durable');
  const killed = await Keys.open(disk.kill());
  assert.deepEqual([...killed.state], [['b', 2]]);
  await killed.journal.close();
  await assert.rejects(killed.journal.append({ key: 'c' }), CannotWrite);
});

test('a journal that has grown is replaced by a snapshot, and its old segments are removed', async () => {
  const disk = new MemoryDisk();
  const { journal } = await Keys.open(disk, 1_000);
  for (let value = 0; value < 200; value++) await journal.append({ key: `key ${value % 5}`, value });
  await journal.close();
  const size = disk.paths().reduce((sum, path) => sum + disk.bytesOf(path).length, 0);
  assert.ok(size < 5_000, `${size} bytes`);
  assert.equal(disk.paths().length, 2, disk.paths().join(' '));
  const { state } = await Keys.open(disk);
  assert.deepEqual(
    [...state].sort(),
    Array.from({ length: 5 }, (_, index) => [`key ${index}`, 195 + index]),
  );
});

test('after a failed fdatasync an append is rejected and not applied', async () => {
  const disk = new MemoryDisk();
  const { journal, state } = await Keys.open(disk);
  disk.watch = (operation) => {
    if (operation === 'datasync') throw Object.assign(new Error('EIO'), { code: 'EIO' });
    return undefined;
  };
  await assert.rejects(journal.append({ key: 'a', value: 1 }), DiskBroken);
  assert.deepEqual([...state], []);
  await journal.close();
});

test('damaged files are refused and left as they are', async () => {
  const disk = new MemoryDisk();
  const { journal } = await Keys.open(disk);
  await journal.append({ key: 'a', value: 1 });
  await journal.close();
  for (const path of disk.paths()) {
    const damaged = disk.clone();
    const bytes = Buffer.from(disk.bytesOf(path));
    bytes[20] = (bytes[20] as number) ^ 1;
    damaged.overwrite(path, bytes);
    await assert.rejects(Keys.open(damaged), Damaged, path);
    assert.deepEqual(damaged.bytesOf(path), bytes);
  }
});

/** Opens the state several times, with power cuts, kills and closes. Nothing acknowledged may be lost. */
async function runWithCuts(seed: number): Promise<number> {
  const unit = seededRandom(seed);
  const random: Random = (bound) => Math.floor(unit() * bound);
  let disk = new MemoryDisk();
  /** Key → the values it may have: the last one acknowledged, and those appended since. */
  const known = new Map<string, Set<number | undefined>>();
  let acknowledged = 0;
  for (let run = 0; run < 3; run++) {
    const cutAt = random(120);
    let operations = 0;
    disk.watch = (operation) => {
      if (operations++ >= cutAt) throw Object.assign(new Error('power cut'), { code: 'EPOWER' });
      return operation === 'write' && random(5) === 0 ? 1 + random(50) : undefined;
    };
    try {
      const { journal, state } = await Keys.open(disk, 300 + random(500));
      for (const [key, values] of known) assert.ok(values.has(state.get(key)), `${key} is ${state.get(key)}`);
      for (const [key] of known) known.set(key, new Set([state.get(key)]));
      for (let step = 0; step < 30; step++) {
        const key = `k${random(4)}`;
        const value = random(4) === 0 ? undefined : acknowledged * 1_000 + step;
        known.set(key, (known.get(key) ?? new Set([undefined])).add(value));
        await journal.append({ key, ...(value !== undefined && { value }) });
        known.set(key, new Set([value]));
        acknowledged++;
      }
      await journal.close();
      disk = disk.kill();
    } catch (error) {
      if (error instanceof assert.AssertionError || operations < cutAt) throw error;
      disk = disk.crash(random);
    }
  }
  disk.watch = () => undefined;
  const { state } = await Keys.open(disk);
  for (const [key, values] of known) assert.ok(values.has(state.get(key)), `${key} is ${state.get(key)}`);
  return acknowledged;
}

test('in 500 random runs with power cuts nothing acknowledged is lost (R14)', async () => {
  let acknowledged = 0;
  for (let seed = 0; seed < 500; seed++) {
    try {
      acknowledged += await runWithCuts(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
  assert.ok(acknowledged > 5_000, `${acknowledged} acknowledged`);
});
