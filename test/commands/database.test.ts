/** `im database` and `im serve --database` as processes, on a real PostgreSQL. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { SCHEMA } from '../../src/postgres/schema/schema.js';
import { freePort } from '../harness/free-port.js';
import { type SharedPostgres, sharedPostgres } from '../harness/postgres/shared.js';
import { type Finished, im, makeHome, type Running, type Scope, start } from '../harness/process.js';
import { jsonLines } from './server.js';

let postgres: SharedPostgres;
before(async () => {
  postgres = await sharedPostgres();
});
after(() => postgres?.close());

/** An empty database, for processes in a home of their own. */
async function makeDatabase(t: Scope) {
  const address = await postgres.newDatabase();
  const env = { ...(await makeHome(t)), IM_DATABASE_URL: address, IM_SERVE_SINGLE_NODE: '1' };
  return {
    env,
    address,
    /** Its name: the last part of the address. */
    name: new URL(address).pathname.slice(1),
    im: (line: string, more: Readonly<Record<string, string>> = {}): Promise<Finished> =>
      im(t, line.split(' '), { env: { ...env, ...more } }),
    start: (line: string): Running => start(t, line.split(' '), { env }),
  };
}

type Served = Awaited<ReturnType<typeof makeDatabase>>;

/** A server on it; resolves with its URL when it listens. */
async function serve(
  database: Served,
): Promise<{ readonly process: Running; readonly url: string; readonly ops: string }> {
  const process = database.start('serve --json --port 0 --ops-port 0');
  const { url, ops } = JSON.parse(await process.line('listening')) as { url: string; ops: string };
  return { process, url, ops };
}

function refuses({ code, stdout, stderr }: Finished, exit: keyof typeof EXIT_CODES, ...why: readonly RegExp[]): void {
  assert.deepEqual([code, stdout], [EXIT_CODES[exit].code, ''], stderr);
  for (const pattern of why) assert.match(stderr, pattern);
  assert.ok(stderr.trim().split('\n').length <= 3, stderr);
}

test('a new database: check says what is missing, migrate makes the tables once, operator gives the first token', async (t) => {
  const database = await makeDatabase(t);
  const empty = await database.im('database check');
  assert.equal(empty.code, 0, empty.stdout);
  assert.match(empty.stdout, /^warning +schema +there are no tables yet - .*im database migrate/m);

  const [migrated, again] = [await database.im('database migrate'), await database.im('database migrate --json')];
  assert.match(migrated.stdout, new RegExp(`^127\\.0\\.0\\.1:\\d+/${database.name}: schema 0 → ${SCHEMA.length}\n$`));
  const [told] = jsonLines(again.stdout);
  assert.deepEqual([told?.before, told?.after], [SCHEMA.length, SCHEMA.length]);

  const checked = await database.im('database check --json');
  const findings = jsonLines(checked.stdout).filter(({ check }) => check !== undefined);
  assert.deepEqual([checked.code, [...new Set(findings.map(({ state }) => state))]], [0, ['ok']], checked.stdout);

  const [first, second] = [await database.im('database operator'), await database.im('database operator --json')];
  assert.match(first.stdout, /^im_\S+\n$/);
  assert.equal(jsonLines(second.stdout)[0]?.user, 'operator');
  assert.doesNotMatch(second.stdout, new RegExp(first.stdout.trim()));
});

test('two servers on one database: users, messages and the old token of the operator; one ends, the other goes on', async (t) => {
  const database = await makeDatabase(t);
  const one = await serve(database); // makes the tables itself
  const two = await serve(database);
  const [old, token] = [await database.im('database operator'), await database.im('database operator')];
  const at = (url: string, { stdout }: Finished = token) => ({
    IM_URL: url,
    IM_USER: 'operator',
    IM_TOKEN: stdout.trim(),
  });
  assert.equal((await database.im('user list', at(one.url, old))).code, EXIT_CODES['credential-refused'].code);
  const added = await database.im('user add alice bob', at(one.url));
  const [alice = '', bob = ''] = added.stdout.trim().split('\n');
  const as = (user: string, url: string) => ({ IM_URL: url, IM_USER: user, IM_TOKEN: user === 'alice' ? alice : bob });

  const listening = start(t, ['listen', '--count', '2'], { env: { ...database.env, ...as('bob', two.url) } });
  const sent = await database.im('send bob across --wait delivered --timeout 20s', as('alice', one.url));
  assert.equal(sent.code, 0, sent.stderr);
  one.process.child.kill('SIGTERM');
  assert.equal((await one.process.finished).code, 0);
  assert.equal((await database.im('send bob later', as('alice', two.url))).code, 0);
  assert.equal((await listening.finished).stdout, 'alice: across\nalice: later\n');
  const queues = await database.im('inspect-queue --summary', at(two.url));
  assert.equal(queues.code, 0, queues.stderr);

  const ready = await fetch(`${two.ops}/readyz`);
  assert.equal(ready.status, 200, await ready.text());
  const checked = await database.im('database check');
  assert.match(checked.stdout, /^ok +servers +1 running/m);
});

test('a database that is away, or whose settings may lose messages, is refused', async (t) => {
  const database = await makeDatabase(t);
  const away = { IM_DATABASE_URL: `postgresql://im@127.0.0.1:${await freePort()}/im` };
  const strict = { IM_SERVE_SINGLE_NODE: '0' };
  const password = new URL(database.address).password;
  const [unreachable, unknown, single, careless] = await Promise.all([
    database.im('serve --port 0', away),
    database.im('serve --port 0', { IM_DATABASE_URL: database.address.replace(/[^/]*$/, 'nowhere') }),
    database.im('serve --port 0', strict),
    database.im('database migrate', { PGOPTIONS: '-c synchronous_commit=off' }),
    database.im('database check', strict).then(({ code, stdout }) => {
      assert.equal(code, EXIT_CODES['data-unusable'].code, stdout);
      assert.match(stdout, /^problem +database .*synchronous_standby_names/m);
    }),
  ]);
  refuses(
    unreachable,
    'not-stored',
    /^im: the database cannot be reached\n.*127\.0\.0\.1:\d+.*ECONNREFUSED/,
    /im database check/,
  );
  refuses(unknown, 'data-unusable', /"nowhere" does not exist/);
  refuses(single, 'data-unusable', /synchronous_standby_names/, /--single-node/);
  refuses(careless, 'data-unusable', /synchronous_commit/);
  for (const { stderr } of [unreachable, unknown, single, careless]) assert.ok(!stderr.includes(password));
});

test('a folder and a database, no address, or a password in a flag are wrong usage; the password is not repeated', async (t) => {
  const home = await makeHome(t);
  const run = (...words: readonly string[]) => im(t, words, { env: home });
  const address = 'postgresql://im@127.0.0.1/im';
  const [both, secret, checked, wrong, missing] = await Promise.all([
    run('serve', '--data', 'here', '--database', address),
    run('serve', '--database', 'postgresql://im:s3cret@127.0.0.1/im'),
    run('database', 'migrate', '--database', 'postgresql://im:s3cret@127.0.0.1/im'),
    run('serve', '--database', 'mysql://im@127.0.0.1/im'),
    run('database', 'check'),
  ]);
  refuses(both, 'usage', /data folder or in a database, not in both\n/, /IM_DATA.*im import/);
  for (const finished of [secret, checked]) {
    refuses(finished, 'usage', /a password in a flag can be seen/, /IM_DATABASE_URL/);
    assert.ok(!finished.stderr.includes('s3cret'));
  }
  refuses(wrong, 'usage', /not the address of a PostgreSQL database/);
  refuses(missing, 'usage', /database/);
});

test('tables of a newer version that older ones must not use are refused, and stay as they are', async (t) => {
  const database = await makeDatabase(t);
  await database.im('database migrate');
  const newer = SCHEMA.length + 1;
  await postgres.query(`UPDATE meta SET schema = ${newer}, oldest = ${newer}`, database.name);
  const [served, migrated, checked] = await Promise.all([
    database.im('serve --port 0'),
    database.im('database migrate'),
    database.im('database check'),
  ]);
  for (const finished of [served, migrated]) refuses(finished, 'data-unusable', /newer/);
  assert.equal(checked.code, EXIT_CODES['data-unusable'].code);
  assert.match(checked.stdout, /^problem +schema .* - install a newer version/m);
});

test('the password comes from a service file or from ~/.pgpass, as for psql', async (t) => {
  const database = await makeDatabase(t);
  const { hostname, port, username, password, pathname } = new URL(database.address);
  const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
  t.after(() => rm(folder, { recursive: true }));
  const [services, passwords] = [join(folder, 'services'), join(folder, 'pgpass')];
  const at = `host=${hostname}\nport=${port}\nuser=${username}\ndbname=${pathname.slice(1)}\n`;
  await writeFile(services, `[im]\n${at}password=${password}\n[bare]\n${at}`);
  await writeFile(passwords, `${hostname}:${port}:*:${username}:${password}\n`, { mode: 0o600 });
  const env = { IM_DATABASE_URL: 'postgresql://', PGSERVICEFILE: services };
  const [named, looked, none] = await Promise.all([
    database.im('database check', { ...env, PGSERVICE: 'im' }),
    database.im('database check', { ...env, PGSERVICE: 'bare', PGPASSFILE: passwords }),
    database.im('database migrate', { ...env, PGSERVICE: 'bare' }),
  ]);
  for (const { code, stdout } of [named, looked]) assert.equal(code, 0, stdout);
  refuses(none, 'data-unusable', /asks for a password/, /~\/\.pgpass/);
});
