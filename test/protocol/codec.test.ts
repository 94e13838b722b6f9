/** The codec: valid frames, invalid fields, what is passed over, the body limit, and packages. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decode, decodeClientText, encode, type InvalidFrame, PushEncoder, pack } from '../../src/protocol/codec.js';
import { invalidFieldError } from '../../src/protocol/error-frames.js';
import { utf8Bytes } from '../../src/protocol/fields.js';
import { type Catalogue, CLIENT_FRAMES, SERVER_FRAMES, type ServerFrame } from '../../src/protocol/frame-catalogue.js';
import { needsNoEscapes } from '../../src/protocol/json-quote.js';
import { WIRE } from '../../src/protocol/limits.js';
import { CLIENT_GOLDEN, type Golden, refusedVariants, SERVER_GOLDEN } from './golden.js';

const PASSED_OVER = { type: 'passed-over' };

test('what needs no escapes is quoted byte for byte as by JSON.stringify, however it was written', () => {
  const unit = fc.constantFrom(
    'a',
    '"',
    '\\',
    '/',
    '\u0000',
    '\n',
    '\u007f',
    '\u2028',
    '好',
    '\ud83d\ude00',
    '\ud83d',
    '<',
  );
  const escaped = (text: string, every: number): string =>
    JSON.stringify(text).replaceAll(/[a/好<]/g, (one, at: number) =>
      at % every === 0 ? `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}` : one,
    );
  let plain = 0;
  fc.assert(
    fc.property(fc.array(fc.string({ unit, maxLength: 6 })), fc.integer({ min: 1, max: 20 }), (texts, every) => {
      const json = `[${texts.map((text) => escaped(text, every)).join(', ')}]`;
      const received = new TextDecoder().decode(new TextEncoder().encode(json)); // As WebSocket delivers it.
      if (!needsNoEscapes(received)) return;
      plain++;
      for (const text of JSON.parse(received) as string[]) assert.equal(`"${text}"`, JSON.stringify(text));
    }),
    { numRuns: 2_000 },
  );
  assert.ok(plain > 100, `${plain} without escapes`);
  assert.equal(needsNoEscapes('["\\u0041"]'), false);
});

test('plain pushes are encoded byte for byte as by JSON.stringify, whatever came before them', () => {
  const push = fc.record({
    seq: fc.integer({ min: 1 }),
    id: fc.constantFrom('m1', 'm2', '~'),
    from: fc.constantFrom('alice', 'carol'),
    body: fc.constantFrom('', 'hello', '好 \u007f \u2028'),
    at: fc.constantFrom(0, 1, 1_700_000_000_000),
    attempt: fc.constantFrom(1, 2),
  });
  fc.assert(
    fc.property(fc.array(push), (pushes) => {
      const encoder = new PushEncoder();
      for (const one of pushes)
        assert.equal(encoder.encode(one.seq, one, one.attempt), JSON.stringify({ type: 'message', ...one }));
    }),
  );
});

for (const [side, catalogue, table] of [
  ['client', CLIENT_FRAMES as Catalogue, CLIENT_GOLDEN],
  ['server', SERVER_FRAMES as Catalogue, SERVER_GOLDEN],
] as const) {
  describe(`${side} frames`, () => {
    test(`the golden table has every ${side} frame`, () => {
      assert.deepEqual(Object.keys(table).sort(), Object.keys(catalogue).sort());
    });

    for (const [type, golden] of Object.entries(table) as [string, Golden][]) {
      test(`${side} frame ${type}: valid ones are decoded unchanged, also with unknown fields of a newer peer`, () => {
        for (const good of golden.good) {
          const extended = { ...good, later: { deep: [1] } };
          assert.deepEqual(decode(JSON.stringify(extended), catalogue), [extended]);
        }
      });

      test(`${side} frame ${type}: a missing or wrong field is refused by name`, () => {
        for (const { value, field } of refusedVariants(golden)) {
          const [decoded] = decode(JSON.stringify(value), catalogue) as readonly (InvalidFrame | undefined)[];
          assert.ok(decoded?.type === 'refused', `accepted: ${JSON.stringify(value)}`);
          assert.equal(decoded.field, field, JSON.stringify(value));
          assert.equal(decoded.code, 'invalid');
        }
      });

      test(`${side} frame ${type}: a required field cannot come from the prototype`, () => {
        const base = golden.good[0] as Record<string, unknown>;
        const fields = Object.keys(base).filter((name) => name !== 'type');
        if (fields.length === 0) return;
        const text = `{"type":${JSON.stringify(type)},"__proto__":${JSON.stringify(base)}}`;
        assert.equal(decode(text, catalogue)[0]?.type, 'refused');
      });
    }
  });
}

describe('what is not of the protocol is passed over (R2)', () => {
  for (const text of [
    '',
    ' ',
    '{',
    'hello',
    '\ufeff{"type":"heartbeat"}',
    '7',
    'null',
    'true',
    '"heartbeat"',
    '{}',
    '{"type":7}',
    '{"type":"nonsense"}',
    '{"type":"toString"}',
    '{"type":"__proto__"}',
    '{"type":["heartbeat"]}',
    '{"Type":"heartbeat"}',
    '[]',
    `[${Array(WIRE.maxFramesPerPackage + 1)
      .fill('{"type":"heartbeat"}')
      .join()}]`,
    '['.repeat(100_000),
    '{"type":'.repeat(10_000),
    '{"type":"welcome"}',
  ]) {
    test(`passed over (R2): ${text.slice(0, 40)}${text.length > 40 ? '…' : ''}`, () => {
      assert.deepEqual(decodeClientText(text), [PASSED_OVER]);
    });
  }

  test('the frames of a package are decoded in order, each as if it had been sent alone', () => {
    const text = '[{"type":"heartbeat"},7,[{"type":"heartbeat"}],{"type":"ack","seq":0},{"type":"ack","seq":3}]';
    assert.deepEqual(decodeClientText(text), [
      { type: 'heartbeat' },
      PASSED_OVER,
      PASSED_OVER,
      { type: 'refused', frame: 'ack', code: 'invalid', field: 'seq' },
      { type: 'ack', seq: 3 },
    ]);
  });
});

describe('the size limit of a body', () => {
  const decodeBody = (body: string) =>
    decodeClientText(JSON.stringify({ type: 'message', id: 'm1', to: 'bob', body }))[0];
  for (const [what, unit] of [
    ['ASCII', 'a'],
    ['two bytes', 'ä'],
    ['three bytes', '你'],
    ['four bytes', '👩'],
  ] as const) {
    test(`a body of 64 KiB of UTF-8 is accepted, one byte more is too large: ${what}`, () => {
      const size = Buffer.byteLength(unit);
      const fits = unit.repeat(Math.floor(WIRE.maxBodyBytes / size)) + 'x'.repeat(WIRE.maxBodyBytes % size);
      assert.equal(Buffer.byteLength(fits), WIRE.maxBodyBytes);
      assert.equal(decodeBody(fits)?.type, 'message');
      const decoded = decodeBody(`${fits}x`);
      assert.ok(decoded?.type === 'refused');
      assert.equal(decoded.code, 'too-large');
      assert.deepEqual(invalidFieldError(decoded), {
        type: 'error',
        code: 'too-large',
        message: 'the body is larger than 64 KiB of UTF-8',
        retry: false,
        field: 'body',
        id: 'm1',
        to: 'bob',
      });
    });
  }

  test('utf8Bytes counts the same bytes as Buffer.byteLength', () => {
    for (const text of ['', 'abc', 'äöü', '你好', '👩‍👩‍👧', '\u0000\u007f\u0080\u07ff\u0800\uffff\u{10ffff}']) {
      assert.equal(utf8Bytes(text), Buffer.byteLength(text), text);
    }
  });
});

describe('packages', () => {
  const push = (seq: number, body = 'hi'): ServerFrame => ({
    type: 'message',
    seq,
    id: `m${seq}`,
    from: 'bob',
    body,
    at: 0,
    attempt: 1,
  });

  test('packages decode to the same frames, in as few texts as the limits allow', () => {
    const frames = Array.from({ length: 600 }, (_, index) => push(index + 1));
    const texts = pack(frames.map(encode));
    assert.equal(texts.length, 3);
    assert.deepEqual(
      texts.flatMap((text) => decode(text, SERVER_FRAMES)),
      frames,
    );
  });

  test('a package never exceeds the size limit of a message, whatever the frames contain', () => {
    for (const unit of ['a', '你', '👩', '\u0001']) {
      const frames = Array.from({ length: 20 }, (_, index) => push(index + 1, unit.repeat(5_000)));
      const texts = pack(frames.map(encode));
      assert.ok(texts.every((text) => Buffer.byteLength(text) <= WIRE.maxMessageBytes));
      assert.deepEqual(
        texts.flatMap((text) => decode(text, SERVER_FRAMES)),
        frames,
      );
    }
  });

  test('a single frame is not wrapped in an array, and no frames make no text', () => {
    assert.deepEqual(pack(['{"type":"heartbeat"}']), ['{"type":"heartbeat"}']);
    assert.deepEqual(pack([]), []);
  });
});

test('messages are encoded exactly as JSON.stringify would', () => {
  const strange = ['', 'plain', '"quoted"', 'back\\slash', '你好 👩‍👩‍👧', '\u0000\n\u001f\u007f\u2028', '\ud83d\udc69'];
  for (const body of strange) {
    const frame = { type: 'message', seq: 2 ** 40, id: '!"\\~', from: 'a.b_c-9', body, at: 1, attempt: 3 } as const;
    assert.equal(encode(frame), JSON.stringify(frame));
    assert.equal(encode({ ...frame, replay: 'r1' }), JSON.stringify({ ...frame, replay: 'r1' }));
    const sent = { type: 'message', id: '!"\\~', to: 'a.b_c-9', body } as const;
    assert.equal(encode(sent), JSON.stringify(sent));
    assert.equal(encode({ ...sent, from: 'me' }), JSON.stringify({ ...sent, from: 'me' }));
  }
});
