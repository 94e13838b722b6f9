/** What servers tell each other: short enough for NOTIFY, in order, and checked when received. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type BusItem,
  channelOf,
  decodePayload,
  encodeItem,
  toPayloads,
} from '../../../src/postgres/cluster/bus-items.js';
import { BUS } from '../../../src/postgres/limits.js';
import { QUEUE, WIRE } from '../../../src/protocol/limits.js';

const SERVER = '0123456789abcdef';

const ITEMS: readonly BusItem[] = [
  { type: 'nudge', user: 'bob' },
  { type: 'redeliver', user: 'bob' },
  { type: 'replay', user: 'bob', replay: 'again "\\ 三', seqs: [1, 2, 3] },
  { type: 'delivered', user: 'constructor', to: 'bob', ids: ['m1', '"\\'] },
  { type: 'purged', user: 'alice', to: 'bob', ids: ['m1'] },
  { type: 'takeover', user: 'bob', device: 'main', fence: 7 },
  { type: 'outbox-takeover', user: 'bob', outbox: 'o', fence: 7 },
  { type: 'read', user: 'bob', device: 'main', from: 'alice', epoch: 'e', seq: 4 },
  { type: 'device-removed', user: 'bob', device: 'phone' },
  { type: 'revoked', user: 'bob', generations: [1, 2] },
  { type: 'ask', ask: 1, server: SERVER, user: 'bob' },
  { type: 'answer', ask: 1, server: SERVER, room: 0 },
  { type: 'answer', ask: 1, server: SERVER },
  { type: 'repeat', server: SERVER },
];

test('each kind of item arrives as it was sent, in order', () => {
  assert.deepEqual(toPayloads(ITEMS.flatMap(encodeItem)).flatMap(decodePayload), ITEMS);
});

test('every payload is short enough for NOTIFY, and nothing is lost', () => {
  const id = fc.string({ unit: fc.constantFrom('a', '"', '\\'), minLength: 1, maxLength: WIRE.maxIdLength });
  const ids = fc.array(id, { minLength: 1, maxLength: WIRE.maxIdsPerFrame });
  fc.assert(
    fc.property(fc.array(ids, { minLength: 1, maxLength: 4 }), (lists) => {
      const items = lists.map((list): BusItem => ({ type: 'delivered', user: 'alice', to: 'bob', ids: list }));
      const payloads = toPayloads(items.flatMap(encodeItem));
      for (const payload of payloads) assert.ok(Buffer.byteLength(payload) <= BUS.maxPayloadBytes);
      const received = payloads.flatMap(decodePayload);
      assert.deepEqual(
        received.flatMap((item) => (item.type === 'delivered' ? item.ids : [])),
        lists.flat(),
      );
    }),
    { numRuns: 30 },
  );
});

test('the longest lists are split', () => {
  const seqs = Array.from({ length: QUEUE.maxMessagesPerFrame }, (_, index) => Number.MAX_SAFE_INTEGER - index);
  const replay = decodePayload(toPayloads(encodeItem({ type: 'replay', user: 'bob', replay: 'r', seqs }))[0] ?? '');
  assert.deepEqual(replay, [{ type: 'replay', user: 'bob', replay: 'r', seqs }]);
});

test('what is not understood is ignored, and the rest is not', () => {
  const bad = [
    null,
    7,
    [],
    {},
    { type: 'constructor', user: 'bob' },
    { type: '__proto__', user: 'bob' },
    { type: 'of-a-later-version', user: 'bob' },
    { type: 'nudge' },
    'no user name',
    { type: 'takeover', user: 'bob', device: 'main', fence: '7' },
    { type: 'takeover', user: 'bob', device: '../main', fence: 7 },
    { type: 'delivered', user: 'bob', to: 'alice', ids: 'm1' },
    { type: 'delivered', user: 'bob', to: 'alice', ids: ['\u001b[2J'] },
    { type: 'revoked', user: 'bob', generations: [1.5] },
    { type: 'ask', ask: 1, server: "im'; DROP TABLE", user: 'bob' },
    { type: 'repeat', server: 'UPPERCASE0123456' },
  ];
  const good = { type: 'redeliver', user: 'bob', added: 'by a later version' };
  for (const value of bad)
    assert.deepEqual(decodePayload(JSON.stringify([value, good])), [good], JSON.stringify(value));
  for (const payload of ['', '{', 'null', '"bob"', '{"type":"nudge","user":"bob"}', `["${'a'.repeat(9_000)}"]`])
    assert.deepEqual(decodePayload(payload), [], payload.slice(0, 40));
});

test('only the id of a server becomes part of the name of a channel', () => {
  assert.equal(channelOf(SERVER), `im_${SERVER}`);
  for (const id of ['', '*', 'x"; DROP', `${SERVER}0`]) assert.throws(() => channelOf(id), RangeError);
});
