/** Where the database is, from a flag, the environment and a service file. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findDatabase, hostsInClearText } from '../../../src/cli/database/database-address.js';

let folder: string;
let PGSERVICEFILE: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'im-database-'));
  PGSERVICEFILE = join(folder, 'services');
  await writeFile(
    PGSERVICEFILE,
    '# ours\n[other]\nhost=elsewhere\n[im]\nhost = db1,db2\nport=5433\ndbname=im\nuser=im\npassword=s3cret\n',
  );
});
after(() => rm(folder, { recursive: true }));

test('the address says all that it says, and the environment the rest', async () => {
  const env = {
    PGHOST: 'db9',
    PGPORT: '5499',
    PGDATABASE: 'other',
    PGUSER: 'ops',
    PGPASSWORD: 'hidden',
    PGSSLMODE: 'require',
  };
  assert.deepEqual(await findDatabase('postgresql://im@db1:1,db2/im?sslmode=disable', env), {
    url: 'postgresql://im@db1:1,db2:5499/im?sslmode=disable',
    password: 'hidden',
  });
  assert.deepEqual(await findDatabase('postgresql://', env), {
    url: 'postgresql://ops@db9:5499/other?sslmode=require',
    password: 'hidden',
  });
  assert.deepEqual(await findDatabase('postgres://im@/im', { PGHOST: 'a,b', PGPORT: '1,2' }), {
    url: 'postgresql://im@a:1,b:2/im',
  });
  assert.deepEqual(await findDatabase('postgresql://im@/', { PGHOST: '::1' }), { url: 'postgresql://im@[::1]/im' });
  assert.deepEqual(await findDatabase('postgresql://im@[::1],[::2]:7/im?port=8', {}), {
    url: 'postgresql://im@[::1]:8,[::2]:7/im',
  });
});

test('a service file comes before the environment, and after the address', async () => {
  const env = { PGSERVICEFILE, PGSERVICE: 'im', PGHOST: 'db9', PGPASSWORD: 'hidden' };
  const named = { url: 'postgresql://im@db1:5433,db2:5433/im', password: 's3cret' };
  assert.deepEqual(await findDatabase('postgresql://', env), named);
  assert.deepEqual(await findDatabase('postgresql://?service=im', { PGSERVICEFILE }), named);
  assert.equal((await findDatabase('postgresql://bot@db3/x', env)).url, 'postgresql://bot@db3:5433/x');
});

test('a password is taken from IM_DATABASE_URL, and refused in a flag without being repeated', async () => {
  const url = 'postgresql://im:s3%40cret@db1/im';
  const found = await findDatabase(url, { IM_DATABASE_URL: url });
  assert.deepEqual(found, { url: 'postgresql://im@db1/im', password: 's3@cret' });
  await assert.rejects(findDatabase(url, {}), (error: Error & { next?: string }) => {
    assert.match(error.message, /password in a flag/);
    assert.doesNotMatch(JSON.stringify([error.message, error.next]), /s3/);
    return true;
  });
});

test('what is no address, and a service that is not there, are refused', async () => {
  for (const wrong of ['mysql://db/im', 'db1', '', 'postgresql://a b/?x#y', 'postgresql://%zz@db/im']) {
    await assert.rejects(findDatabase(wrong, {}), { name: 'Failure', exit: 'usage' }, wrong);
  }
  await assert.rejects(findDatabase('postgresql:///im', { PGHOST: '/var/run/postgresql' }), {
    exit: 'usage',
    message: /socket/,
  });
  const missing = { PGSERVICEFILE, PGSERVICE: 'nobody' };
  await assert.rejects(findDatabase('postgresql://', missing), /no service nobody/);
  const unreadable = { PGSERVICEFILE: join(folder, 'none'), PGSERVICE: 'im' };
  await assert.rejects(findDatabase('postgresql://', unreadable), /cannot be read/);
});

test('other machines without TLS are named, this one is not', () => {
  const hosts = (url: string) => hostsInClearText({ url });
  assert.deepEqual(hosts('postgresql://im@127.0.0.1:5432,localhost,[::1]:5433/im'), []);
  assert.deepEqual(hosts('postgresql://im@db1:5432,127.0.0.1,[2001:db8::1]/im?sslmode=prefer'), [
    'db1:5432',
    '[2001:db8::1]',
  ]);
  for (const mode of ['require', 'verify-ca', 'verify-full'])
    assert.deepEqual(hosts(`postgresql://im@db1/im?sslmode=${mode}`), []);
});
