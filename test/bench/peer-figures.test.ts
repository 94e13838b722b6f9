/** The comparison with peers: ratios within a round, the table, the picture. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peerChart } from './peer-chart.js';
import { type PeerFigures, peerTable, spreadOf, systemsOf } from './peer-figures.js';
import type { Figures } from './work.js';

const round = (messagesPerSecond: number, serverCpuMicros: number): Figures => ({
  messagesPerSecond,
  serverCpuMicros,
  serverBusy: 1,
  loadBusy: 0.4,
  serverMiB: 100,
  answer: { p50: 1, p99: 2 },
  receipt: { p50: 1, p99: 2 },
  total: 1,
});

const systems = systemsOf(
  new Map([
    [{ name: 'im' }, [round(100, 10), round(50, 20), round(80, 12)]],
    [{ name: 'A & <B>' }, [round(50, 20), round(50, 20), round(60, 12)]],
    [{ name: 'slow' }, [round(1, 1_000), round(1, 1_000), round(1, 1_000)]],
  ]),
);

const figures: PeerFigures = {
  date: '2026-01-31',
  node: '20.0.0',
  versions: { A: '1.0' },
  cpu: '2 cores',
  rounds: 3,
  secondsPerRound: 2,
  loadBefore: 0.1,
  isBusy: false,
  systems,
};

test('ratios are those within a round, with their spread', () => {
  const [im, peer] = systems;
  assert.deepEqual(im?.speedRatio, { median: 1, least: 1, most: 1 });
  assert.deepEqual(peer?.speedRatio, { median: 0.75, least: 0.5, most: 1 });
  assert.deepEqual(peer?.cpuRatio, { median: 1, least: 1, most: 2 });
  assert.deepEqual(spreadOf([1.23456, 1_234_567]), { median: 617_000, least: 1.23, most: 1_230_000 });
});

test('figures of a busy machine say so, in the table and in the picture', () => {
  const busy = { ...figures, isBusy: true, loadBefore: 9.5 };
  assert.doesNotMatch(peerTable(figures) + peerChart(figures), /busy/);
  assert.match(peerTable(busy), /\*\*busy machine\*\* \(load 9\.5 before the start\)/);
  assert.match(peerChart(busy), />2026-01-31, busy machine: not for comparison\./);
});

test('the picture is small, well-formed, for light and dark pages, and every bar is inside', () => {
  const chart = peerChart(figures);
  assert.ok(chart.length < 8_000);
  assert.match(chart, /prefers-color-scheme:dark/);
  assert.match(chart, />A &amp; &lt;B&gt;</);
  assert.match(chart, />83\.3 \(cut off\)</);
  const [, width] = /viewBox="0 0 (\d+) /.exec(chart) ?? [];
  for (const [, x, length] of chart.matchAll(/<rect[^>]* x="(\d+)"[^>]* width="(\d+)"/g))
    assert.ok(Number(x) + Number(length) < Number(width) - 60);
  const names = [...chart.replace(/<!--[\s\S]*?-->/g, '').matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)];
  const open: string[] = [];
  for (const [, closes, name = '', isEmpty] of names) {
    if (closes) assert.equal(open.pop(), name);
    else if (!isEmpty) open.push(name);
  }
  assert.deepEqual(open, []);
});
