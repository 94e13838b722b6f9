/**
 * Random runs of a file store with faults: power cuts at any operation, kills, full disks. Checks at the end that
 * everything acknowledged is there, and nothing else (I1, I2, I8). A seed always gives the same run.
 */
import assert from 'node:assert/strict';
import { type FileStore, openFileStore } from '../../src/file-store/file-store.js';
import type { Clock } from '../../src/io/clock.js';
import { silentLog } from '../../src/io/log.js';
import { StoreBroken, StoreUnavailable } from '../../src/store/store.js';
import { MemoryDisk, type Random } from './files-memory.js';
import { seededRandom } from './seeded-random.js';

const FOLDER = '/data';
const USERS = ['bob', 'carol', 'constructor'];
const DEVICES = ['main', 'laptop', 'phone'];
const SENDERS = ['alice', 'dave'];
const EVERYTHING = { messages: 1_000_000, bytes: 1e9 };

interface Sent {
  readonly to: string;
  readonly from: string;
  readonly id: string;
  readonly body: string;
  /** Set when it was acknowledged. */
  seq?: number;
}

/** What the clients of the store know: their requests, and what was acknowledged. */
class Facts {
  readonly sent: Sent[] = [];
  readonly triedCursor = new Map<string, number>();
  /** By user and device. */
  readonly cursor = new Map<string, number>();
  /** `user seq` of purge requests, and of acknowledged ones. */
  readonly triedPurges = new Set<string>();
  readonly purged = new Set<string>();
  readonly epochs = new Set<string>();
}

/** One operation that fails, in each session. */
export interface Fault {
  /** Index of the operation in the session. */
  readonly at: number;
  readonly code: string;
}

export const CODES = ['EIO', 'ENOSPC', 'EDQUOT', 'EMFILE', 'EROFS', 'EACCES'];

class PowerCut extends Error {
  readonly code = 'EPOWER';
}

export interface CrashReport {
  readonly sessions: number;
  readonly stored: number;
  readonly cuts: number;
}

/** Runs a store through several sessions, some with a random fault if none is given. @throws AssertionError */
export async function runWithCrashes(seed: number, fault?: Fault): Promise<CrashReport> {
  const unit = seededRandom(seed);
  const random: Random = (bound) => Math.floor(unit() * bound);
  const facts = new Facts();
  let disk = new MemoryDisk();
  let cuts = 0;
  const sessions = 1 + random(4);
  for (let index = 0; index < sessions; index++) {
    const session = new Session(disk, random, facts, fault);
    const isCut = (await session.run()) || random(4) === 0;
    if (isCut) cuts++;
    disk = isCut ? disk.crash(random) : disk.kill();
  }
  await verify(disk, facts);
  return { sessions, cuts, stored: facts.sent.filter(({ seq }) => seq !== undefined).length };
}

/** One process with the store open: from opening it to its close, a kill, or a power cut. */
class Session {
  #operations = 0;
  #isCut = false;
  #elapsedMs = 0;
  #isFull = false;
  #isFaulty = false;
  readonly #cutAt: number;
  readonly #waiting = new Set<Promise<void>>();
  /** The store's interval timers. */
  readonly #ticks: (() => void)[] = [];

  constructor(
    readonly disk: MemoryDisk,
    readonly random: Random,
    readonly facts: Facts,
    given: Fault | undefined,
  ) {
    this.#cutAt = given || random(3) === 0 ? Number.POSITIVE_INFINITY : random(250);
    const own = random(4) === 0 ? { at: random(150), code: CODES[random(CODES.length)] as string } : undefined;
    const fault = given ?? own;
    disk.watch = (operation) => {
      const count = this.#operations++;
      if (this.#isCut || count >= this.#cutAt) {
        this.#isCut = true;
        throw new PowerCut('power cut');
      }
      if (count === fault?.at) {
        this.#isFaulty = true;
        throw Object.assign(new Error(`${fault.code} of ${operation}`), { code: fault.code });
      }
      if (operation !== 'write') return undefined;
      if (this.#isFull && random(2) === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      return random(4) === 0 ? 1 + random(200) : undefined;
    };
  }

  /** Returns true if it ended with a power cut; otherwise with a close or a kill, and all writes are there. */
  async run(): Promise<boolean> {
    let store: FileStore;
    try {
      store = await openStore(this.disk, this.random, () => this.#elapsedMs, this.#ticks);
    } catch (error) {
      if (this.#isCut || this.#isFaulty) return this.#isCut;
      throw error;
    }
    this.facts.epochs.add(store.epoch);
    for (let step = this.random(40); step > 0 && !this.#isCut; step--) await this.#step(store);
    await this.#settled();
    this.#isFull = false;
    if (!this.#isCut && this.random(3) > 0) await this.#close(store);
    return this.#isCut;
  }

  async #close(store: FileStore): Promise<void> {
    try {
      await store.close();
    } catch (error) {
      if (!this.#isCut && !this.#isFaulty) throw error;
    }
  }

  async #step(store: FileStore): Promise<void> {
    const { random } = this;
    const user = USERS[random(USERS.length)] as string;
    switch (random(13)) {
      case 0:
        return this.#settled();
      case 1:
        this.#tick(6_000);
        this.#isFull = random(4) === 0;
        return;
      case 2:
        return store.mailboxes.sweep(random(2), random(2_000));
      case 3:
        return this.#wait(this.#ack(store, user));
      case 4:
        return this.#wait(this.#note(store, user));
      case 5:
        return this.#wait(store.read(user, 0, EVERYTHING).then(() => undefined));
      case 6:
        return this.#wait(this.#purge(store, user));
      case 7:
        for (const sent of this.facts.sent.slice(-3)) this.#wait(this.#send(store, sent));
        return;
      default:
        for (let count = 1 + random(8); count > 0; count--) {
          const id = `m${this.facts.sent.length}`;
          const from = SENDERS[random(SENDERS.length)] as string;
          const sent = { to: user, from, id, body: `${id} `.repeat(1 + random(random(10) === 0 ? 400 : 10)) };
          this.facts.sent.push(sent);
          this.#wait(this.#send(store, sent));
        }
    }
  }

  #wait(done: Promise<void>): void {
    const waiting = done.catch((error: unknown) => {
      const isExpected =
        error instanceof StoreUnavailable || ((this.#isCut || this.#isFaulty) && error instanceof StoreBroken);
      if (!isExpected) throw error;
    });
    this.#waiting.add(waiting);
  }

  /** Waits for all requests. Time passes meanwhile, so that retries happen. */
  async #settled(): Promise<void> {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    const all = Promise.all(waiting);
    all.then(over, over);
    for (let turns = 1; !isOver; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (turns % 20 === 0) this.#tick(1_000);
    }
    await all;
  }

  #tick(ms: number): void {
    this.#elapsedMs += ms;
    for (const run of this.#ticks) run();
  }

  async #send(store: FileStore, sent: Sent): Promise<void> {
    const appended = await store.append({ ...sent, at: 1_700_000_000_000 + this.#elapsedMs });
    if (appended.outcome === 'purged') {
      assert.ok(this.facts.triedPurges.has(`${sent.to} ${sent.seq}`), `no purge of ${sent.id} was requested`);
      return;
    }
    assert.ok(appended.outcome === 'stored' || appended.outcome === 'duplicate', appended.outcome);
    assert.equal(appended.seq, sent.seq ?? appended.seq, `the seq of ${sent.id} changed`);
    sent.seq = appended.seq;
  }

  async #ack(store: FileStore, user: string): Promise<void> {
    const device = DEVICES[this.random(DEVICES.length)] as string;
    const place = `${user} ${device}`;
    const { fence, delivered, last } = await store.claim(user, { device });
    assert.ok(delivered >= (this.facts.cursor.get(place) ?? 0), 'a cursor moved back');
    const seq = Math.min(last, delivered + this.random(5));
    this.facts.triedCursor.set(user, Math.max(seq, this.facts.triedCursor.get(user) ?? 0));
    const settled = await store.settle(user, seq, fence);
    if (settled.outcome === 'settled') this.facts.cursor.set(place, Math.max(seq, this.facts.cursor.get(place) ?? 0));
  }

  async #purge(store: FileStore, user: string): Promise<void> {
    const { delivered, last } = await store.inspect(user);
    const seqs = Array.from({ length: last - delivered }, (_, index) => delivered + 1 + index);
    const some = seqs.filter(() => this.random(4) === 0);
    for (const seq of some) this.facts.triedPurges.add(`${user} ${seq}`);
    const { outcomes } = await store.purge(user, some, 1);
    for (const [index, seq] of some.entries()) {
      if (outcomes[index] === 'purged') this.facts.purged.add(`${user} ${seq}`);
    }
  }

  async #note(store: FileStore, user: string): Promise<void> {
    const { fence, last } = await store.claim(user);
    await store.notePushed(user, last, fence, 1);
  }
}

function openStore(
  disk: MemoryDisk,
  random: Random,
  elapsedMs: () => number,
  ticks: (() => void)[],
): Promise<FileStore> {
  const never = { cancel() {} };
  const clock: Clock = {
    now: () => 1_700_000_000_000 + elapsedMs(),
    monotonic: elapsedMs,
    after: () => never,
    every: (_, run) => {
      ticks.push(run);
      return never;
    },
    defer: (run) => {
      setImmediate(run);
    },
  };
  const storage = {
    checkpointBytes: 300 + random(3_000),
    mailboxesPerCheckpoint: 1 + random(4),
    segmentBytes: 200 + random(5_000),
    maxJournalBytes: 10_000,
    recordBytes: random(100),
    maxBatchBytes: 200 + random(2_000),
    maxMailboxesAtStop: random(6),
  };
  const limits = { keptDelivered: 1_000_000, keptDeliveredMs: 1e15 };
  return openFileStore({ folder: FOLDER, files: disk.files, clock, log: silentLog, limits, storage });
}

async function verify(disk: MemoryDisk, facts: Facts): Promise<void> {
  disk.watch = () => undefined;
  const store = await openStore(
    disk,
    () => 0,
    () => 0,
    [],
  );
  const known = new Map(facts.sent.map((sent) => [sent.id, sent]));
  if (facts.sent.some(({ seq }) => seq !== undefined))
    assert.ok(facts.epochs.has(store.epoch), 'the store has a new epoch');
  for (const user of USERS) {
    const read = await store.read(user, 0, EVERYTHING);
    assert.deepEqual(
      read.map(({ seq }) => seq),
      read.map((_, index) => index + 1),
      'seqs have no gaps',
    );
    for (const { seq, id, from, body, purgedAt } of read) {
      const sent = known.get(id);
      const isPurged = purgedAt !== undefined;
      if (isPurged) assert.ok(facts.triedPurges.has(`${user} ${seq}`), `no purge of ${id} was requested`);
      else assert.ok(!facts.purged.has(`${user} ${seq}`), `${id} is back after an acknowledged purge`);
      assert.deepEqual(
        { to: user, from, body },
        { to: sent?.to, from: sent?.from, body: isPurged ? '' : sent?.body },
        'the message is as it was sent',
      );
      assert.equal(sent?.seq ?? seq, seq);
    }
    const there = new Map(read.map(({ id, seq }) => [id, seq]));
    assert.equal(there.size, read.length, 'no message is there twice');
    for (const { to, id, seq } of facts.sent) {
      if (to === user && seq !== undefined) assert.equal(there.get(id), seq, `${id} was acknowledged and is lost`);
    }
    for (const device of DEVICES) {
      const { delivered } = await store.claim(user, { device });
      assert.ok(delivered >= (facts.cursor.get(`${user} ${device}`) ?? 0), 'an acknowledged cursor is lost');
      assert.ok(delivered <= (facts.triedCursor.get(user) ?? 0), 'the cursor is beyond every ack');
    }
  }
  await store.close();
}
