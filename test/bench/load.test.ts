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

/** A system that handles each message in the next turn, the way `handle` says. */
const system =
  (handle: (number: number, events: PairEvents) => void): OpenPair =>
  async (_index, events) => ({
    send(first, count) {
      for (let number = first; number < first + count; number++) setImmediate(() => handle(number, events));
    },
    close: async () => {},
  });

test('no more than the window is unanswered, and all that was sent is seen to arrive', async () => {
  const underWay = new Map<PairEvents, number>();
  let most = 0;
  const { total } = await runLoad(work, async (index, events) => {
    const pair = await system((number) => {
      underWay.set(events, (underWay.get(events) ?? 0) - 1);
      events.answered(1);
      events.received(number);
      events.settled(1);
    })(index, events);
    return {
      ...pair,
      send(first, count) {
        underWay.set(events, (underWay.get(events) ?? 0) + count);
        most = Math.max(most, ...underWay.values());
        pair.send(first, count);
      },
    };
  });
  assert.ok(total >= 2 * work.unanswered);
  assert.equal(most, work.unanswered);
});

test('a message that comes twice fails the run', async () => {
  const twice = system((number, events) => {
    events.answered(1);
    events.received(number);
    events.received(number);
    events.settled(1);
  });
  await assert.rejects(runLoad(work, twice), /message 0 came when 1 was due/);
});

test('messages that change places fail the run', async () => {
  const swapped = system((number, events) => {
    events.answered(1);
    events.received(number ^ 1);
    events.settled(1);
  });
  await assert.rejects(runLoad(work, swapped), /message 1 came when 0 was due/);
});
