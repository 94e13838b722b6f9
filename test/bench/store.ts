/**
 * Benchmark of the store alone: pairs of senders and receivers; each message is stored, read and settled.
 * `node build/test/bench/store.js [messages] [pairs] [window]` prints messages per second and CPU per message. Uses a temporary folder.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileStore } from '../../src/file-store/store/file-store.js';
import { systemClock } from '../../src/io/clock.js';
import { silentLog } from '../../src/io/log.js';
import type { Store } from '../../src/store/store.js';
import { append } from '../harness/append.js';

const [messages = 1_000_000, pairs = 8, window = 64] = process.argv.slice(2).map(Number);
const BODY = 'x'.repeat(116);
const LIMIT = { messages: 256, bytes: 256 * 1024 };

const CHUNK = 1024;
/** Ids as a server gets them: strings from parsed JSON. */
const freshIds = (): string[] => JSON.parse(JSON.stringify(Array.from({ length: CHUNK }, () => randomUUID())));

/** One sender and its receiver: stored messages are read at the end of the turn and settled at once. */
class Pair {
  #sent = 0;
  #settled = 0;
  #pushed = 0;
  #fence = 0;
  #isReading = false;
  #ids: readonly string[] = [];

  constructor(
    readonly store: Store,
    readonly name: string,
    readonly count: number,
    readonly done: () => void,
  ) {}

  async start(): Promise<void> {
    this.#fence = (await this.store.claim(this.name)).fence;
    for (let index = 0; index < window; index++) void this.#send();
  }

  async #send(): Promise<void> {
    while (this.#sent < this.count) {
      if (this.#sent % CHUNK === 0) this.#ids = freshIds();
      const id = this.#ids[this.#sent++ % CHUNK] as string;
      await append(this.store, { to: this.name, from: 'alice', id, body: BODY, at: Date.now() });
      if (this.#isReading) continue;
      this.#isReading = true;
      setImmediate(() => void this.#read());
    }
  }

  async #read(): Promise<void> {
    this.#isReading = false;
    for (;;) {
      const read = await this.store.read(this.name, this.#pushed, LIMIT);
      if (read.length === 0) return;
      this.#pushed = read.at(-1)?.seq ?? 0;
      void this.store.settle(this.name, this.#pushed, this.#fence).then((settled) => {
        if (settled.outcome === 'settled') this.#settled += settled.messages.length;
        if (this.#settled === this.count) this.done();
      });
    }
  }
}

const folder = await mkdtemp(join(tmpdir(), 'im-bench-'));
const store = await openFileStore({ folder, clock: systemClock, log: { ...silentLog, debug: console.error } });
let last = { messages: 0, at: performance.now(), cpu: process.cpuUsage() };
for (let round = 0; round < 5; round++) {
  await new Promise<void>((resolve) => {
    let open = pairs;
    for (let index = 0; index < pairs; index++) {
      const name = `user${round}-${index}`;
      void new Pair(store, name, Math.floor(messages / 5 / pairs), () => --open || resolve()).start();
    }
  });
  const cpu = process.cpuUsage(last.cpu);
  const count = messages / 5;
  const seconds = (performance.now() - last.at) / 1000;
  console.log(
    `${Math.round(count / seconds)}/s  ${((cpu.user + cpu.system) / count).toFixed(2)} µs/message (user ${(cpu.user / count).toFixed(2)})  rss ${Math.round(process.memoryUsage.rss() / 1e6)} MB`,
  );
  last = { messages, at: performance.now(), cpu: process.cpuUsage() };
}
await store.close();
await rm(folder, { recursive: true });
