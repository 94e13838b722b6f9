/** Messages of a turn by target: none is lost, the order of each target is kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Message } from '../../src/protocol/frames/message.js';
import { TurnMessages } from '../../src/server/turn-messages.js';

test('each target gets its messages in order, with their bytes, and is plain if all of them are', () => {
  const one = fc.record({
    to: fc.constantFrom('bob', 'carol', 'constructor', '__proto__'),
    bytes: fc.nat(100),
    isPlain: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(fc.array(one)), (turns) => {
      const messages = new TurnMessages();
      for (const turn of turns) {
        const frames = turn.map(({ to }, index): Message => ({ type: 'message', id: `m${index}`, to, body: '' }));
        for (const [index, { bytes, isPlain }] of turn.entries())
          messages.add(frames[index] as Message, bytes, isPlain);
        assert.equal(messages.count, turn.length);
        const targets = [...new Set(turn.map(({ to }) => to))];
        assert.deepEqual(
          messages.take(),
          targets.map((to) => {
            const those = turn.filter((other) => other.to === to);
            return {
              to,
              frames: frames.filter((frame) => frame.to === to),
              bytes: those.reduce((sum, { bytes }) => sum + bytes, 0),
              isPlain: those.every(({ isPlain }) => isPlain),
            };
          }),
        );
        assert.equal(messages.count, 0);
      }
    }),
  );
});
