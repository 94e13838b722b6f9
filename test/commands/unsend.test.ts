/** `im unsend`, as a process with a server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileScope } from '../harness/process.js';
import { serve } from './server.js';

const server = await serve(fileScope());
await server.im(['user', 'add', 'alice', 'bob', 'carol', '--keep']);

const send = (id: string, to = 'bob') =>
  server.im(['send', to, `body of ${id}`, '--as', 'alice', '--id', id, '--quiet']);
const unsend = (id: string, ...more: readonly string[]) =>
  server.im(['unsend', id, '--to', 'bob', '--as', 'alice', ...more]);

test('a message that nobody was sent is taken back, once and for all: the receiver sees only the others', async () => {
  for (const id of ['a', 'b']) await send(id);
  const { code, stdout, stderr } = await unsend('a');
  assert.deepEqual([code, stdout, stderr], [0, '', 'im: unsent: bob never sees the message a\n']);
  const again = await unsend('a', '--json');
  assert.deepEqual([again.code, JSON.parse(again.stdout)], [0, { id: 'a', to: 'bob', outcome: 'unsent' }]);
  const queue = await server.im(['inspect-queue', 'bob', '--json', '--status', 'all']);
  const listed = queue.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    listed.map(({ id, status, unsent }) => [id, status, unsent]),
    [
      ['a', 'purged', true],
      ['b', 'undelivered', undefined],
    ],
  );
  const trace = await server.im(['trace', 'a']);
  assert.match(trace.stdout, /unsent {5}taken back by alice; never pushed/);
  const { code: resent, stderr: refusal } = await send('a');
  assert.deepEqual([resent, /it was unsent: its receiver never sees it/.test(refusal)], [6, true], refusal);
  const { stdout: heard } = await server.im(['listen', '--as', 'bob', '--count', '1']);
  assert.match(heard, /body of b/);
  assert.doesNotMatch(heard, /body of a/);
});

test('too late: exit code 6, and why (R17)', async () => {
  const late = await unsend('b');
  assert.equal(late.code, 6);
  assert.match(late.stderr, /the message b is not unsent\n\s+too late: it is delivered/);
  const json = await unsend('b', '--json');
  assert.deepEqual([json.code, JSON.parse(json.stdout)], [6, { id: 'b', to: 'bob', outcome: 'delivered' }]);
});

test('an id of somebody else, an unknown one, a bad one, and no receiver: nothing is done, and the error says what next', async () => {
  await send('c');
  const other = await server.im(['unsend', 'c', '--to', 'bob', '--as', 'carol']);
  assert.equal(other.code, 6);
  assert.match(other.stderr, /the server has no message of yours to bob with this id/);
  assert.equal((await unsend('never')).code, 6);
  const bad = await unsend('a b');
  assert.deepEqual([bad.code, /printable ASCII/.test(bad.stderr)], [2, true], bad.stderr);
  const nobody = await server.im(['unsend', 'c', '--as', 'alice']);
  assert.equal(nobody.code, 2);
  assert.match(nobody.stderr, /to whom was c sent\?.*\n?.*--to USER/s);
  const stranger = await server.im(['unsend', 'c', '--to', 'bob', '--as', 'zoe']);
  assert.equal(stranger.code, 4);
  assert.doesNotMatch((await server.im(['user', 'list'])).stdout, /zoe/);
  assert.equal((await unsend('c')).code, 0);
});

test('without --to the receiver is that of the chat’s history', async () => {
  const chat = await server.im(['connect', 'alice', '--json'], {
    input: `${JSON.stringify({ to: 'bob', body: 'from the chat', id: 'd' })}\n`,
  });
  assert.equal(chat.code, 0, chat.stderr);
  const { code, stderr } = await server.im(['connect', 'alice', '--plain'], { input: 'bob: hello\n' });
  assert.equal(code, 0, stderr);
  const history = await server.im(['history', 'bob', '--as', 'alice', '--json']);
  const [{ id }] = history.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .slice(-1) as [{ id: string }];
  const unsent = await server.im(['unsend', id, '--as', 'alice']);
  assert.deepEqual([unsent.code, unsent.stderr], [0, `im: unsent: bob never sees the message ${id}\n`]);
});
