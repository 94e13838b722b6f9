import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { fileScope } from '../harness/process.js';
import { serve, serveIn } from './server.js';

const server = await serve(fileScope());

test('two people talk, each line by line', async () => {
  const alice = server.start(['connect', 'alice', '--to', 'bob']);
  await alice.line('online as alice', 'stderr');
  assert.match((await alice.line('added alice', 'stderr')) ?? '', /token is kept/);
  const bob = server.start(['connect', 'bob']);
  await bob.line('online as bob', 'stderr');
  alice.child.stdin.write('hello\n');
  await alice.line('stored 1 for bob');
  await alice.line('delivered 1 to bob');
  await bob.line('alice: hello');
  bob.child.stdin.write('alice: hello yourself\n/quit\n');
  await alice.line('bob: hello yourself');
  assert.equal((await bob.finished).code, 0);
  alice.child.stdin.end();
  assert.equal((await alice.finished).code, 0);
});

test('with --json both ways are JSON lines', async () => {
  const carol = server.start(['connect', 'carol', '--json']);
  await carol.line('"event":"online"');
  carol.child.stdin.end('{"to":"carol","body":"note to self","id":"n1"}\nnonsense\n');
  const { code, stdout } = await carol.finished;
  assert.equal(code, EXIT_CODES.usage.code, 'one of the lines was none');
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const states = events.filter(({ event }) => event === 'state').map(({ id, state }) => [id, state]);
  assert.deepEqual(states.slice(0, 2), [
    ['n1', 'queued'],
    ['n1', 'stored'],
  ]);
  assert.ok(events.some(({ event }) => event === 'error'));
});

test('in a pipe, what is refused or not understood is in the exit code', async () => {
  await server.im(['user', 'add', 'alice', '--keep']);
  for (const [line, code] of [
    ['ghosty: x\n', EXIT_CODES.refused.code],
    ['no addressee\n', EXIT_CODES.usage.code],
    ['alice: note to self\n', 0],
  ] as const) {
    const alice = server.start(['connect', 'alice', '--plain']);
    alice.child.stdin.end(line);
    assert.equal((await alice.finished).code, code, line);
  }
});

test('what is typed while the server is away survives Ctrl+C, and is sent the next time', async (t) => {
  const first = await serve(t);
  await first.im(['user', 'add', 'bob', '--keep']);
  const alice = first.start(['connect', 'alice', '--to', 'bob']);
  await alice.line('online', 'stderr');
  first.process.child.kill('SIGTERM');
  await first.process.finished;
  await alice.line('offline', 'stderr');
  alice.child.stdin.write('are you there?\n');
  await alice.line('queued 1 for bob');
  alice.child.kill('SIGINT');
  const ended = await alice.finished;
  assert.equal(ended.code, EXIT_CODES.interrupted.code);
  assert.match(ended.stderr, /1 message is queued; im connect alice sends it/);

  const second = await serveIn(t, first.env);
  const again = second.start(['connect', 'alice']);
  await again.line('stored 1 for bob');
  const { stdout } = await second.im(['listen', '--as', 'bob', '--count', '1']);
  assert.match(stdout, /^alice: are you there\?\n$/);
});

test('what im listen --from has set aside is printed when line mode begins, before what comes, and once', async () => {
  await server.im(['user', 'add', 'erin', 'frank', 'gus', '--keep']);
  for (const body of ['one', 'two']) await server.im(['send', 'erin', body, '--as', 'frank']);
  await server.im(['send', 'erin', 'for the script', '--as', 'gus']);
  const listened = await server.im(['listen', '--as', 'erin', '--from', 'gus', '--count', '1']);
  assert.equal(listened.stdout, 'gus: for the script\n');
  await server.im(['send', 'erin', 'three', '--as', 'frank']);
  const erin = server.start(['connect', 'erin']);
  await erin.line('three');
  erin.child.stdin.end('/quit\n');
  assert.equal((await erin.finished).stdout, 'frank: one\nfrank: two\nfrank: three\n');
  const again = server.start(['connect', 'erin']);
  await again.line('online', 'stderr');
  again.child.stdin.end('/quit\n');
  assert.equal((await again.finished).stdout, '');
});

test('a newer connect replaces the older one, which ends with 7', async () => {
  const older = server.start(['connect', 'dora']);
  await older.line('online as dora', 'stderr');
  const newer = server.start(['connect', 'dora']);
  await newer.line('online as dora', 'stderr');
  assert.equal((await older.finished).code, EXIT_CODES.replaced.code);
});

test('two devices of a user chat side by side on one machine; the same one twice replaces the first', async () => {
  const chats = [
    server.start(['connect', 'dora', '--to', 'bob']),
    server.start(['connect', 'dora'], { env: { IM_CONNECT_DEVICE: 'desktop' } }),
  ] as const;
  for (const chat of chats) await chat.line('online as dora', 'stderr');
  await server.im(['send', 'dora', 'for both', '--as', 'bob']);
  for (const chat of chats) await chat.line('bob: for both');

  const again = server.start(['connect', 'dora', '--device', 'desktop']);
  await again.line('online as dora', 'stderr');
  const { code, stderr } = await chats[1].finished;
  assert.equal(code, EXIT_CODES.replaced.code);
  assert.match(stderr, /a newer login as the device desktop took over\n.*--device NAME\n$/);
  await server.im(['send', 'dora', 'and again', '--as', 'bob']);
  for (const chat of [chats[0], again]) {
    await chat.line('bob: and again');
    chat.child.stdin.end();
    assert.doesNotMatch((await chat.finished).stdout, /for both[\s\S]*for both/, 'shown once');
  }
  assert.doesNotMatch((await again.finished).stdout, /for both/, 'the folder of the device is that of the first one');
});
