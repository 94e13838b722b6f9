/** What gathers in a turn: nothing is lost, nothing overtakes, and as few frames and texts leave as the limits allow. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeServerText } from '../../src/protocol/codec.js';
import type { ServerFrame } from '../../src/protocol/frame-catalogue.js';
import { OutboundFrames } from '../../src/server/outbound-frames.js';

const outgoingOf = (frames: readonly ServerFrame[]): OutboundFrames => {
  const outgoing = new OutboundFrames();
  for (const frame of frames) outgoing.add(frame);
  return outgoing;
};

/** The frames that leave, decoded again. */
const leaving = (frames: readonly ServerFrame[]): unknown[] =>
  outgoingOf(frames)
    .take()
    .flatMap((text) => decodeServerText(text));

const stored = (...ids: string[]): ServerFrame => ({ type: 'stored', ids });
const delivered = (to: string, ...ids: string[]): ServerFrame => ({ type: 'delivered', to, ids });
const heartbeat: ServerFrame = { type: 'heartbeat' };

describe('neighbours become one', () => {
  test('stored with stored, duplicates kept', () => {
    const duplicate: ServerFrame = { type: 'stored', ids: ['m2'], duplicates: ['m2'] };
    assert.deepEqual(leaving([stored('m1'), duplicate, stored('m3')]), [
      { type: 'stored', ids: ['m1', 'm2', 'm3'], duplicates: ['m2'] },
    ]);
  });

  test('delivered with delivered of the same target only', () => {
    assert.deepEqual(leaving([delivered('bob', 'm1'), delivered('bob', 'm2'), delivered('carol', 'm3')]), [
      delivered('bob', 'm1', 'm2'),
      delivered('carol', 'm3'),
    ]);
  });

  test('not over something that stands between them', () => {
    const frames = [stored('m1'), heartbeat, stored('m2'), delivered('bob', 'm1'), stored('m3')];
    assert.deepEqual(leaving(frames), frames);
  });

  test('up to 1,000 ids a frame', () => {
    const ids = Array.from({ length: 1_001 }, (_, index) => `m${index}`);
    assert.deepEqual(leaving(ids.map((id) => stored(id))), [stored(...ids.slice(0, 1_000)), stored('m1000')]);
  });
});

describe('what leaves', () => {
  test('is one text a turn, and nothing when nothing was added', () => {
    const outgoing = outgoingOf([stored('m1'), heartbeat, delivered('bob', 'm1')]);
    assert.equal(outgoing.isEmpty, false);
    assert.equal(outgoing.take().length, 1);
    assert.equal(outgoing.isEmpty, true);
    assert.deepEqual(outgoing.take(), []);
  });

  test('is at most 256 frames a text', () => {
    const texts = outgoingOf(Array.from({ length: 257 }, () => heartbeat)).take();
    assert.deepEqual(
      texts.map((text) => decodeServerText(text).length),
      [256, 1],
    );
  });

  test('does not change when the frame that was added changes afterwards', () => {
    const ids = ['m1'];
    const outgoing = outgoingOf([{ type: 'stored', ids }]);
    outgoing.add(stored('m2'));
    assert.deepEqual(ids, ['m1']);
  });
});

/** What a sequence of frames says, one fact after the other. */
const facts = (frames: readonly ServerFrame[]): unknown[] =>
  frames.flatMap((frame): unknown[] => {
    if (frame.type === 'stored') return frame.ids.map((id) => ['stored', id]);
    if (frame.type === 'delivered') return frame.ids.map((id) => ['delivered', frame.to, id]);
    return [frame];
  });

const id = fc.integer({ min: 1, max: 999 }).map((number) => `m${number}`);
const ids = fc.array(id, { minLength: 1, maxLength: 400 });
const anyFrame: fc.Arbitrary<ServerFrame> = fc.oneof(
  ids.map((of) => stored(...of)),
  fc.tuple(fc.constantFrom('bob', 'carol'), ids).map(([to, of]) => delivered(to, ...of)),
  fc.constant(heartbeat),
  id.map((of): ServerFrame => ({ type: 'message', seq: 1, id: of, from: 'bob', body: 'é', at: 0, attempt: 1 })),
);

test('any sequence of frames says the same, in the same order, in no more frames', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 30 }), (frames) => {
      const left = leaving(frames) as ServerFrame[];
      assert.deepEqual(facts(left), facts(frames));
      assert.ok(left.length <= frames.length);
    }),
  );
});
