/** The certificate and key of `im serve`: what is refused, and how a new pair replaces the old one. */
import assert from 'node:assert/strict';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { readPair, type TlsPair, type TlsPaths } from '../../../src/cli/serve/tls-pair.js';
import { daysLeft, TlsRenewal } from '../../../src/cli/serve/tls-renewal.js';
import { deferred } from '../../harness/deferred.js';
import { createFakeClock } from '../../harness/fake-clock.js';
import type { Scope } from '../../harness/process.js';
import { keepingLog } from '../../harness/store-rig.js';
import { certificate, signed } from '../../io/certificate.js';

type Texts = Readonly<Record<'cert' | 'key', string | Buffer>>;

async function filesOf(t: Scope): Promise<TlsPaths & { write(texts: Partial<Texts>): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const paths = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  return {
    ...paths,
    async write({ cert, key }) {
      if (cert !== undefined) await writeFile(paths.cert, cert);
      if (key !== undefined) await writeFile(paths.key, key, { mode: 0o600 });
    },
  };
}

const der = Buffer.from(signed.cert.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
const brokenChain = `${signed.cert}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n`;

for (const [name, texts, what] of [
  ['a key of another certificate', { ...signed, key: certificate.key }, /key\.pem is not the key of .*cert\.pem$/],
  ['a certificate in place of the key', { ...signed, key: signed.cert }, /no private key without a passphrase in/],
  ['an empty certificate', { ...signed, cert: '' }, /there is no certificate in/],
  ['a certificate that is not PEM', { ...signed, cert: der }, /TLS cannot use .*cert\.pem with .*key\.pem/],
  ['a chain that is damaged behind the first certificate', { ...signed, cert: brokenChain }, /TLS cannot use/],
] as const) {
  test(`${name} is wrong usage, in words`, async (t) => {
    const files = await filesOf(t);
    await files.write(texts);
    await assert.rejects(readPair(files), (error) => {
      assert.ok(error instanceof Failure, String(error));
      assert.equal(error.exit, 'usage');
      assert.match(error.message, what);
      return true;
    });
  });
}

const skip = process.platform === 'win32' && 'access lists decide';
test('a key that others can read is refused; one of another account may be for a group (R20)', { skip }, async (t) => {
  const files = await filesOf(t);
  await files.write(signed);
  for (const mode of [0o640, 0o604, 0o620, 0o644]) {
    await chmod(files.key, mode);
    await assert.rejects(readPair(files), /key\.pem can be read by others/, mode.toString(8));
  }
  for (const mode of [0o600, 0o400]) {
    await chmod(files.key, mode);
    await readPair(files);
  }
  if (process.getuid?.() !== 0) return;
  await chown(files.key, 1, 1);
  await chmod(files.key, 0o640);
  await readPair(files);
  for (const mode of [0o644, 0o660]) {
    await chmod(files.key, mode);
    await assert.rejects(readPair(files), /can be read by others/);
  }
});

async function rigRenewal(t: Scope, use: (pair: TlsPair) => Promise<void> = async () => undefined) {
  const files = await filesOf(t);
  await files.write(certificate);
  const clock = createFakeClock();
  const { log, lines } = keepingLog();
  const pair = await readPair(files);
  const used: string[] = [];
  const renewal = new TlsRenewal({
    paths: files,
    pair,
    clock,
    log,
    use: async (next) => {
      await use(next);
      used.push(next.fingerprint);
    },
  });
  return { files, renewal, used, pair, clock, log: lines };
}

test('a new pair is used; one that cannot be is named in the log, and the old one kept', async (t) => {
  const { files, renewal, used, pair, clock, log } = await rigRenewal(t);
  await files.write({ cert: signed.cert });
  await renewal.run();
  assert.deepEqual(used, []);
  assert.equal(log[0]?.event, 'certificate refused');
  assert.match(String(log[0]?.fields?.reason), /key\.pem is not the key of the certificate in .*cert\.pem/);
  assert.equal(renewal.daysLeft, daysLeft(pair, clock.now()));
  await rm(files.cert);
  await renewal.run();
  assert.match(String(log[1]?.fields?.reason), /cert\.pem cannot be read/);
  await files.write(signed);
  await renewal.run();
  const next = await readPair(files);
  assert.deepEqual(used, [next.fingerprint]);
  assert.equal(renewal.daysLeft, daysLeft(next, clock.now()));
  assert.deepEqual(
    log.map(({ event }) => event),
    ['certificate refused', 'certificate refused', 'certificate loaded'],
  );
});

test('a new pair that clients refuse is used, and the log says so; the days are negative', async (t) => {
  const { files, renewal, log } = await rigRenewal(t);
  await files.write({ cert: signed.expired, key: signed.key });
  await renewal.run();
  assert.deepEqual(
    log.map(({ event }) => event),
    ['certificate loaded', 'clients refuse the certificate'],
  );
  assert.ok(renewal.daysLeft < 0);
});

test('files that change while they are read are read again; after the end nothing is used', async (t) => {
  const first = deferred<void>();
  const gate = deferred<void>();
  const { files, renewal, used } = await rigRenewal(t, async () => {
    first.resolve();
    await gate.promise;
  });
  const running = renewal.run();
  await first.promise;
  await files.write(signed);
  for (let hangup = 0; hangup < 3; hangup++) assert.equal(renewal.run(), running);
  gate.resolve();
  await running;
  assert.equal(used.length, 2);
  assert.equal(used[1], (await readPair(files)).fingerprint);
  await renewal.end();
  await renewal.run();
  assert.equal(used.length, 2);
});
