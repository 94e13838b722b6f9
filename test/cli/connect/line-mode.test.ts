import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { LineMode } from '../../../src/cli/connect/line-mode.js';
import { lineHeading } from '../../../src/cli/connect/line-text.js';
import type { Exit } from '../../../src/cli/errors/exit-codes.js';
import { Failure } from '../../../src/cli/errors/failure.js';
import { messageText } from '../../../src/cli/output/message-text.js';
import { OutputFailure } from '../../../src/cli/output/output-failure.js';
import type { Blocking } from '../../../src/client/api/blocking.js';
import type { IncomingMessage } from '../../../src/client/events.js';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import type { Welcome } from '../../../src/protocol/frames/welcome.js';
import { columnsOf } from '../../../src/text/safe-text.js';
import { EN, type Texts } from '../../../src/tui/texts/en.js';
import { ZH_CN } from '../../../src/tui/texts/zh-cn.js';
import { deferred } from '../../harness/deferred.js';
import { createFakeClock } from '../../harness/fake-clock.js';
import { FakeClient } from '../fake-client.js';
import { createFakeOutput } from '../fake-output.js';

interface Options {
  readonly to?: string;
  readonly json?: boolean;
  readonly isInteractive?: boolean;
  /** Writes to stdout fail with this code. */
  readonly stdoutError?: string;
  readonly texts?: Texts;
}

/** Line mode of alice; `type` writes to its input. */
function open({ to, json = false, isInteractive = false, stdoutError, texts = EN }: Options = {}) {
  const client = new FakeClient();
  const clock = createFakeClock();
  const output = createFakeOutput(json, undefined, stdoutError);
  const input = new PassThrough();
  const signal = deferred<Exit>();
  const asked: unknown[] = [];
  const blocking: Blocking = async (request) => {
    asked.push(request);
    return request.name === 'nobody'
      ? { isDone: false, problem: 'there is no user nobody' }
      : { isDone: true, blocked: ['mallory', 'eve'] };
  };
  const mode = new LineMode({
    user: 'alice',
    device: 'laptop',
    to,
    input,
    isInteractive,
    output,
    clock,
    blocking,
    texts,
  });
  const exit = mode.run(client, signal.promise);
  const type = async (text: string): Promise<void> => {
    input.write(text);
    await clock.settle();
  };
  return { client, clock, output, asked, input, signal, mode, exit, type };
}

const welcome = (pending: number): { readonly type: 'online'; readonly welcome: Welcome } => ({
  type: 'online',
  welcome: {
    ...{ type: 'welcome', v: 1, user: 'alice', session: 's', epoch: 'e', delivered: 0, pending },
    ...{ heartbeatMs: 30_000, idleMs: 90_000, window: 1_000, maxBodyBytes: 65_536, at: 0 },
  },
});
const lost = (retryInMs: number) =>
  ({ type: 'offline', reason: 'lost', code: 1006, detail: 'connect ECONNREFUSED', retryInMs }) as const;

const hello: IncomingMessage = { epoch: 'e', seq: 1, id: 'x1', from: 'bob', body: 'hello', at: 0, attempt: 1 };

test('a line may end with CRLF, which is no part of the message', async () => {
  const { client, type } = open({ to: 'bob' });
  client.emit(welcome(0));
  await type('hi\r\n\r\nhow are you?\r\n');
  assert.deepEqual(
    client.sent.map(({ body }) => body),
    ['hi', 'how are you?'],
  );
});

test('/block asks the server before the next line is read; what was not done counts for the exit code', async () => {
  const { client, output, asked, input, exit, type } = open({ to: 'bob' });
  client.emit(welcome(0));
  await type('/block mallory\n/block\n/unblock nobody\nhi\n');
  assert.deepEqual(asked, [
    { type: 'blocking', action: 'block', name: 'mallory' },
    { type: 'blocking', action: 'list' },
    { type: 'blocking', action: 'unblock', name: 'nobody' },
  ]);
  assert.deepEqual(output.notes.slice(-3), [
    'you take no more messages from mallory',
    'blocked: mallory, eve',
    'not done: there is no user nobody',
  ]);
  assert.equal(client.sent.length, 1);
  client.stored(0);
  input.end();
  assert.equal(await exit, 'refused');
});

test('input lines become messages, and each change of their state is printed as a line', async () => {
  const { client, clock, output, type } = open();
  client.emit(welcome(0));
  await type('bob: hi\n/to carol\nnote: this goes to carol\n');
  assert.deepEqual(
    client.sent.map(({ to, body }) => [to, body]),
    [
      ['bob', 'hi'],
      ['carol', 'note: this goes to carol'],
    ],
  );
  client.stored(0);
  client.refused(1, errorFrame('unknown-user', { id: 'id-2', to: 'carol' }));
  client.delivered(0);
  await clock.settle();
  assert.deepEqual(output.lines, [
    'stored 1 for bob',
    'failed 2 to carol: there is no such user; im user add NAME adds one',
    'delivered 1 to bob',
  ]);
  assert.deepEqual(output.notes, ['online as alice', 'to carol']);
});

test('a line typed while offline is reported as queued, and later as stored', async () => {
  const { client, clock, output, type } = open({ to: 'bob' });
  client.emit(lost(400));
  await type('hi\n');
  client.emit(lost(900));
  client.emit(welcome(2));
  client.stored(0);
  await clock.settle();
  assert.deepEqual(output.lines, ['queued 1 for bob', 'stored 1 for bob']);
  assert.deepEqual(output.notes, ['offline: connection refused; next attempt in 1s', 'online as alice, 2 waiting']);
});

test('a full mailbox is reported once for each message, not with each attempt, until messages are stored again', async () => {
  const { client, output, clock, type } = open({ to: 'bob' });
  client.emit(welcome(0));
  await type('one\ntwo\n');
  const full = errorFrame('mailbox-full', { id: '', to: 'bob' });
  for (const index of [0, 1, 0, 0]) client.postponed(index, full);
  client.emit({ type: 'state', id: 'earlier', to: 'bob', state: 'delivered' });
  await type('three\n');
  client.stored(0);
  await type('four\n');
  await clock.settle();
  const full1 = "bob's mailbox is full until bob connects";
  assert.deepEqual(output.lines, [
    `queued 1 for bob: ${full1}`,
    `queued 2 for bob: ${full1}`,
    'delivered 3 to bob',
    `queued 4 for bob: ${full1}`,
    'stored 1 for bob',
  ]);
});

test('a message is printed with its sender, and with its time when it is older than a minute', async () => {
  const { mode, output, clock } = open();
  await mode.show({ ...hello, at: clock.now() - 59_000 });
  await mode.show({ ...hello, at: new Date(2020, 0, 31, 9, 5).getTime() });
  await mode.show({ ...hello, replay: 'r1' });
  assert.deepEqual(output.lines, ['bob: hello', 'bob (2020-01-31 09:05): hello', 'bob (replay): hello']);
});

test('a message cannot imitate another line or a control sequence (R18)', async () => {
  const { mode, output, clock } = open();
  await mode.show({ ...hello, body: 'one\nstored 1 for bob\n\u001b[2Jcarol: three', at: clock.now() });
  assert.deepEqual(output.lines, ['bob: one', '  | stored 1 for bob', '  | ^[[2Jcarol: three']);
});

test('/quit waits until queued messages are stored, and ends with 0', async () => {
  const { client, exit, type } = open({ to: 'bob' });
  client.emit(welcome(0));
  await type('hi\n/quit\nnever read\n');
  assert.equal(client.isClosed, false);
  client.stored(0);
  assert.equal(await exit, 'done');
  assert.equal(client.isClosed, true);
  assert.equal(client.sent.length, 1);
});

test('messages that are not stored in time stay queued, and a note says so', async () => {
  const { client, clock, input, output, exit, type } = open({ to: 'bob' });
  await type('hi\n');
  input.end();
  await clock.settle();
  await clock.advance(10_000);
  assert.equal(await exit, 'not-stored');
  assert.equal(client.isClosed, true);
  assert.deepEqual(output.notes, [
    'waiting until the server has 1 message; Ctrl+C leaves now',
    '1 message is queued; im connect alice sends it',
  ]);
});

test('at the end of the input there is a note only if storing takes long', async () => {
  const { client, clock, input, output, exit, type } = open({ to: 'bob' });
  await type('hi\n');
  input.end();
  await clock.settle();
  await clock.advance(900);
  client.emit(welcome(0));
  client.stored(0);
  assert.equal(await exit, 'done');
  assert.deepEqual(output.notes, ['online as alice']);
});

test('without a terminal the exit code is that of the worst line', async () => {
  const lines = { wrong: 'no addressee\n', refused: 'ghosty: x\n' };
  const table: [readonly (keyof typeof lines)[], boolean, Exit][] = [
    [['wrong'], false, 'usage'],
    [['refused'], false, 'refused'],
    [['wrong', 'refused'], false, 'refused'],
    [['refused', 'wrong'], false, 'refused'],
    [['wrong', 'refused'], true, 'done'],
  ];
  for (const [kinds, isInteractive, expected] of table) {
    const { client, input, exit, type } = open({ isInteractive });
    client.emit(welcome(0));
    for (const kind of kinds) await type(lines[kind]);
    for (const index of client.sent.keys())
      client.refused(index, errorFrame('unknown-user', { id: 'id-1', to: 'ghosty' }));
    input.end();
    assert.equal(await exit, expected, `${kinds} ${isInteractive}`);
  }
});

test('Ctrl+C ends at once', async () => {
  const { client, signal, exit, type } = open({ to: 'bob' });
  await type('hi\n');
  signal.resolve('interrupted');
  assert.equal(await exit, 'interrupted');
  assert.equal(client.isClosed, true);
});

test('a newer login ends this one with its own exit code', async () => {
  const { client, exit } = open();
  client.end({ reason: 'replaced', code: 4501 });
  await assert.rejects(exit, (error) => error instanceof Failure && error.exit === 'replaced');
});

test('an invalid line is reported, and the next one is read', async () => {
  const { client, output, type } = open();
  await type('hi\n/tu bob\n\nbob: hi\n');
  assert.deepEqual(output.notes, ['to whom? write bob: hello, or /to bob first', 'unknown command /tu; see /help']);
  assert.equal(client.sent.length, 1);
});

test('with --json input and output are JSON Lines, and nothing else is on stdout', async () => {
  const { client, clock, mode, output, type } = open({ json: true });
  client.emit(welcome(1));
  await type('{"to":"bob","body":"hi","id":"a1"}\nhi\n');
  client.stored(0, true);
  await mode.show(hello);
  client.emit(lost(500));
  await clock.settle();
  assert.deepEqual(
    output.lines.map((line) => JSON.parse(line)),
    [
      { event: 'online', user: 'alice', pending: 1 },
      { event: 'state', to: 'bob', id: 'a1', state: 'queued' },
      { event: 'error', message: 'the line is not JSON' },
      { event: 'state', to: 'bob', id: 'a1', state: 'stored', duplicate: true },
      { event: 'message', ...hello },
      { event: 'offline', reason: 'lost', detail: 'connect ECONNREFUSED', retryInMs: 500 },
    ],
  );
  assert.deepEqual(output.notes, []);
});

test('when nobody reads the output any more, the input is still sent, and messages are not acked', async () => {
  const { client, clock, output, input, mode, exit, type } = open({ to: 'bob', stdoutError: 'EPIPE' });
  client.emit(welcome(1));
  const rejections: unknown[] = [];
  mode.show(hello).catch((error: unknown) => rejections.push(error));
  await clock.settle();
  assert.equal(rejections.length, 0, 'the client goes on');
  await type('one\ntwo\n');
  assert.equal(client.sent.length, 2);
  client.stored(0);
  client.stored(1);
  input.end();
  assert.equal(await exit, 'done');
  assert.ok(rejections[0] instanceof OutputFailure, 'it rejects before the client is closed: no ack');
  assert.match(output.notes.join('\n'), /nobody reads the output/);
});

test('for a person, line mode ends when its output is gone', async () => {
  const { mode, exit } = open({ isInteractive: true, stdoutError: 'EPIPE' });
  mode.show(hello).catch(() => undefined);
  assert.equal(await exit, 'done');
});

for (const json of [false, true]) {
  test(`line mode ends with a failure when its output cannot be written, json: ${json}`, async () => {
    const { client, exit, type } = open({ to: 'bob', json, stdoutError: 'ENOSPC' });
    client.emit(welcome(0));
    const failing = assert.rejects(exit, OutputFailure);
    await type(json ? '{"to":"bob","body":"hi"}\n' : 'hi\n');
    client.stored(0);
    await failing;
  });
}

test('line mode speaks Chinese: states, the connection, its help, and why a line was not taken', async () => {
  const { client, output, type, exit, input } = open({ texts: ZH_CN, isInteractive: true });
  client.emit(welcome(3));
  await type('bob: 你好\nbob\n/block mallory\n/help\n');
  client.stored(0);
  client.delivered(0);
  client.emit(lost(3_000));
  await type('\n');
  assert.deepEqual(output.lines, ['已存储 1，发给 bob', '已送达 1，发给 bob']);
  assert.deepEqual(output.notes, [
    '已上线：alice，3 条消息待接收',
    '发给谁？请写 bob: 你好，或先用 /to bob',
    '不再接收 mallory 的消息',
    ...ZH_CN.line.help,
    '离线：连接被拒绝；3s 后重连',
  ]);
  input.end();
  await exit;
});

test('the end of a chat is told in the language of the chat; its exit code is the same', async () => {
  const { client, exit } = open({ texts: ZH_CN });
  client.end({ reason: 'replaced', code: 4501 });
  await assert.rejects(exit, (failure: Failure) => {
    assert.equal(failure.exit, 'replaced');
    assert.deepEqual([failure.message, failure.why], ['alice 已在此处登出', '设备 laptop 有新的登录']);
    return true;
  });
});

test('a long message fits beside a heading of wide letters (R18)', () => {
  const copy = { ...hello, to: 'bob', body: 'x'.repeat(40) };
  const text = messageText({ json: false, columns: 24 }, copy, lineHeading(copy, 0, ZH_CN));
  assert.ok(text.startsWith('你发给 bob: x'));
  for (const row of text.split('\n')) assert.ok(columnsOf(row) <= 24, row);
});
