/** The alert rules and the dashboard name only metrics that the server has, and the docs name all of them. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../../src/io/log.js';
import { CLOSE_REASONS } from '../../src/protocol/close-codes.js';
import { ERROR_CODES } from '../../src/protocol/error-codes.js';
import { Metrics } from '../../src/server/metrics.js';
import { serveOps } from '../../src/server/ops-http.js';

const docs = join(import.meta.dirname, '../../../docs');
const alerts = await readFile(join(docs, 'examples/monitoring/alerts.yml'), 'utf8');
const dashboard = await readFile(join(docs, 'examples/monitoring/dashboard.json'), 'utf8');

/** What `/metrics` has, with TLS: the names of the families. */
async function served(): Promise<ReadonlySet<string>> {
  const metrics = new Metrics();
  metrics.certificateDaysLeft = 90;
  const ops = await serveOps({ port: 0, metrics, notReadyBecause: () => undefined, log: silentLog });
  const text = await (await fetch(`${ops.url}/metrics`)).text();
  await ops.close();
  return new Set([...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name as string));
}

const names = await served();
const METRIC = /\b(?:im|process|nodejs)_\w+/g;
const familyOf = (sample: string): string => (names.has(sample) ? sample : sample.replace(/_(bucket|sum|count)$/, ''));
const namedIn = (text: string): Set<string> => new Set((text.match(METRIC) ?? []).map(familyOf));

test('every metric in the alert rules and in the dashboard exists', () => {
  for (const text of [alerts, dashboard]) {
    const named = [...namedIn(text)];
    assert.ok(named.length > 5);
    assert.deepEqual(
      named.filter((name) => !names.has(name)),
      [],
    );
  }
});

test('the dashboard shows every metric of the server', () => {
  const own = [...names].filter((name) => name.startsWith('im_'));
  const shown = namedIn(dashboard);
  assert.deepEqual(
    own.filter((name) => !shown.has(name)),
    [],
  );
});

test('the docs explain every metric of the server, and no other', async () => {
  const page = await readFile(join(docs, 'operations.md'), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| `im_/.test(line));
  const explained = namedIn(rows.join('\n'));
  const own = [...names].filter((name) => name.startsWith('im_'));
  assert.deepEqual([...explained].sort(), own.sort());
});

test('codes and reasons in the alert rules and in the dashboard exist', () => {
  const values = [...`${alerts}${dashboard}`.matchAll(/\b(code|reason)=\\?"([a-z-]+)\\?"/g)];
  assert.ok(values.length > 2);
  for (const [, label, value = ''] of values)
    assert.ok((label === 'code' ? ERROR_CODES : CLOSE_REASONS).includes(value as never), `${label}=${value}`);
});

test('the dashboard is whole: JSON, panels that do not overlap, a query in each', () => {
  interface Panel {
    readonly id: number;
    readonly title: string;
    readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
    readonly targets: readonly { readonly expr: string }[];
  }
  const { panels } = JSON.parse(dashboard) as { panels: readonly Panel[] };
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const cells = new Set<string>();
  for (const { title, gridPos, targets } of panels) {
    assert.ok(targets.length > 0 && gridPos.x + gridPos.w <= 24, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(!cells.has(`${x},${y}`), title);
        cells.add(`${x},${y}`);
      }
    }
  }
});

test('every alert has a query, a severity, and says what to do', () => {
  const rules = alerts.split(/^ {6}- alert: /m).slice(1);
  assert.ok(rules.length > 8);
  for (const rule of rules) {
    for (const part of [
      /^ {8}expr: \S/m,
      /severity: (warning|critical)/,
      /^ {10}summary: \S/m,
      /^ {10}description: \S/m,
    ])
      assert.match(rule, part);
  }
});
