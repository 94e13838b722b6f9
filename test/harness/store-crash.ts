/**
 * Random runs of a file store with faults: power cuts at any operation, kills, full disks. Checks at the end that
 * everything acknowledged is there, and nothing else (I1, I2, I8), and that a message and its copy for the sender's other devices
 * are both there, or none; and that no session has ever read what was unsent. A seed always gives the same run.
 */
import assert from 'node:assert/strict';
import { isTemporary } from '../../src/disk/disk-errors.js';
import { type FileStore, openFileStore } from '../../src/file-store/store/file-store.js';
import type { Clock } from '../../src/io/clock.js';
import { silentLog } from '../../src/io/log.js';
import { MAIN_DEVICE } from '../../src/protocol/frames/login.js';
import {
  type AppendResult,
  type ReadMessage,
  StaleClaim,
  StoreBroken,
  StoreUnavailable,
} from '../../src/store/store.js';
import { batchOf } from './append.js';
import { MemoryDisk, type Random } from './files-memory.js';
import { seededRandom } from './seeded-random.js';

const FOLDER = '/data';
const USERS = ['bob', 'carol', 'constructor'];
const DEVICES = ['main', 'laptop', 'phone'];
/** Users with devices that want copies: `alice` only sends. */
const SENDERS = ['alice', 'dave', 'bob', 'carol'];
const MAILBOXES = [...new Set([...USERS, ...SENDERS])];
/** `main` wants none, the others do; which devices there are is up to the run. */
const wantsCopies = (device: string): boolean => device !== 'main';
const EVERYTHING = { messages: 1_000_000, bytes: 1e9 };

interface Sent {
  readonly to: string;
  readonly from: string;
  readonly id: string;
  readonly body: string;
  /** Undefined: a session in mode `send`. */
  readonly device?: string;
  /**
   * Whether another device of the sender had asked for copies before it was sent first, so that there is one if it is stored. Not
   * after a fault that damages the mailbox of the sender.
   */
  mustBeCopied: boolean;
  /** Set when it was acknowledged. */
  seq?: number;
  /** Whether it was acknowledged together with a copy; undefined when only a resend was acknowledged. */
  isCopied?: boolean;
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
  /** `user seq` of what sessions have read, and of acknowledged unsends. */
  readonly pushed = new Set<string>();
  readonly unsent = new Set<string>();
  readonly epochs = new Set<string>();
  /** `user device` of acknowledged claims of devices that want copies. */
  readonly wanting = new Set<string>();
  /** `user device` of requested ones. */
  readonly triedWanting = new Set<string>();
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
  /** How many of them with a copy. */
  readonly copied: number;
  readonly unsent: number;
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
  const stored = facts.sent.filter(({ seq }) => seq !== undefined).length;
  const copied = facts.sent.filter(({ isCopied }) => isCopied).length;
  return { sessions, cuts, stored, copied, unsent: facts.unsent.size };
}

/** One process with the store open: from opening it to its close, a kill, or a power cut. */
class Session {
  #operations = 0;
  #isCut = false;
  #elapsedMs = 0;
  #isFull = false;
  #isFaulty = false;
  /** The fault was not a temporary one: a mailbox that was being read counts as damaged, and gets no copies. */
  #isDamaging = false;
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
        const error = Object.assign(new Error(`${fault.code} of ${operation}`), { code: fault.code });
        this.#isFaulty = true;
        this.#isDamaging = !isTemporary(error);
        if (this.#isDamaging) for (const sent of facts.sent) if (sent.seq === undefined) sent.mustBeCopied = false;
        throw error;
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
    const owner = MAILBOXES[random(MAILBOXES.length)] as string;
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
        return this.#wait(this.#ack(store, owner));
      case 4:
        return this.#wait(this.#note(store, owner));
      case 5:
        return this.#wait(store.read(owner, 0, EVERYTHING).then(() => undefined));
      case 6:
        return this.#wait(random(2) === 0 ? this.#purge(store, user) : this.#unsend(store, user));
      case 7:
        for (const batch of batchesOf(this.facts.sent.slice(-6))) this.#wait(this.#send(store, batch));
        return;
      default: {
        const sent: Sent[] = [];
        for (let count = 1 + random(8); count > 0; count--) {
          const like = random(3) > 0 ? sent.at(-1) : undefined;
          const one = this.#newMessage(user, `m${this.facts.sent.length}`, like);
          sent.push(one);
          this.facts.sent.push(one);
        }
        for (const batch of batchesOf(sent)) this.#wait(this.#send(store, batch));
      }
    }
  }

  /** @param like has the same sender and device. */
  #newMessage(to: string, id: string, like: Sent | undefined): Sent {
    const { random, facts } = this;
    const from = like?.from ?? (SENDERS[random(SENDERS.length)] as string);
    const device = like ? like.device : [...DEVICES, undefined][random(DEVICES.length + 1)];
    const body = `${id} `.repeat(1 + random(random(10) === 0 ? 400 : 10));
    const wanting = DEVICES.filter((other) => other !== device && facts.wanting.has(`${from} ${other}`));
    const mustBeCopied = from !== to && wanting.length > 0 && !this.#isDamaging;
    return { to, from, id, body, mustBeCopied, ...(device !== undefined && { device }) };
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
    await whileTimePasses(Promise.all(waiting), (ms) => this.#tick(ms));
  }

  #tick(ms: number): void {
    this.#elapsedMs += ms;
    for (const run of this.#ticks) run();
  }

  async #send(store: FileStore, batch: readonly Sent[]): Promise<void> {
    const at = 1_700_000_000_000 + this.#elapsedMs;
    const results = await store.append(batchOf(batch.map((sent) => ({ ...sent, at }))));
    assert.equal(results.length, batch.length);
    for (const [index, sent] of batch.entries()) this.#stored(sent, results[index] as AppendResult);
  }

  #stored(sent: Sent, appended: AppendResult): void {
    if (appended.outcome === 'unavailable') return;
    if (appended.outcome === 'purged' || appended.outcome === 'unsent') {
      assert.ok(this.facts.triedPurges.has(`${sent.to} ${sent.seq}`), `no purge of ${sent.id} was requested`);
      return;
    }
    assert.ok(appended.outcome === 'stored' || appended.outcome === 'duplicate', appended.outcome);
    assert.equal(appended.seq, sent.seq ?? appended.seq, `the seq of ${sent.id} changed`);
    if (appended.outcome === 'stored') {
      sent.isCopied = appended.copied === true;
      if (sent.mustBeCopied) assert.ok(sent.isCopied, `${sent.id} was not copied`);
    }
    sent.seq = appended.seq;
  }

  async #ack(store: FileStore, user: string): Promise<void> {
    const device = DEVICES[this.random(DEVICES.length)] as string;
    const place = `${user} ${device}`;
    const copies = wantsCopies(device);
    if (copies) this.facts.triedWanting.add(place);
    const { fence, delivered, last } = await store.claim(user, { device, copies });
    if (copies) this.facts.wanting.add(place);
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

  /** Of messages that waited a moment ago. */
  async #unsend(store: FileStore, user: string): Promise<void> {
    const { delivered } = await store.inspect(user);
    const some = (await store.read(user, delivered, EVERYTHING)).filter(
      ({ to, purgedAt }) => to === undefined && purgedAt === undefined && this.random(2) === 0,
    );
    for (const { seq } of some) this.facts.triedPurges.add(`${user} ${seq}`);
    for (const from of SENDERS) {
      const own = some.filter((message) => message.from === from);
      if (own.length === 0) continue;
      const { outcomes } = await store.unsend({ to: user, from, ids: own.map(({ id }) => id), at: 1 });
      for (const [index, { seq }] of own.entries()) {
        if (outcomes[index] !== 'unsent') continue;
        this.facts.purged.add(`${user} ${seq}`);
        this.facts.unsent.add(`${user} ${seq}`);
      }
    }
  }

  async #note(store: FileStore, user: string): Promise<void> {
    const { fence, last } = await store.claim(user);
    try {
      const read = await store.read(user, 0, EVERYTHING, { device: MAIN_DEVICE, fence });
      for (const { seq, purgedAt } of read) if (purgedAt === undefined) this.facts.pushed.add(`${user} ${seq}`);
    } catch (error) {
      if (!(error instanceof StaleClaim)) throw error;
    }
    await store.notePushed(user, last, fence, 1);
  }
}

/** Messages in a row of one sender, from one device, to one target. */
function batchesOf(sent: readonly Sent[]): readonly (readonly Sent[])[] {
  const batches: Sent[][] = [];
  for (const one of sent) {
    const last = batches.at(-1)?.[0];
    if (last?.to === one.to && last.from === one.from && last.device === one.device) batches.at(-1)?.push(one);
    else batches.push([one]);
  }
  return batches;
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

/** Waits, while time passes: a journal that is too long waits for the next checkpoint. */
async function whileTimePasses<T>(done: Promise<T>, pass: (ms: number) => void): Promise<T> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  done.then(over, over);
  for (let turns = 1; !isOver; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (turns % 20 === 0) pass(1_000);
  }
  return done;
}

async function verify(disk: MemoryDisk, facts: Facts): Promise<void> {
  disk.watch = () => undefined;
  let elapsedMs = 0;
  const ticks: (() => void)[] = [];
  const store = await openStore(
    disk,
    () => 0,
    () => elapsedMs,
    ticks,
  );
  const passTime = (ms: number): void => {
    elapsedMs += ms;
    for (const run of ticks) run();
  };
  for (const key of facts.unsent) assert.ok(!facts.pushed.has(key), `${key} was unsent, though a session has read it`);
  const known = new Map(facts.sent.map((sent) => [sent.id, sent]));
  if (facts.sent.some(({ seq }) => seq !== undefined))
    assert.ok(facts.epochs.has(store.epoch), 'the store has a new epoch');
  const messages = new Map<string, ReadMessage>();
  const copies = new Map<string, ReadMessage>();
  for (const user of MAILBOXES) {
    const read = await store.read(user, 0, EVERYTHING);
    assert.deepEqual(
      read.map(({ seq }) => seq),
      read.map((_, index) => index + 1),
      'seqs have no gaps',
    );
    for (const message of read) {
      const { seq, id, from, body, to = user, purgedAt } = message;
      const isCopy = message.to !== undefined;
      const those = isCopy ? copies : messages;
      assert.ok(!those.has(id), `${id} is there twice`);
      those.set(id, message);
      const sent = known.get(id);
      const isPurged = purgedAt !== undefined;
      if (isPurged) assert.ok(facts.triedPurges.has(`${user} ${seq}`), `no purge of ${id} was requested`);
      else assert.ok(!facts.purged.has(`${user} ${seq}`), `${id} is back after an acknowledged purge`);
      assert.deepEqual(
        { to, from, body },
        { to: sent?.to, from: sent?.from, body: isPurged ? '' : sent?.body },
        'the message is as it was sent',
      );
      if (isCopy) assert.deepEqual([from, message.device], [user, sent?.device], 'the copy is where it belongs');
      else assert.equal(sent?.seq ?? seq, seq);
    }
    const passed = passCopies(read, facts.triedCursor.get(user) ?? 0);
    for (const device of DEVICES) {
      const { delivered } = await whileTimePasses(store.claim(user, { device }), passTime);
      assert.ok(delivered >= (facts.cursor.get(`${user} ${device}`) ?? 0), 'an acknowledged cursor is lost');
      assert.ok(delivered <= passed, 'the cursor is beyond every ack');
    }
  }
  for (const sent of facts.sent) verifyBoth(sent, messages.get(sent.id), copies.get(sent.id), facts);
  await store.close();
}

/** Whether a message is there, and its copy: what was acknowledged, and both or none. */
function verifyBoth(
  { id, from, device, seq, isCopied, mustBeCopied }: Sent,
  message: ReadMessage | undefined,
  copy: ReadMessage | undefined,
  facts: Facts,
): void {
  if (seq !== undefined) assert.equal(message?.seq, seq, `${id} was acknowledged and is lost`);
  if (copy) assert.equal(copy.at, message?.at, `${id} is not there, but its copy is`);
  if (isCopied !== undefined) assert.equal(copy !== undefined, isCopied, `the copy of ${id} is not as acknowledged`);
  if (message && mustBeCopied) assert.ok(copy, `${id} is there without its copy`);
  const isWanted = DEVICES.some((other) => other !== device && facts.triedWanting.has(`${from} ${other}`));
  if (copy) assert.ok(isWanted, `nobody wants a copy of ${id}`);
}

/** Where the cursor is if everything up to `seq` was acked: copies wait for nobody. */
function passCopies(read: readonly ReadMessage[], seq: number): number {
  const next = read[seq];
  return next?.to === undefined ? seq : passCopies(read, next.seq);
}
