import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkThresholds, printCheck } from '../../../src/cli/queues/check-line.js';
import { printMessages, printSummary } from '../../../src/cli/queues/inspect-print.js';
import { messagesOf, summariesOf } from '../../../src/queue-admin/queue-scan.js';
import { queued, queueOf, sourceOf } from '../../queue-admin/queues.js';
import { createFakeOutput } from '../fake-output.js';

const NOW = 3_600_000;
const HOSTILE = '\u001b[2Jfirst\nbob    2  m2\u202e\r\u0007 ';

const scan = {
  source: sourceOf(
    queueOf('bob', [queued(1, { body: HOSTILE }), queued(12, { attempts: 2, triedAt: NOW - 61_000 })]),
    queueOf('carol', [queued(3, { to: 'carol', body: 'x'.repeat(1234) })], NOW - 7_000),
  ),
  filter: { status: 'undelivered' },
  unreadable() {},
} as const;

const SHOWN = { body: true, status: false };
const BODILESS = { body: false, status: false };

test('a listing is a table; a body is one line without control sequences (R18)', async () => {
  const output = createFakeOutput();
  await printMessages(messagesOf(scan), SHOWN, NOW, output);
  const [heading = '', first = '', second = '', third = '', ...more] = output.lines;
  assert.deepEqual(more, []);
  assert.match(heading, /^TO {5}SEQ {2}ID {3}FROM {3}STORED {15}AGE {2}TRIES {2}LAST {4}SIZE {2}BODY$/);
  assert.match(first, /^bob {6}1 {2}m1 {3}alice {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}59m {6}0 {5}- /);
  assert.ok(first.endsWith('^[[2Jfirst^Jbob    2  m2\\u{202e}^M^G'), first);
  assert.match(second, /59m {6}2 {4}1m {5}2 B {2}hi$/);
  assert.match(third, /1\.2 kB {2}x{60}…$/);
  for (const [index, line] of output.lines.entries()) {
    const withoutBody = createFakeOutput();
    await printMessages(messagesOf(scan), BODILESS, NOW, withoutBody);
    assert.equal(withoutBody.lines[index], line.slice(0, heading.indexOf('BODY') - 2));
  }
});

test('the column STATUS is shown when it differs', async () => {
  const output = createFakeOutput();
  const messages = [queued(1, { status: 'delivered' }), queued(2, { status: 'purged', body: '' }), queued(3)];
  const all = { ...scan, filter: { status: 'all' }, source: sourceOf(queueOf('bob', messages)) } as const;
  await printMessages(messagesOf(all), { body: false, status: true }, NOW, output);
  assert.deepEqual(
    output.lines.map((line) => line.split(' ').at(-1)),
    ['STATUS', 'delivered', 'purged', 'undelivered'],
  );
});

test('with --json each message is complete and unchanged', async () => {
  const output = createFakeOutput(true);
  await printMessages(messagesOf(scan), SHOWN, NOW, output);
  const [first, second] = output.lines.map((line) => JSON.parse(line));
  const known = { to: 'bob', from: 'alice', status: 'undelivered' };
  assert.deepEqual(first, { ...known, seq: 1, id: 'm1', at: 1_000, attempts: 0, bytes: 28, body: HOSTILE });
  assert.deepEqual([second.attempts, second.triedAt], [2, NOW - 61_000]);
  assert.doesNotMatch(output.lines.join('\n'), /[^\n\x20-\x7e]/, 'only printable ASCII');
  const withoutBody = createFakeOutput(true);
  await printMessages(messagesOf(scan), BODILESS, NOW, withoutBody);
  assert.ok(!withoutBody.lines.some((line) => line.includes('body')));
});

test('on a narrow terminal the column STORED is left out', async () => {
  const headingAt = async (columns?: number): Promise<string> => {
    const output = createFakeOutput(false, columns);
    await printMessages(messagesOf(scan), SHOWN, NOW, output);
    return output.lines[0] ?? '';
  };
  const heading = await headingAt();
  const enough = heading.indexOf('BODY') + 16;
  assert.equal(await headingAt(enough), heading);
  assert.match(await headingAt(enough - 1), /^TO {5}SEQ {2}ID {3}FROM {3}AGE {2}TRIES {2}LAST {4}SIZE {2}BODY$/);
});

test('without messages nothing is printed, not even headings', async () => {
  const output = createFakeOutput();
  await printMessages(messagesOf({ ...scan, source: sourceOf() }), SHOWN, NOW, output);
  assert.deepEqual(output.lines, []);
});

test('a long listing keeps the columns of its first rows', async () => {
  const output = createFakeOutput();
  const many = Array.from({ length: 1000 }, (_, index) => queued(index + 1));
  await printMessages(messagesOf({ ...scan, source: sourceOf(queueOf('bob', many)) }), SHOWN, NOW, output);
  assert.equal(output.lines.length, 1001);
  assert.ok(output.lines.every((line) => line.endsWith('  hi') || line.endsWith('BODY')));
});

test('a summary has a line per mailbox, and ends with the total', async () => {
  const output = createFakeOutput();
  await printSummary(await summariesOf(scan), NOW, output);
  assert.deepEqual(output.lines, [
    'USER   COUNT    SIZE  OLDEST  TRIES  SEEN',
    'bob        2    30 B     59m      2     -',
    'carol      1  1.2 kB     59m      0    7s',
    'total      3  1.3 kB     59m      2',
  ]);
  const json = createFakeOutput(true);
  await printSummary(await summariesOf(scan), NOW, json);
  const total = JSON.parse(json.lines.at(-1) ?? '');
  assert.deepEqual(total, { mailboxes: 2, count: 3, bytes: 1264, oldestAt: 1_000, attempts: 2 });
});

test('a summary names devices where they tell more: those of users with several, with what each lacks', async () => {
  const device = (name: string, seenAt: number, behind: number, online = false) =>
    ({ device: name, seenAt, behind, online }) as const;
  const devices = [
    device('desktop', NOW - 120_000, 1),
    device('laptop', NOW - 60_000, 1, true),
    device('old', 0, 44),
    device('tablet', NOW - 90_000, 5),
  ];
  const queues = [
    queueOf('bob', [queued(1)], NOW - 60_000, devices),
    queueOf('carol', [queued(2, { to: 'carol' })], 0, [device('main', 5, 1)]),
    queueOf('dave', [queued(3, { to: 'dave' })], 0, [device('left', NOW - 60_000, 9)]),
  ];
  const several = { ...scan, source: sourceOf(...queues) };
  const summaries = await summariesOf(several);
  const output = createFakeOutput();
  await printSummary(summaries, NOW, output);
  assert.deepEqual(output.lines, [
    'USER   COUNT  SIZE  OLDEST  TRIES  SEEN  DEVICES',
    'bob        1   2 B     59m      0    1m  laptop now, tablet 1m (5 behind), desktop 2m, +1',
    'carol      1   2 B     59m      0     -',
    'dave       1   2 B     59m      0     -  left 1m (9 behind)',
    'total      3   6 B     59m      0',
  ]);
  const json = createFakeOutput(true);
  await printSummary(summaries, NOW, json);
  assert.deepEqual(JSON.parse(json.lines[0] ?? '').devices, devices);
});

test('a check is one line and an exit code', async () => {
  const thresholds = { warnAgeMs: 60_000, critAgeMs: NOW, warnCount: 100 };
  const output = createFakeOutput();
  assert.equal(await printCheck(await summariesOf(scan), thresholds, NOW, output), 1);
  assert.deepEqual(output.lines, [
    'QUEUE WARNING - 3 undelivered in 2 mailboxes, the oldest 59m | undelivered=3;100;;0 oldest=3599s;60;3600;0',
  ]);
  const single = createFakeOutput();
  await printCheck((await summariesOf(scan)).slice(0, 1), thresholds, NOW, single);
  assert.match(single.lines[0] ?? '', / - 2 undelivered in 1 mailbox, /);
  const json = createFakeOutput(true);
  assert.equal(await printCheck([], thresholds, NOW, json), 0);
  assert.deepEqual(JSON.parse(json.lines[0] ?? ''), { state: 'ok', mailboxes: 0, count: 0, bytes: 0, attempts: 0 });
});

test('a check is ok, warning or critical by oldest message and count; a threshold counts when it is reached', () => {
  const thresholds = { warnAgeMs: 100, critAgeMs: 200, warnCount: 5, critCount: 10 };
  const state = (count: number, age?: number) =>
    checkThresholds(
      { count, bytes: 0, attempts: 0, oldestAt: age === undefined ? undefined : 1_000 - age },
      thresholds,
      1_000,
    );
  assert.deepEqual([state(0), state(1, 99), state(1, 100), state(1, 200)], ['ok', 'ok', 'warning', 'critical']);
  assert.deepEqual([state(4, 1), state(5, 1), state(10, 1)], ['ok', 'warning', 'critical']);
  assert.deepEqual([state(5, 200), state(1, -50)], ['critical', 'ok']);
});
