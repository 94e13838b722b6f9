/** Blocking within a chat, against a scripted server: what the user is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BlockingRequest, blockingFor } from '../../src/client/blocking.js';
import type { ServerFrame } from '../../src/protocol/frame-catalogue.js';
import { createFakeClock } from '../harness/fake-clock.js';
import { ScriptedServer } from './scripted-server.js';

/** The frame that was sent, and the result of this answer; without one nothing is reachable. */
async function ask(request: BlockingRequest, answer?: (id: string) => ServerFrame) {
  const clock = createFakeClock();
  const server = new ScriptedServer(clock);
  server.net.isBlackHole = answer === undefined;
  const ports = { dial: server.net.dial, clock, newId: () => 'r1' };
  const asked = blockingFor({ url: 'ws://memory', user: 'alice', token: 't' }, ports)(request);
  if (answer) {
    server.onFrame = (frame) => {
      if ('id' in frame) server.sendNow(answer(frame.id));
    };
    const [frame] = await server.take();
    assert.match(server.texts[0] ?? '', /"mode":"send"/);
    return { frame, ...(await asked) };
  }
  await clock.advance(60_000);
  return asked;
}

const list =
  (...blocked: readonly string[]) =>
  (id: string): ServerFrame => ({ type: 'senders', id, blocked });

test('a user is told what has become of a request', async () => {
  assert.deepEqual(await ask({ action: 'block', name: 'bob' }, list('bob')), {
    frame: { type: 'senders', id: 'r1', action: 'block', names: ['bob'] },
    isDone: true,
    text: 'you take no more messages from bob',
  });
  const { text: unblocked } = await ask({ action: 'unblock', name: 'bob' }, list());
  assert.equal(unblocked, 'bob is no longer blocked');
  assert.equal((await ask({ action: 'list' }, list())).text, 'nobody is blocked');
  assert.equal((await ask({ action: 'list' }, list('bob', 'carol'))).text, 'blocked: bob, carol');
});

test('a user is told why nothing was done: refused, or no connection', async () => {
  const refused = await ask({ action: 'unblock', name: 'bob' }, (id) => ({
    ...{ type: 'error', code: 'invalid', retry: false, id, to: 'bob', field: 'names' },
    message: 'bob is not blocked',
  }));
  assert.deepEqual([refused.isDone, refused.text], [false, 'not done: bob is not blocked']);
  const lost = await ask({ action: 'list' });
  assert.equal(lost.isDone, false);
  assert.match(lost.text, /^not done: no answer from the server/);
});
