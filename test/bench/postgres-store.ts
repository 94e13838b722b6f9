/**
 * Benchmark of the store on PostgreSQL: a primary whose commits wait for one of two standbys, all on this machine. Senders send
 * batches; each message is stored, read and settled. Then one message at a time, beside a commit without any message.
 * `node build/test/bench/postgres-store.js [messages] [pairs] [messages in flight] [messages in a batch] [standbys]`
 */
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../src/io/clock.js';
import { silentLog } from '../../src/io/log.js';
import { Database } from '../../src/postgres/database/database.js';
import { expectSchema, migrate } from '../../src/postgres/schema/migrations.js';
import { SCHEMA } from '../../src/postgres/schema/schema.js';
import { PostgresStore } from '../../src/postgres/store/postgres-store.js';
import type { Store } from '../../src/store/store.js';
import { startCluster } from '../harness/postgres/cluster.js';

const [messages = 100_000, pairs = 32, window = 64, size = 16, standbys = 2] = process.argv.slice(2).map(Number);
const BODY = 'x'.repeat(116);
const LIMIT = { messages: 256, bytes: 256 * 1024 };
const ROUNDS = 4;
const SINGLE = 500;

/** One sender and its receiver: what is stored is read and settled at once. */
async function runPair(store: Store, from: string, to: string, count: number): Promise<void> {
  const { fence, delivered } = await store.claim(to);
  let sent = 0;
  let settled = 0;
  let pushed = delivered;
  let isReading = false;
  let isNudged = false;
  let resolve: () => void = () => {};
  const done = new Promise<void>((end) => {
    resolve = end;
  });
  const read = async (): Promise<void> => {
    isNudged = true;
    if (isReading) return;
    isReading = true;
    while (isNudged) {
      isNudged = false;
      const found = await store.read(to, pushed, LIMIT, { device: 'main', fence });
      if (found.length === 0) continue;
      isNudged = true;
      pushed = found.at(-1)?.seq ?? 0;
      void store.settle(to, pushed, fence).then((result) => {
        if (result.outcome === 'settled') settled += result.messages.length;
        if (settled === count) resolve();
      });
    }
    isReading = false;
  };
  const send = async (): Promise<void> => {
    while (sent < count) {
      const ids = Array.from({ length: Math.min(size, count - sent) }, () => ({ id: randomUUID(), body: BODY }));
      sent += ids.length;
      await store.append({ to, from, at: Date.now(), isPlain: true, messages: ids });
      void read();
    }
  };
  for (let index = 0; index < window / size; index++) void send();
  await done;
}

const quantile = (values: readonly number[], at: number): string =>
  ([...values].sort((a, b) => a - b)[Math.floor(values.length * at)] ?? 0).toFixed(2);

async function timed(run: () => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  for (let index = 0; index < SINGLE; index++) {
    const at = performance.now();
    await run();
    took.push(performance.now() - at);
  }
  return took;
}

const cluster = await startCluster({ standbys });
try {
  const url = (await cluster.newDatabase())[0] as string;
  const database = new Database({ url, isSingleNode: standbys === 0, clock: systemClock, log: silentLog });
  const schema = await migrate(database, SCHEMA);
  const { epoch } = schema;
  database.expect(expectSchema(schema, SCHEMA.length));
  const store = new PostgresStore({ database, epoch, clock: systemClock, log: silentLog });
  for (let round = 0; round < ROUNDS; round++) {
    const at = performance.now();
    const cpu = process.cpuUsage();
    const count = Math.floor(messages / ROUNDS / pairs);
    await Promise.all(Array.from({ length: pairs }, (_, pair) => runPair(store, `from${pair}`, `to${pair}`, count)));
    const seconds = (performance.now() - at) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    const each = (user + system) / (count * pairs);
    console.log(`${Math.round((count * pairs) / seconds)}/s, ${each.toFixed(0)} µs of CPU in this process per message`);
  }
  const commits = await timed(() =>
    database.transaction(async (transaction) =>
      transaction.write({ text: "SELECT pg_logical_emit_message(true, 'x', '')" }),
    ),
  );
  const appends = await timed(() =>
    store.append({ to: 'to0', from: 'from0', at: Date.now(), messages: [{ id: randomUUID(), body: BODY }] }),
  );
  for (const [what, took] of Object.entries({ commits, appends }))
    console.log(`${what} alone: p50 ${quantile(took, 0.5)} ms, p99 ${quantile(took, 0.99)} ms`);
  await store.close();
  await database.close();
} finally {
  await cluster.remove();
}
