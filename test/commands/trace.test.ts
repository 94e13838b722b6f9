/** `im trace` as people run it: why has my message not arrived? */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { formatDuration } from '../../src/cli/output/duration.js';
import { SESSION } from '../../src/server/limits.js';
import { im, makeHome } from '../harness/process.js';
import { asOperator, serve } from './server.js';

const recently = formatDuration(SESSION.noteAfterMs);

test('a message is traced while it is stored, tried, delivered and replayed', async (t) => {
  const server = await serve(t);
  await server.im(['user', 'add', 'bob', '--keep']);
  const { stdout: sent } = await server.im(['send', 'bob', 'hi', '--as', 'alice']);
  const id = sent.trim();
  const waiting = await server.im(['trace', id]);
  assert.match(
    waiting.stdout,
    new RegExp(`^${id} from alice to bob: seq 1, 2 bytes, undelivered\n  [-0-9: .]+  stored `),
  );
  assert.match(
    waiting.stdout,
    new RegExp(
      `\n {2}now +waiting +for bob, who has never been online\\. Pushes of the last ${recently} are not shown yet\n`,
    ),
  );
  await server.im(['send', 'bob', 'ho', '--as', 'alice', '--id', 'second']);
  assert.match((await server.im(['trace', 'second'])).stdout, /who has never been online; behind 1 message\./);

  assert.equal((await server.im(['listen', '--as', 'bob', '--exec', 'exit 1'])).code, EXIT_CODES.unexpected.code);
  const bob = server.start(['listen', '--as', 'bob']);
  await bob.line('alice: hi');
  for (;;) {
    const { stdout } = await server.im(['replay', 'bob', '--delivered', '--json']);
    if (stdout.includes('"done":2')) break; // The ack is on its way.
  }
  const { code, stdout } = await server.im(['trace', id, '--from', 'alice', '--to', 'bob', '--json']);
  assert.equal(code, 0);
  const events = stdout
    .split('\n')
    .slice(0, -1)
    .map(
      (line) =>
        JSON.parse(line) as { event: string; at: number; session?: string; device?: string; seq: number; by?: string },
    );
  assert.deepEqual(
    events.map(({ event }) => event),
    ['stored', 'pushed', 'not acked', 'pushed', 'acked', 'replayed'],
  );
  assert.deepEqual(
    events.map(({ at }) => at),
    events.map(({ at }) => at).sort((a, b) => a - b),
  );
  assert.equal(events[1]?.session, events[2]?.session);
  assert.notEqual(events[1]?.session, events[3]?.session);
  assert.deepEqual([events[1]?.device, events[4]?.device], ['listen', 'listen']);
  assert.equal(events[5]?.by, 'operator');
  const text = await server.im(['trace', id]);
  assert.match(
    text.stdout,
    /stored .*\n.*pushed +on listen, in session .*\n.*not acked +on listen, .*\n.*pushed .*\n.*acked +delivered on listen; alice is notified.*\n.*replayed +by operator/,
  );
});

test('an unknown id is refused', async (t) => {
  const server = await serve(t);
  const { code, stdout, stderr } = await server.im(['trace', 'nothing']);
  assert.deepEqual([code, stdout], [EXIT_CODES.refused.code, '']);
  assert.match(stderr, /no trace of a message nothing\n/);
});

test('an operator traces a message at a server elsewhere, which prints the same', async (t) => {
  const server = await serve(t);
  await server.im(['user', 'add', 'bob', '--keep']);
  for (const id of ['m1', 'm2']) await server.im(['send', 'bob', 'hi', '--as', 'alice', '--id', id]);
  await server.im(['listen', '--as', 'bob', '--count', '1']);
  await server.im(['purge', 'bob', '--id', 'm2', '--yes', '--export', 'purged']);
  const elsewhere = { ...(await makeHome(t)), IM_URL: server.url };
  const ask = (...words: readonly string[]) => im(t, ['trace', ...words, ...asOperator(server)], { env: elsewhere });
  for (const words of [['m1'], ['m2', '--to', 'bob'], ['m1', '--from', 'alice', '--json'], ['m2', '--json']]) {
    const there = await server.im(['trace', ...words]);
    assert.equal(there.code, 0, there.stderr);
    assert.deepEqual(await ask(...words), there);
  }
  for (const words of [['m1', '--from', 'bob'], ['nothing'], ['m1', '--to', 'alice']]) {
    const { code, stdout } = await ask(...words);
    assert.deepEqual([code, stdout], [EXIT_CODES.refused.code, ''], words.join(' '));
  }
  const { code, stderr } = await im(t, ['trace', 'm1'], { env: elsewhere });
  assert.equal(code, EXIT_CODES['credential-refused'].code);
  assert.match(stderr, /no token for .*\n.*operator/);
});
