/** Blocking within a chat, against a scripted server: what the user is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BlockingRequest, type BlockingResult, blockingFor } from '../../../src/client/api/blocking.js';
import { listenWs } from '../../../src/io/ws-server.js';
import type { ServerFrame } from '../../../src/protocol/frame-catalogue.js';
import { createFakeClock } from '../../harness/fake-clock.js';
import { acceptor } from '../../io/tap.js';
import { ScriptedServer } from '../scripted-server.js';

/** The frame that was sent, and the result of this answer; without one nothing is reachable. */
async function ask(
  request: BlockingRequest,
  answer?: (id: string) => ServerFrame,
): Promise<BlockingResult & { readonly frame?: unknown }> {
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

test('who is blocked now is the result of a request', async () => {
  assert.deepEqual(await ask({ action: 'block', name: 'bob' }, list('bob')), {
    frame: { type: 'senders', id: 'r1', action: 'block', names: ['bob'] },
    isDone: true,
    blocked: ['bob'],
  });
  const { frame: _, ...unblocked } = await ask({ action: 'unblock', name: 'bob' }, list());
  assert.deepEqual(unblocked, { isDone: true, blocked: [] });
});

test('a user is told why nothing was done: refused, or no connection', async () => {
  const refused = await ask({ action: 'unblock', name: 'bob' }, (id) => ({
    ...{ type: 'error', code: 'invalid', retry: false, id, to: 'bob', field: 'names' },
    message: 'bob is not blocked',
  }));
  assert.equal(problemOf(refused), 'bob is not blocked');
  assert.match(problemOf(await ask({ action: 'list' })), /^no answer from the server/);
});

/** Of a request that was not done. */
function problemOf(result: BlockingResult): string {
  if (result.isDone) throw new Error('it was done');
  return result.problem;
}

test('a request goes only where the chat itself may log in: to a proven server, and unencrypted only if that is allowed', async (t) => {
  const listener = await listenWs({ host: '127.0.0.1', port: 0 }, acceptor().accept);
  t.after(() => listener.close());
  const login = { url: listener.url, user: 'alice', token: 't' };
  const refused = await blockingFor({ ...login, proof: async () => false })({ action: 'list' });
  assert.match(problemOf(refused), /NOT_PROVEN/);
  const elsewhere = blockingFor({ ...login, url: 'ws://chat.invalid', insecure: true });
  assert.equal((await elsewhere({ action: 'list' })).isDone, false);
});
