/** The operations port: liveness, readiness, and metrics in the Prometheus format. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../../src/io/log.js';
import { CLOSE_REASONS } from '../../src/protocol/close-codes.js';
import { errorFrame } from '../../src/protocol/error-frames.js';
import { REFUSAL_CODES } from '../../src/protocol/http.js';
import { Histogram, Metrics } from '../../src/server/metrics.js';
import { renderMetrics } from '../../src/server/metrics-text.js';
import { type OpsOptions, serveOps } from '../../src/server/ops-http.js';

async function serve(t: TestContext, options: Partial<OpsOptions> = {}) {
  const metrics = new Metrics();
  const ops = await serveOps({ port: 0, metrics, notReadyBecause: () => undefined, log: silentLog, ...options });
  t.after(() => ops.close());
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(ops.url + path, init);
    return { status: response.status, text: await response.text() };
  };
  return { ops, metrics, get };
}

/** The samples of a text in the Prometheus format. Fails when a line is malformed. */
function samplesOf(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line);
    if (type) types.set(type[1] as string, type[2] as string);
    if (line.startsWith('# ')) continue;
    const sample = /^(\w+)(\{[a-z_]+="[^"\\\n]*"(?:,[a-z_]+="[^"\\\n]*")*\})? (\S+)$/.exec(line);
    assert.ok(sample, `no sample: ${line}`);
    const [, name = '', labels = '', value] = sample;
    assert.ok(
      types.has(name) || types.get(name.replace(/_(bucket|sum|count)$/, '')) === 'histogram',
      `no type: ${line}`,
    );
    assert.ok(!samples.has(name + labels), `twice: ${line}`);
    assert.match(value ?? '', /^(-?[\d.]+(e[+-]?\d+)?|nan)$/i, line);
    samples.set(name + labels, Number(value));
  }
  return samples;
}

test('/livez answers 200, also when the server is not ready', async (t) => {
  const { get } = await serve(t, { notReadyBecause: () => 'starting' });
  assert.deepEqual(await get('/livez'), { status: 200, text: 'ok\n' });
});

test('/readyz is evaluated at each request, and has the reason', async (t) => {
  let because: string | undefined = 'starting';
  const { get } = await serve(t, { notReadyBecause: () => because });
  assert.deepEqual(await get('/readyz'), { status: 503, text: 'not ready: starting\n' });
  because = undefined;
  assert.deepEqual(await get('/readyz'), { status: 200, text: 'ok\n' });
  because = 'the disk failed';
  assert.deepEqual(await get('/readyz'), { status: 503, text: 'not ready: the disk failed\n' });
  assert.match((await get('/metrics')).text, /^im_ready 0$/m);
  because = undefined;
  assert.match((await get('/metrics')).text, /^im_ready 1$/m);
});

test('/metrics has the counters of the server and those of its process', async (t) => {
  const { get, metrics } = await serve(t);
  metrics.connections = 7;
  metrics.messagesStored = 3;
  metrics.replied(errorFrame('unknown-user'));
  metrics.closed('idle');
  metrics.closed('idle');
  metrics.committed(12, 0.4);
  const { status, text } = await get('/metrics');
  assert.equal(status, 200);
  const samples = samplesOf(text);
  for (const [name, value] of [
    ['im_connections', 7],
    ['im_messages_stored_total', 3],
    ['im_refused_total{code="unknown-user"}', 1],
    ['im_refused_total{code="invalid"}', 0],
    ['im_closed_total{reason="idle"}', 2],
    ['im_commit_seconds_bucket{le="0.00025"}', 0],
    ['im_commit_seconds_bucket{le="0.0005"}', 1],
    ['im_commit_seconds_bucket{le="+Inf"}', 1],
    ['im_commit_seconds_sum', 0.0004],
    ['im_commit_seconds_count', 1],
    ['im_commit_records_bucket{le="16"}', 1],
  ] as const) {
    assert.equal(samples.get(name), value, name);
  }
  assert.ok((samples.get('process_resident_memory_bytes') ?? 0) > 0);
  metrics.messagesStored++;
  assert.equal(samplesOf((await get('/metrics')).text).get('im_messages_stored_total'), 4);
});

test('/metrics has a sample of every counter, and of every code and reason from the start', () => {
  const metrics = new Metrics();
  const numbers = Object.entries(metrics).filter(([, value]) => typeof value === 'number');
  for (const [index, [name]] of numbers.entries()) Object.assign(metrics, { [name]: 1_000 + index });
  const samples = samplesOf(renderMetrics(metrics));
  const rendered = new Set(samples.values());
  for (const [index, [name]] of numbers.entries()) assert.ok(rendered.has(1_000 + index), name);
  for (const code of REFUSAL_CODES) assert.equal(samples.get(`im_refused_total{code="${code}"}`), 0);
  for (const reason of CLOSE_REASONS) assert.equal(samples.get(`im_closed_total{reason="${reason}"}`), 0);
});

test('a histogram counts the values at or below each bound', () => {
  const histogram = new Histogram([1, 10]);
  for (const value of [0, 1, 1.5, 10, 11, 1_000]) histogram.observe(value);
  assert.deepEqual(histogram.cumulative(), [2, 4, 6]);
  assert.equal(histogram.sum, 1023.5);
});

test('other paths answer 404, other methods 405, and a query is ignored', async (t) => {
  const { get } = await serve(t);
  assert.equal((await get('/')).status, 404);
  assert.equal((await get('/metrics/x')).status, 404);
  assert.equal((await get('/livez', { method: 'POST', body: 'x' })).status, 405);
  assert.equal((await get('/livez?verbose')).status, 200);
  assert.deepEqual(await get('/livez', { method: 'HEAD' }), { status: 200, text: '' });
});

test('a request that throws answers 500, and the next one works', async (t) => {
  let isBroken = true;
  const logged: string[] = [];
  const { get } = await serve(t, {
    notReadyBecause: () => {
      if (isBroken) throw new Error('a bug');
      return undefined;
    },
    log: { ...silentLog, error: (event) => logged.push(event) },
  });
  assert.equal((await get('/readyz')).status, 500);
  assert.deepEqual(logged, ['ops failed']);
  isBroken = false;
  assert.equal((await get('/readyz')).status, 200);
});

test('the operations port listens on loopback by default, has a URL, and rejects for a port in use', async (t) => {
  const { ops, metrics } = await serve(t);
  assert.match(ops.url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
  const port = Number(new URL(ops.url).port);
  await assert.rejects(serveOps({ port, metrics, notReadyBecause: () => undefined, log: silentLog }), {
    code: 'EADDRINUSE',
  });
});

test('after close() the operations port is free, also with open connections', async (t) => {
  const { ops, get } = await serve(t);
  await get('/livez');
  await ops.close();
  await assert.rejects(get('/livez'));
});

/** A request with this `Host`, which `fetch` would not send. */
const statusFor = (url: string, host: string | undefined): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : { host };
    request(`${url}/metrics`, { headers, setHost: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

test('a request for another host is refused: a web page cannot read the metrics by DNS rebinding', async (t) => {
  const { ops } = await serve(t);
  const { port } = new URL(ops.url);
  for (const host of ['localhost', 'LOCALHOST.', '127.0.0.1', '127.1.2.3', '[::1]']) {
    assert.equal(await statusFor(ops.url, host), 200, host);
    assert.equal(await statusFor(ops.url, `${host}:${port}`), 200, host);
  }
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '::1',
    '10.0.0.1',
  ])
    assert.equal(await statusFor(ops.url, host), 403, host);
  const named = await serve(t, { host: '127.0.0.2' });
  assert.equal(await statusFor(named.ops.url, `127.0.0.2:${port}`), 200, 'the address that it listens on');
});

test('/metrics has the days of the certificate with TLS, measured when it is asked', async (t) => {
  const { get, metrics } = await serve(t);
  assert.equal(samplesOf((await get('/metrics')).text).has('im_certificate_days_left'), false);
  const withTls = await serve(t, {
    metrics,
    onScrape: () => {
      metrics.certificateDaysLeft = -1.5;
    },
  });
  assert.equal(samplesOf((await withTls.get('/metrics')).text).get('im_certificate_days_left'), -1.5);
});
