/** Fuzzes the codec: every result is a frame that passes its own check, an invalid frame with a code, or "passed over". */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Decoded, decode } from '../../src/protocol/codec.js';
import { type Catalogue, CLIENT_FRAMES, SERVER_FRAMES } from '../../src/protocol/frame-catalogue.js';
import { WIRE } from '../../src/protocol/limits.js';
import { CLIENT_GOLDEN, SERVER_GOLDEN } from './golden.js';

const CODES = new Set(['invalid', 'too-large']);

function assertSound(decoded: readonly Decoded<unknown & { type: string }>[], catalogue: Catalogue): void {
  assert.ok(decoded.length >= 1 && decoded.length <= WIRE.maxFramesPerPackage);
  for (const item of decoded as readonly ({ type: string } & Record<string, unknown>)[]) {
    if (item.type === 'passed-over') continue;
    if (item.type === 'refused') {
      assert.ok(CODES.has(item.code as string));
      assert.ok(Object.hasOwn(catalogue, item.frame as string));
      continue;
    }
    assert.ok(Object.hasOwn(catalogue, item.type), `unknown type: ${JSON.stringify(item)}`);
    assert.equal(catalogue[item.type]?.check(item), undefined);
  }
}

for (const [side, catalogue, table] of [
  ['client', CLIENT_FRAMES as Catalogue, CLIENT_GOLDEN],
  ['server', SERVER_FRAMES as Catalogue, SERVER_GOLDEN],
] as const) {
  const texts = Object.values(table).flatMap(({ good }) => good.map((frame) => JSON.stringify(frame)));
  const anyText = fc.constantFrom(...texts);

  test(`${side} frames with each byte replaced by each ASCII character are decoded soundly`, () => {
    for (const text of texts) {
      const step = Math.ceil(text.length / 400); // A list of 500 names is the same all over.
      for (let at = 0; at < text.length; at += step) {
        for (let code = 0; code < 128; code++) {
          assertSound(decode(text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1), catalogue), catalogue);
        }
      }
    }
  });

  test(`cut, doubled and spliced ${side} frames are decoded soundly`, () => {
    fc.assert(
      fc.property(
        anyText,
        anyText,
        fc.nat(400),
        fc.nat(400),
        fc.string({ unit: 'binary' }),
        (one, two, cut, paste, noise) => {
          const text = one.slice(0, cut) + noise + two.slice(paste);
          assertSound(decode(text, catalogue), catalogue);
          assertSound(decode(`[${text},${one}]`, catalogue), catalogue);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test(`${side} frames with any JSON in any field are decoded soundly`, () => {
    const frames = Object.values(table).flatMap(({ good }) => good);
    fc.assert(
      fc.property(fc.constantFrom(...frames), fc.nat(20), fc.jsonValue(), (frame, index, value) => {
        const names = Object.keys(frame);
        const name = names[index % names.length] as string;
        assertSound(decode(JSON.stringify({ ...frame, [name]: value }), catalogue), catalogue);
      }),
      { numRuns: 5_000 },
    );
  });
}
