/** What `im bench` prints: every figure within 80 columns, and what the verdict says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Latencies } from '../../../src/cli/bench/latencies.js';
import { type Result, reportLines, reportObject, verdictFailure } from '../../../src/cli/bench/report.js';

const KEPT = { lost: 0, twice: 0, outOfOrder: 0, altered: 0, pushedAgain: 0 };

function timesOf(...times: readonly number[]): NonNullable<Result['stored']> {
  const latencies = new Latencies();
  for (const ms of times) latencies.record(ms);
  const summary = latencies.summary();
  assert.ok(summary);
  return { summary, bars: latencies.bars() };
}

const live = {
  name: 'live',
  messages: 9_812_345,
  seconds: 100.0123,
  messagesPerSecond: 98_123.45,
  serverMicros: 9.8765,
  serverBusy: 0.987,
  loadBusy: 0.456,
} as const;

const result: Result = {
  work: { pairs: 8, window: 64, bodyBytes: 116 },
  url: 'ws://127.0.0.1:4690',
  own: {
    folder: '/tmp/im-bench-x/.local/share/im',
    isInMemory: false,
    datasync: { p50: 0.1666, p99: 0.6 },
    residentBytes: 2e8,
    kills: 1,
  },
  connections: 1_000,
  phases: [live],
  stored: timesOf(0.4, 0.5, 3_000),
  delivered: timesOf(0.45, 0.6, 600, 1_234_567),
  verdict: { ...KEPT, sent: 9_900_000, stored: 9_900_000, delivered: 9_900_000 },
  unacked: 0,
};

test('the report fits into 80 columns of plain text, whatever the figures', () => {
  const huge = { ...live, messages: 1e9, messagesPerSecond: 1e7, serverMicros: 12_345, serverBusy: 3.99 };
  for (const one of [result, { ...result, phases: [{ ...huge, name: 'store' }, live] as const }]) {
    const lines = reportLines(one);
    for (const line of lines) assert.ok(line.length <= 80, line);
    assert.ok(!lines.join('').includes('\x1b'));
    assert.ok(lines.includes('every promise held' as never), lines.join('\n'));
  }
});

test('the report has each figure, and says what is not known', () => {
  const text = reportLines(result).join('\n');
  assert.match(text, /^8 pairs, window 64, bodies of 116 bytes; 1,000 idle sessions$/m);
  assert.match(text, /^disk: a small write takes 0\.17 ms \(p99 0\.60\) to be on it$/m);
  assert.match(text, /^live +9,812,345 +100 +98,123 +9\.9 µs +99 % +46 %$/m);
  assert.match(text, /^sent 9,900,000, stored 9,900,000, delivered 9,900,000; killed 1 time$/m);
  const foreign = reportLines({ ...result, own: undefined, phases: [{ ...live, serverMicros: undefined }] }).join('\n');
  assert.match(foreign, /^server: ws:\/\/127\.0\.0\.1:4690$/m);
  assert.match(foreign, /^live .* 98,123 +- /m);
  assert.doesNotMatch(foreign, /disk|memory/);
});

test('a load generator that was the limit, and a disk that is none, are told', () => {
  const own = result.own && { ...result.own, isInMemory: true };
  const text = reportLines({ ...result, own, phases: [{ ...live, loadBusy: 0.95 }] }).join('\n');
  assert.match(text, /^the load generator was the limit/m);
  assert.match(text, /^disk: none, .*--folder DIR$/m);
});

test('a broken promise, a message without an answer and one without an ack are failures, in this order', () => {
  const { verdict } = result;
  assert.equal(verdictFailure(verdict, 0), undefined);
  assert.equal(verdictFailure({ ...verdict, lost: 2, altered: 1 }, 5), 'a promise was broken: lost 2, altered 1');
  assert.equal(verdictFailure({ ...verdict, stored: 9_899_999 }, 0), '1 messages were not answered');
  assert.equal(verdictFailure(verdict, 3), '3 messages are not acked');
  const text = reportLines({ ...result, verdict: { ...verdict, twice: 1 } }).join('\n');
  assert.match(text, /^lost 0, twice 1, out of order 0, altered 0\na promise was broken: twice 1$/m);
});

test('the JSON has the same figures, rounded, and whether the promises held', () => {
  const object = JSON.parse(JSON.stringify(reportObject(result)));
  assert.deepEqual(Object.keys(object), [
    ...[
      'event',
      'pairs',
      'window',
      'bodyBytes',
      'connections',
      'url',
      'own',
      'phases',
      'stored',
      'delivered',
      'verdict',
    ],
  ]);
  assert.deepEqual(object.phases, [{ ...live, seconds: 100.012, serverMicros: 9.877 }]);
  assert.deepEqual(object.verdict, { ...result.verdict, unacked: 0, held: true });
  assert.deepEqual(Object.keys(object.delivered), ['p50', 'p90', 'p99', 'p999', 'max', 'histogram']);
  assert.deepEqual(object.delivered.histogram[0], { below: 0.5, count: 1 });
  assert.equal(JSON.parse(JSON.stringify(reportObject({ ...result, unacked: 1 }))).verdict.held, false);
});
