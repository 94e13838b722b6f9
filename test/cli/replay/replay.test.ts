/** `im replay` with a fake operator. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { beforeEach, test } from 'node:test';
import { Cancellation } from '../../../src/cli/async/cancellation.js';
import type { Exit } from '../../../src/cli/errors/exit-codes.js';
import { ExportLines } from '../../../src/cli/replay/export-reader.js';
import type { ReplayRun } from '../../../src/cli/replay/operator-run.js';
import { replayDelivered } from '../../../src/cli/replay/replay-delivered.js';
import { replayUndelivered } from '../../../src/cli/replay/replay-undelivered.js';
import { restoreFile } from '../../../src/cli/replay/restore.js';
import { type Operator, OperatorRefused } from '../../../src/client/api/operator-client.js';
import { errorFrame } from '../../../src/protocol/error-frames.js';
import { toExport } from '../../../src/queue-admin/export-line.js';
import { AT_ONCE, atRate } from '../../../src/queue-admin/frame-batches.js';
import { type Deferred, deferred } from '../../harness/deferred.js';
import { createFakeClock, type FakeClock } from '../../harness/fake-clock.js';
import { queued } from '../../queue-admin/queues.js';
import { createFakeOutput, type FakeOutput } from '../fake-output.js';

let clock: FakeClock;
let output: FakeOutput;
let signal: Deferred<Exit>;

beforeEach(() => {
  clock = createFakeClock();
  output = createFakeOutput(true);
  signal = deferred<Exit>();
});

const runOf = (operator: Partial<Operator>, pace = AT_ONCE): ReplayRun => ({
  id: 'r1',
  operator: operator as Operator,
  output,
  clock,
  cancellation: new Cancellation(signal.promise, clock),
  pace,
});

const mailbox = (delivered: number, last: number) => ({
  mailboxes: [{ user: 'bob', delivered, last, purged: 0, seenAt: 0, online: true }],
});

test('undelivered: it ends when all messages that were undelivered at the start are acked', async () => {
  const looks = [mailbox(3, 6), mailbox(3, 6), mailbox(5, 8), mailbox(6, 9)];
  const asked: unknown[] = [];
  const replay: Operator['replay'] = async (request) => asked.push(request) > 0;
  const running = replayUndelivered(
    runOf({ queue: async () => looks.shift() ?? assert.fail(), replay }),
    'bob',
    undefined,
  );
  await clock.settle();
  await clock.advance(200);
  const { done, left, failure } = await running;
  assert.deepEqual([done, left, failure], [3, 0, undefined]);
  assert.deepEqual(asked, [{ user: 'bob' }], 'it was pushed once');
});

test('undelivered: after the timeout the failure says whether the user is connected', async () => {
  const queue = async () => mailbox(3, 6);
  const waiting = replayUndelivered(runOf({ queue, replay: async () => true }), 'bob', 1_000);
  await clock.settle();
  await clock.advance(1_000);
  const late = await waiting;
  assert.deepEqual([late.done, late.left, late.failure?.exit], [0, 3, 'not-delivered']);
  assert.match(late.failure?.why ?? '', /not acked within 1s/);
  const away = await replayUndelivered(runOf({ queue, replay: async () => false }), 'bob', undefined);
  assert.match(away.failure?.why ?? '', /not connected/);
});

test('undelivered: a signal ends it at once', async () => {
  const running = replayUndelivered(
    runOf({ queue: async () => mailbox(0, 2), replay: async () => true }),
    'bob',
    60_000,
  );
  await clock.settle();
  signal.resolve('interrupted');
  assert.equal((await running).left, 2);
});

const delivered = Array.from({ length: 300 }, (_, index) => queued(index + 1, { status: 'delivered' }));

test('delivered: messages are pushed in batches, marked with the run, and each is printed', async () => {
  const asked: number[][] = [];
  const replay: Operator['replay'] = async ({ user, seqs = [], replay: name }) => {
    assert.deepEqual([user, name], ['bob', 'r1']);
    return asked.push([...seqs]) > 0;
  };
  const { done, left, failure } = await replayDelivered(runOf({ replay }), 'bob', delivered);
  assert.deepEqual([done, left, failure, asked.flat()], [300, 0, undefined, delivered.map(({ seq }) => seq)]);
  assert.deepEqual(JSON.parse(output.lines[0] ?? ''), { to: 'bob', seq: 1, id: 'm1', replay: 'r1', outcome: 'pushed' });
  assert.equal(output.lines.length, 300);
});

test('delivered: an overloaded session is retried; without a session it ends', async () => {
  const answers = [new OperatorRefused(errorFrame('overloaded')), true, false];
  const replay: Operator['replay'] = async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer ?? assert.fail();
  };
  const running = replayDelivered(runOf({ replay }), 'bob', delivered);
  await clock.settle();
  await clock.advance(50);
  const { done, left, failure } = await running;
  assert.deepEqual([done, left, failure?.exit, answers], [256, 44, 'not-delivered', []]);
  assert.match(failure?.why ?? '', /not connected/);
});

test('delivered: a signal ends it between two batches, also while the session is overloaded', async () => {
  const slow = replayDelivered(runOf({ replay: async () => true }, atRate(1)), 'bob', delivered);
  await clock.settle();
  await clock.advance(1_500);
  signal.resolve('interrupted');
  assert.equal((await slow).done, 2);
  const refusing: Operator['replay'] = async () => {
    throw new OperatorRefused(errorFrame('overloaded'));
  };
  assert.equal((await replayDelivered(runOf({ replay: refusing }), 'bob', delivered)).done, 0);
});

const lineOf = (seq: number, given = {}): string => JSON.stringify(toExport(queued(seq, given), true));

/** Restores these lines. @param outcomes of the server, by id; otherwise stored or duplicate. */
async function restore(
  lines: readonly string[],
  outcomes: Record<string, 'conflict' | 'full' | 'unknown-user'> = {},
  given = {},
) {
  const options = {
    path: '-',
    filter: { status: 'undelivered' },
    user: undefined,
    limit: undefined,
    keepGoing: false,
    ...given,
  } as const;
  const put: string[] = [];
  const operator: Partial<Operator> = {
    restore: async (messages) =>
      messages.map(({ id, ...rest }) => {
        assert.deepEqual(Object.keys(rest).sort(), ['at', 'body', 'from', 'to']);
        const outcome = outcomes[id] ?? (put.includes(id) ? 'duplicate' : 'stored');
        if (outcome === 'stored') put.push(id);
        return outcome;
      }),
  };
  const stdin = Readable.from([Buffer.from(lines.map((line) => `${line}\n`).join(''))]);
  const exported = new ExportLines(options, stdin, output);
  const result = await restoreFile(runOf(operator), exported, options.keepGoing);
  return { ...result, put };
}

test('file: each line is restored, and printed with its number and outcome', async () => {
  const { done, left, message, put, failure } = await restore([lineOf(1), lineOf(2), lineOf(1)]);
  assert.deepEqual(
    [done, left, message, put, failure],
    [2, 0, '2 stored, 1 known before, 0 refused', ['m1', 'm2'], undefined],
  );
  assert.deepEqual(
    output.lines.map((line) => JSON.parse(line)),
    [
      { line: 1, to: 'bob', id: 'm1', outcome: 'stored' },
      { line: 2, to: 'bob', id: 'm2', outcome: 'stored' },
      { line: 3, to: 'bob', id: 'm1', outcome: 'duplicate' },
    ],
  );
});

test('file: an invalid line is reported and stops it; with keep-going the others are restored', async () => {
  const lines = [lineOf(1), '{"to":', lineOf(3)];
  const stopped = await restore(lines);
  assert.deepEqual([stopped.put, stopped.left, stopped.failure?.exit], [['m1'], 1, 'usage']);
  assert.deepEqual(output.notes, ['im: line 2 is not JSON']);
  const whole = await restore(lines, {}, { keepGoing: true });
  assert.deepEqual([whole.put, whole.left, whole.failure?.exit], [['m1', 'm3'], 1, 'usage']);
});

test('file: a refusal of the server is reported with the line and the reason', async () => {
  const lines = Array.from({ length: 300 }, (_, index) => lineOf(index + 1));
  const stopped = await restore(lines, { m7: 'unknown-user' });
  assert.deepEqual([stopped.put.length, stopped.left, stopped.failure?.exit], [255, 1, 'refused'], 'the first batch');
  assert.deepEqual(output.notes, ['im: 1 message to bob was refused (line 7): there is no user bob: im user add bob']);
  assert.match(stopped.failure?.next ?? '', /^im user add bob; then run it again/);
  const whole = await restore(lines, { m7: 'conflict', m8: 'full' }, { keepGoing: true });
  assert.deepEqual([whole.put.length, whole.left], [298, 2]);
  assert.match(whole.failure?.next ?? '', /^correct the file; then run it again/);
});

test('file: users who are missing, or have a full mailbox, are reported once each, with a count', async () => {
  const lines = [1, 2, 3, 4, 5].map((seq) => lineOf(seq, { to: seq === 3 ? 'carol' : 'bob' }));
  const { failure } = await restore(
    [...lines, lineOf(6, { to: 'dora' })],
    { m2: 'unknown-user', m3: 'full', m4: 'unknown-user', m6: 'unknown-user' },
    { keepGoing: true },
  );
  assert.deepEqual(output.notes, [
    'im: 2 messages to bob were refused (the first is line 2): there is no user bob: im user add bob',
    'im: 1 message to dora was refused (line 6): there is no user dora: im user add dora',
    'im: 1 message to carol was refused (line 3): the mailbox of carol is full',
  ]);
  assert.match(failure?.next ?? '', /^im user add bob dora;/);
});

test('file: filters, user and limit select lines; delivered messages are skipped by default', async () => {
  const lines = [
    lineOf(1),
    lineOf(2, { from: 'carol' }),
    lineOf(3, { to: 'dave' }),
    lineOf(4, { status: 'delivered' }),
  ];
  assert.deepEqual((await restore(lines)).put, ['m1', 'm2', 'm3']);
  assert.deepEqual((await restore(lines, {}, { filter: { status: 'all' } })).put, ['m1', 'm2', 'm3', 'm4']);
  assert.deepEqual((await restore(lines, {}, { user: 'dave' })).put, ['m3']);
  assert.deepEqual((await restore(lines, {}, { filter: { status: 'undelivered', from: ['carol'] } })).put, ['m2']);
  assert.deepEqual((await restore(lines, {}, { limit: 2 })).put, ['m1', 'm2']);
});

test('file: one that cannot be read is wrong usage', async () => {
  await assert.rejects(restore([], {}, { path: '/nowhere/x.jsonl' }), /nowhere.x\.jsonl cannot be read/);
});
