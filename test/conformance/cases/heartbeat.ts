/**
 * `heartbeat`, and messages that are passed over, on a real connection. The deadlines are tested with a fake clock in test/scenes.
 *
 * R2: What is not JSON, or not one of the defined frame types, is passed over: no effect, no reply, the connection stays. It is
 * counted.
 * R13: A heartbeat is answered, and keeps the connection from going idle.
 */
import { describe, test } from 'node:test';
import { suite } from '../suite.js';

const { login } = suite();

for (const mode of ['chat', 'send'] as const) {
  test(`a heartbeat in mode ${mode} is answered with a heartbeat (R13)`, async () => {
    const alice = await login('alice', mode);
    alice.send({ type: 'heartbeat' }, { type: 'heartbeat' });
    await alice.expect({ type: 'heartbeat' }, { type: 'heartbeat' });
  });
}

test('a heartbeat in mode operate is answered with a heartbeat (R13)', async () => {
  await (await login('operator', 'operate')).expectNothing();
});

describe('messages that are passed over (R2)', () => {
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
    test(`passed over (R2): ${text.length > 50 ? `${text.slice(0, 50)}…` : text || 'an empty text'}`, async () => {
      const alice = await login('alice', 'send');
      alice.sendRaw(text);
      await alice.expectNothing();
    });
  }

  test('a binary message is passed over (R2)', async () => {
    const alice = await login('alice', 'send');
    alice.sendRaw(Buffer.from('{"type":"heartbeat"}'), { binary: true });
    await alice.expectNothing();
  });

  test('in a package, only the items that are not frames are passed over (R2)', async () => {
    const alice = await login('alice', 'send');
    alice.sendRaw('[{"type":"heartbeat"},7,{"type":"greeting"},{"type":"heartbeat"}]');
    await alice.expect({ type: 'heartbeat' }, { type: 'heartbeat' });
    await alice.expectNothing();
  });

  test('a hundred messages may be passed over, the next one ends the connection (R2)', async () => {
    const alice = await login('alice', 'send');
    for (let count = 0; count < 100; count++) alice.sendRaw('hello');
    await alice.expectNothing();
    alice.sendRaw('hello');
    await alice.expectClose(1008, 'too-many-passed-over');
  });
});
