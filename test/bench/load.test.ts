/** The load generator: it respects the window, and fails on lost, duplicated or reordered messages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runLoad } from './load.js';
import type { OpenPair, PairEvents } from './pair.js';
import type { Work } from './work.js';

const work: Work = {
  target: { system: 'mosquitto', port: 0 },
  run: 'test',
  pairs: 2,
  unanswered: 4,
  restMs: 0,
  warmupMs: 0,
  measureMs: 0,
  serverPid: process.pid,
};

/** A fake system that calls `handle` for each message in the next turn. */
const system =
  (handle: (number: number, events: PairEvents) => void): OpenPair =>
  async (_index, events) => ({
    send(first, count) {
      for (let number = first; number < first + count; number++) setImmediate(() => handle(number, events));
    },
    close: async () => {},
  });

test('a load run never exceeds its window, and all messages arrive', async () => {
  const inFlight = new Map<PairEvents, number>();
  let most = 0;
  const { total } = await runLoad(work, async (index, events) => {
    const pair = await system((number) => {
      inFlight.set(events, (inFlight.get(events) ?? 0) - 1);
      events.answered(1);
      events.received(number);
      events.settled(1);
    })(index, events);
    return {
      ...pair,
      send(first, count) {
        inFlight.set(events, (inFlight.get(events) ?? 0) + count);
        most = Math.max(most, ...inFlight.values());
        pair.send(first, count);
      },
    };
  });
  assert.ok(total >= 2 * work.unanswered);
  assert.equal(most, work.unanswered);
});

test('a load run fails on a duplicated message', async () => {
  const twice = system((number, events) => {
    events.answered(1);
    events.received(number);
    events.received(number);
    events.settled(1);
  });
  await assert.rejects(runLoad(work, twice), /expected message 1, got 0/);
});

test('a load run fails on reordered messages', async () => {
  const swapped = system((number, events) => {
    events.answered(1);
    events.received(number ^ 1);
    events.settled(1);
  });
  await assert.rejects(runLoad(work, swapped), /expected message 0, got 1/);
});
