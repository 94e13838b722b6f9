/** Frames buffered in a turn: complete, in order, and in as few frames and texts as the limits allow. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeServerText } from '../../src/protocol/codec.js';
import type { ServerFrame } from '../../src/protocol/frame-catalogue.js';
import { WIRE } from '../../src/protocol/limits.js';
import { OutboundFrames } from '../../src/server/outbound-frames.js';

const bufferOf = (frames: readonly ServerFrame[]): OutboundFrames => {
  const buffer = new OutboundFrames();
  for (const frame of frames) buffer.add(frame);
  return buffer;
};

/** The frames that are sent, decoded again. */
const sentFor = (frames: readonly ServerFrame[]): unknown[] =>
  bufferOf(frames)
    .take()
    .flatMap((text) => decodeServerText(text));

const stored = (...ids: string[]): ServerFrame => ({ type: 'stored', ids });
const delivered = (to: string, ...ids: string[]): ServerFrame => ({ type: 'delivered', to, ids });
const heartbeat: ServerFrame = { type: 'heartbeat' };

describe('adjacent frames are merged', () => {
  test('adjacent stored frames are merged, with their duplicates', () => {
    const duplicate: ServerFrame = { type: 'stored', ids: ['m2'], duplicates: ['m2'] };
    assert.deepEqual(sentFor([stored('m1'), duplicate, stored('m3')]), [
      { type: 'stored', ids: ['m1', 'm2', 'm3'], duplicates: ['m2'] },
    ]);
  });

  test('adjacent delivered frames of the same target are merged', () => {
    assert.deepEqual(sentFor([delivered('bob', 'm1'), delivered('bob', 'm2'), delivered('carol', 'm3')]), [
      delivered('bob', 'm1', 'm2'),
      delivered('carol', 'm3'),
    ]);
  });

  test('frames with another frame between them are not merged', () => {
    const frames = [stored('m1'), heartbeat, stored('m2'), delivered('bob', 'm1'), stored('m3')];
    assert.deepEqual(sentFor(frames), frames);
  });

  test('a merged frame has at most maxIdsPerFrame ids', () => {
    const ids = Array.from({ length: WIRE.maxIdsPerFrame + 1 }, (_, index) => `m${index}`);
    assert.deepEqual(sentFor(ids.map((id) => stored(id))), [
      stored(...ids.slice(0, WIRE.maxIdsPerFrame)),
      stored(`m${WIRE.maxIdsPerFrame}`),
    ]);
  });
});

describe('the texts of a turn', () => {
  test('the frames of a turn are one text, and no frames are no text', () => {
    const buffer = bufferOf([stored('m1'), heartbeat, delivered('bob', 'm1')]);
    assert.equal(buffer.isEmpty, false);
    assert.equal(buffer.take().length, 1);
    assert.equal(buffer.isEmpty, true);
    assert.deepEqual(buffer.take(), []);
  });

  test('a text has at most maxFramesPerPackage frames', () => {
    const texts = bufferOf(Array.from({ length: WIRE.maxFramesPerPackage + 1 }, () => heartbeat)).take();
    assert.deepEqual(
      texts.map((text) => decodeServerText(text).length),
      [WIRE.maxFramesPerPackage, 1],
    );
  });

  test('merging does not change the frame that was added', () => {
    const ids = ['m1'];
    const buffer = bufferOf([{ type: 'stored', ids }]);
    buffer.add(stored('m2'));
    assert.deepEqual(ids, ['m1']);
  });
});

/** The content of a sequence of frames, independent of how ids are merged. */
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

test('any sequence of frames keeps its content and order, in no more frames', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 30 }), (frames) => {
      const sent = sentFor(frames) as ServerFrame[];
      assert.deepEqual(facts(sent), facts(frames));
      assert.ok(sent.length <= frames.length);
    }),
  );
});
