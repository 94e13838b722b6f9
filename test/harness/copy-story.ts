/**
 * Random stories of copies: somebody copies the folder of a store while it is in use, file by file, in some order and at some
 * pace, and starts with the copy. It must have everything that was acknowledged before the copy began, or be refused.
 */
import assert from 'node:assert/strict';
import { StorageError } from '../../src/disk/disk-errors.js';
import { MailboxDamaged } from '../../src/file-store/memory/mailbox-loader.js';
import { type FileStore, openFileStore } from '../../src/file-store/store/file-store.js';
import type { Clock } from '../../src/io/clock.js';
import { silentLog } from '../../src/io/log.js';
import { append } from './append.js';
import { MemoryDisk } from './files-memory.js';
import { seededRandom } from './seeded-random.js';

const FOLDER = '/data';
const USERS = ['bob', 'carol', 'dave', 'erin'];
const DEVICES = ['main', 'main', 'laptop', 'phone'];
const EVERYTHING = { messages: 1_000_000, bytes: 1e9 };

/** How the folder is copied. */
export const COPIERS = ['cp', 'tar', 'rsync', 'snapshot', 'mixed'] as const;
export type Copier = (typeof COPIERS)[number];

export interface CopyStory {
  /** Whether the copy was started, or refused as a whole. */
  readonly isStarted: boolean;
  /** Mailboxes of a started copy that were refused by name. */
  readonly refused: number;
  /** Messages that the copy had to have. */
  readonly acknowledged: number;
  readonly checkpoints: number;
}

interface Acknowledged {
  readonly to: string;
  readonly id: string;
  readonly seq: number;
}

/** @throws AssertionError */
export async function tellCopyStory(seed: number, copier: Copier): Promise<CopyStory> {
  return new Story(seed).tell(copier);
}

class Story {
  #disk = new MemoryDisk();
  readonly #acknowledged: Acknowledged[] = [];
  readonly #ticks: (() => void)[] = [];
  readonly #unit: () => number;
  readonly #storage: {
    readonly checkpointBytes: number;
    readonly mailboxesPerCheckpoint: number;
    readonly segmentBytes: number;
    readonly maxMailboxesAtStop: number;
    readonly maxJournalBytes: number;
    readonly recordBytes: number;
    readonly maxBatchBytes: number;
  };
  #elapsedMs = 0;
  #sent = 0;
  #checkpoints = 0;
  #isOver = false;

  constructor(seed: number) {
    this.#unit = seededRandom(seed);
    const checkpointBytes = 400 * 2 ** this.#random(7);
    this.#storage = {
      checkpointBytes,
      mailboxesPerCheckpoint: 1 + this.#random(6),
      segmentBytes: (checkpointBytes / 2) * 4 ** this.#random(3),
      maxMailboxesAtStop: this.#random(8),
      maxJournalBytes: 60_000,
      recordBytes: this.#random(200),
      maxBatchBytes: 300 + this.#random(2_000),
    };
  }

  async tell(copier: Copier): Promise<CopyStory> {
    let store = await this.#open(this.#disk);
    for (let session = this.#random(3); session > 0; session--) {
      for (let step = this.#random(25); step > 0; step--) await this.#step(store);
      if (this.#random(2) === 0) await store.close();
      else this.#disk = this.#disk.kill(); // the old store goes on, on a disk of its own
      this.#ticks.length = 0;
      store = await this.#open(this.#disk);
    }
    for (let step = 5 + this.#random(40); step > 0; step--) await this.#step(store);
    const acknowledged = [...this.#acknowledged];
    const traffic = this.#traffic(store);
    const names = await this.#copy(copier);
    this.#isOver = true;
    await traffic;
    await store.close();
    return this.#start(names, acknowledged);
  }

  readonly #random = (bound: number): number => Math.floor(this.#unit() * bound);

  async #open(disk: MemoryDisk): Promise<FileStore> {
    const never = { cancel() {} };
    const clock: Clock = {
      now: () => 1_700_000_000_000 + this.#elapsedMs,
      monotonic: () => this.#elapsedMs,
      after: () => never,
      every: (_, run) => {
        this.#ticks.push(run);
        return never;
      },
      defer: (run) => {
        setImmediate(run);
      },
    };
    const count = (event: string): void => {
      if (event === 'checkpoint') this.#checkpoints++;
    };
    const limits = { keptDelivered: this.#random(4) };
    const log = { ...silentLog, debug: count };
    return openFileStore({ folder: FOLDER, files: disk.files, clock, log, limits, storage: this.#storage });
  }

  async #traffic(store: FileStore): Promise<void> {
    for (let steps = this.#random(120); steps > 0 && !this.#isOver; steps--) await this.#step(store);
  }

  async #step(store: FileStore): Promise<void> {
    const user = USERS[this.#random(USERS.length)] as string;
    switch (this.#random(8)) {
      case 0: {
        const device = DEVICES[this.#random(DEVICES.length)];
        const { fence, delivered, last } = await store.claim(user, { device });
        await store.settle(user, Math.min(last, delivered + this.#random(6)), fence);
        return;
      }
      case 1:
        this.#elapsedMs += 2_000;
        for (const tick of this.#ticks) tick();
        return;
      case 2:
        store.mailboxes.sweep(0, 0);
        return;
      default:
        await Promise.all(Array.from({ length: 1 + this.#random(6) }, () => this.#send(store, user)));
    }
  }

  async #send(store: FileStore, to: string): Promise<void> {
    const id = `m${++this.#sent}`;
    const body = `${id} `.repeat(1 + this.#random(20));
    const appended = await append(store, { to, from: 'alice', id, body, at: 1 });
    assert.ok(appended.outcome === 'stored');
    this.#acknowledged.push({ to, id, seq: appended.seq });
  }

  /** The contents of the copy, by path. */
  async #copy(copier: Copier): Promise<Map<string, Buffer>> {
    const copied = new Map<string, Buffer>();
    switch (copier) {
      case 'snapshot':
        for (const path of this.#disk.paths()) copied.set(path, this.#disk.bytesOf(path));
        return copied;
      case 'cp':
        await this.#copyFiles(shuffle(this.#disk.paths(), this.#random), copied, this.#random(10));
        return copied;
      case 'tar': {
        // A folder is listed when it is reached.
        for (const folder of shuffle(['', '/journal', '/mailboxes'], this.#random)) {
          const paths = this.#disk
            .paths()
            .filter((path) => path.slice(0, path.lastIndexOf('/')) === `${FOLDER}${folder}`);
          await this.#copyFiles(paths, copied, this.#random(30));
        }
        return copied;
      }
      case 'rsync':
        for (let pass = 0; pass < 2; pass++) {
          const paths = this.#disk.paths();
          for (const path of copied.keys()) if (!paths.includes(path)) copied.delete(path);
          await this.#copyFiles(shuffle(paths, this.#random), copied, this.#random(10));
        }
        return copied;
      case 'mixed': {
        // Files of two moments, as a restore of some of them leaves it.
        const older = new Map(this.#disk.paths().map((path) => [path, this.#disk.bytesOf(path)]));
        for (let turns = this.#random(200); turns > 0; turns--) await turn();
        const newer = new Map(this.#disk.paths().map((path) => [path, this.#disk.bytesOf(path)]));
        for (const [path, bytes] of newer) if (this.#random(2) === 0) copied.set(path, bytes);
        for (const [path, bytes] of older) if (!copied.has(path) && this.#random(4) > 0) copied.set(path, bytes);
        return copied;
      }
    }
  }

  /** @param pauses turns of the event loop between two chunks: the slower the copy, the more happens meanwhile. */
  async #copyFiles(paths: readonly string[], copied: Map<string, Buffer>, pauses: number): Promise<void> {
    for (const path of paths) {
      try {
        const file = await this.#disk.files.open(path);
        const chunks: Buffer[] = [];
        for (let position = 0; ; ) {
          const chunk = await file.read(position, 1 + this.#random(4_000));
          if (chunk.length === 0) break;
          chunks.push(chunk);
          position += chunk.length;
          for (let turns = this.#random(1 + pauses); turns > 0; turns--) await turn();
        }
        copied.set(path, Buffer.concat(chunks));
      } catch {
        copied.delete(path); // it vanished before it was read: cp and tar report that and go on
      }
    }
  }

  async #start(contents: ReadonlyMap<string, Buffer>, acknowledged: readonly Acknowledged[]): Promise<CopyStory> {
    const report = { acknowledged: acknowledged.length, checkpoints: this.#checkpoints };
    const disk = new MemoryDisk();
    for (const folder of ['', '/journal', '/mailboxes']) await disk.files.makeFolder(`${FOLDER}${folder}`);
    for (const [path, bytes] of contents) {
      const file = await disk.files.append(path);
      await file.write(bytes);
      await file.sync();
    }
    let store: FileStore;
    try {
      store = await this.#open(disk);
    } catch (error) {
      assert.ok(error instanceof StorageError, String(error));
      return { ...report, isStarted: false, refused: 0 };
    }
    const isFresh = !contents.has(`${FOLDER}/store.json`);
    // The first checkpoint alone is what a first start leaves that was killed before it had a store.
    const isLeftOver = [...contents.keys()].every((path) => path === `${FOLDER}/checkpoint-1.json`);
    assert.ok(!isFresh || acknowledged.length === 0 || isLeftOver, 'a copy without store.json became a new store');
    const refused = new Set<string>();
    for (const user of isLeftOver ? [] : USERS) await this.#check(store, user, acknowledged, refused);
    const later = await this.#storeMore(store, refused);
    await store.close();
    const again = await this.#open(disk.kill());
    for (const user of USERS) if (!refused.has(user)) await this.#check(again, user, later, refused);
    await again.close();
    return { ...report, isStarted: true, refused: refused.size };
  }

  /** What is stored in the copy is there after the next start. */
  async #storeMore(store: FileStore, refused: ReadonlySet<string>): Promise<Acknowledged[]> {
    const before = this.#acknowledged.length;
    for (const user of USERS) {
      if (refused.has(user)) await assert.rejects(this.#send(store, user), MailboxDamaged);
      else for (let count = 0; count < 5; count++) await this.#send(store, user);
    }
    return this.#acknowledged.slice(before);
  }

  async #check(store: FileStore, user: string, expected: readonly Acknowledged[], refused: Set<string>): Promise<void> {
    try {
      const found = await store.read(user, 0, EVERYTHING);
      const seqs = new Map(found.map(({ id, seq }) => [id, seq]));
      for (const { to, id, seq } of expected) {
        if (to !== user || seqs.get(id) === seq) continue;
        const [status] = await store.find(user, 'alice', [id]);
        assert.equal(status?.state, 'delivered', `${id} to ${user}, acknowledged with seq ${seq}, is lost`);
      }
    } catch (error) {
      if (!(error instanceof MailboxDamaged)) throw error;
      refused.add(user);
    }
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function shuffle<T>(items: readonly T[], random: (bound: number) => number): T[] {
  const shuffled = [...items];
  for (let index = shuffled.length - 1; index > 0; index--) {
    const other = random(index + 1);
    [shuffled[index], shuffled[other]] = [shuffled[other] as T, shuffled[index] as T];
  }
  return shuffled;
}
