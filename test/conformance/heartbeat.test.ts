/**
 * `heartbeat`, and what is passed over, over the wire. The deadlines themselves are played with a fake clock: test/scenes.
 *
 * R2: What is not JSON, or not one of the defined frame types, is passed over: no effect, no reply, the connection stays. It is
 * counted.
 * R13: A heartbeat does nothing but count as life.
 */
import { describe, test } from 'node:test';
import { suite } from './suite.js';

const { login } = suite();

for (const mode of ['chat', 'send'] as const) {
  test(`a heartbeat in mode ${mode} is answered with a heartbeat (R13)`, async () => {
    const alice = await login('alice', mode);
    alice.say({ type: 'heartbeat' }, { type: 'heartbeat' });
    await alice.hears({ type: 'heartbeat' }, { type: 'heartbeat' });
  });
}

test('a heartbeat in mode operate is answered with a heartbeat (R13)', async () => {
  await (await login('operator', 'operate')).hearsNothing();
});

describe('what is passed over (R2)', () => {
  for (const text of [
    '',
    'hello',
    '{',
    '7',
    'null',
    'true',
    '"heartbeat"',
    '{}',
    '{"type":"greeting"}',
    '{"type":"HEARTBEAT"}',
    '{"type":7}',
    '{"type":"toString"}',
    '{"type":"__proto__"}',
    '{"__proto__":{"type":"heartbeat"}}',
    '{"type":"welcome"}',
    '[]',
    '[[{"type":"heartbeat"}]]',
    `[${Array.from({ length: 257 }, () => '{"type":"heartbeat"}').join(',')}]`,
    `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  ]) {
    test(`${text.length > 50 ? `${text.slice(0, 50)}…` : text || 'an empty text'}`, async () => {
      const alice = await login('alice', 'send');
      alice.sayRaw(text);
      await alice.hearsNothing();
    });
  }

  test('a binary message', async () => {
    const alice = await login('alice', 'send');
    alice.sayRaw(Buffer.from('{"type":"heartbeat"}'), { binary: true });
    await alice.hearsNothing();
  });

  test('within a package only what is none of the frames', async () => {
    const alice = await login('alice', 'send');
    alice.sayRaw('[{"type":"heartbeat"},7,{"type":"greeting"},{"type":"heartbeat"}]');
    await alice.hears({ type: 'heartbeat' }, { type: 'heartbeat' });
    await alice.hearsNothing();
  });

  test('a hundred are borne, the next one ends the connection', async () => {
    const alice = await login('alice', 'send');
    for (let count = 0; count < 100; count++) alice.sayRaw('hello');
    await alice.hearsNothing();
    alice.sayRaw('hello');
    await alice.isClosed(1008, 'too-many-passed-over');
  });
});
