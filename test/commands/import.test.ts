/** `im import` and `im export` as processes: clients of a folder's server go on with a server on a database, and back. */
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { isLockFile } from '../../src/disk/lock.js';
import { type Client, type ClientEvent, connect } from '../../src/index.js';
import { freePort } from '../harness/free-port.js';
import { type SharedPostgres, sharedPostgres } from '../harness/postgres/shared.js';
import { type Finished, makeHome, type Scope } from '../harness/process.js';
import { jsonLines, type Served, serveIn } from './server.js';

let postgres: SharedPostgres;
before(async () => {
  postgres = await sharedPostgres();
});
after(() => postgres?.close());

/** A home, and an empty database: in the environment of commands that use it, and not in that of a server on a folder. */
async function makePlaces(t: Scope) {
  const env = await makeHome(t);
  const database = { IM_DATABASE_URL: await postgres.newDatabase(), IM_SERVE_SINGLE_NODE: '1' };
  return { env, home: env.HOME as string, database };
}

function must({ code, stdout, stderr }: Finished): string {
  assert.equal(code, 0, stderr);
  return stdout;
}

function refuses({ code, stdout, stderr }: Finished, exit: keyof typeof EXIT_CODES, why: RegExp): void {
  assert.deepEqual([code, stdout], [EXIT_CODES[exit].code, ''], stderr);
  assert.match(stderr, why);
}

async function stop(server: Served): Promise<void> {
  server.process.child.kill('SIGTERM');
  must(await server.process.finished);
}

/** All files of a folder, but those of its lock. */
async function filesIn(folder: string): Promise<object> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !isLockFile(entry.name)) found[path] = await readFile(path, 'latin1');
  }
  return found;
}

/** A client of the library with a state folder. What it shows and what happens is noted. */
class Person {
  readonly shown: string[] = [];
  readonly events: ClientEvent[] = [];
  #client: Client | undefined;
  #changed: () => void = () => undefined;

  constructor(
    private readonly url: string,
    private readonly user: string,
    private readonly token: string,
    private readonly stateFolder: string,
  ) {}

  get client(): Client {
    return this.#client as Client;
  }

  come(): void {
    const { url, user, token, stateFolder } = this;
    this.#client = connect({
      ...{ url, user, token, stateFolder },
      onMessage: ({ id }) => {
        this.shown.push(id);
        this.#changed();
      },
    });
    this.#client.subscribe((event) => {
      this.events.push(event);
      this.#changed();
    });
  }

  /** One at a time. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  is(id: string, wanted: string): Promise<void> {
    return this.until(() =>
      this.events.some((event) => event.type === 'state' && event.id === id && event.state === wanted),
    );
  }

  get epochs(): ReadonlySet<string> {
    return new Set(this.events.flatMap((event) => (event.type === 'online' ? [event.welcome.epoch] : [])));
  }
}

/** What commands of an operator print about a server. */
async function reports(server: Served, url: string, tokenFile: string): Promise<object> {
  const as = ['--url', url, '--as', 'operator', '--token-file', tokenFile, '--json'];
  const lines = [
    'inspect-queue --status all',
    'inspect-queue --audit',
    'user list',
    'devices bob',
    'user allow bob',
    'trace m2 --to bob',
    'trace m3',
    'trace m5',
  ];
  const printed: Record<string, unknown> = {};
  for (const line of lines) printed[line] = jsonLines(must(await server.im([...line.split(' '), ...as])));
  return printed;
}

test('clients go on with a server on a database, and on a folder again: nothing is lost, shown twice, or in a new epoch', async (t) => {
  const { env, home, database } = await makePlaces(t);
  const port = ['--port', String(await freePort())];
  let server = await serveIn(t, env, ...port);
  const { url, data } = server;
  const [aliceToken = '', bobToken = ''] = must(await server.im(['user', 'add', 'alice', 'bob']))
    .trim()
    .split('\n');
  const alice = new Person(url, 'alice', aliceToken, join(home, 'alice'));
  const bob = new Person(url, 'bob', bobToken, join(home, 'bob'));
  alice.come();
  bob.come();
  t.after(() => Promise.all([alice.client.close(), bob.client.close()]));
  alice.client.send('bob', 'one', { id: 'm1' });
  await alice.is('m1', 'delivered');
  await bob.client.close();
  alice.client.send('bob', 'two', { id: 'm2' });
  alice.client.send('bob', 'spam', { id: 'm3' });
  await alice.is('m3', 'stored');
  must(await server.im(['purge', 'bob', '--id', 'm3', '--yes', '--export', join(home, 'purged')]));
  await alice.is('m3', 'failed');
  const token = join(home, 'token');
  await cp(join(data, 'operator.token'), token);
  await stop(server);

  alice.client.send('bob', 'three', { id: 'm4' }); // while no server runs
  await alice.is('m4', 'queued');
  await alice.client.close();
  const before = await filesIn(data);
  const imported = await server.im(['import', data, '--json'], { env: database });
  const [counts] = jsonLines(must(imported));
  assert.deepEqual([counts?.users, counts?.mailboxes, counts?.messages], [3, 1, 3]);
  assert.deepEqual(await filesIn(data), before); // R19
  refuses(await server.im(['import', data], { env: database }), 'usage', /contains this store already/);

  server = await serveIn(t, { ...env, ...database }, ...port);
  alice.come();
  await alice.is('m4', 'stored');
  refuses(await server.im(['export', join(home, 'early')]), 'data-unusable', /in use[\s\S]*servers/);
  bob.come();
  await bob.until(() => bob.shown.length >= 3);
  for (const id of ['m2', 'm4']) await alice.is(id, 'delivered');
  await bob.client.close();
  alice.client.send('bob', 'four', { id: 'm5' });
  await alice.is('m5', 'stored');
  const onTables = await reports(server, url, token);
  await alice.client.close();
  await stop(server);

  const back = join(home, 'back');
  const exported = await server.im(['export', back], { env: database });
  assert.match(must(exported), /3 users, 5 messages in 1 mailbox; verified\n$/);
  assert.match(exported.stderr, /operator\.token/);
  await cp(token, join(back, 'operator.token'));
  server = await serveIn(t, env, ...port, '--data', back);
  const elsewhere = { ...server, im: (words: readonly string[]) => server.im(words, { env: { XDG_DATA_HOME: home } }) };
  assert.deepEqual(await reports(elsewhere, url, token), onTables);
  bob.come();
  alice.come();
  await bob.until(() => bob.shown.length >= 4);
  await alice.is('m5', 'delivered');

  assert.deepEqual(bob.shown, ['m1', 'm2', 'm4', 'm5']);
  for (const { events, epochs } of [alice, bob]) {
    assert.deepEqual([...epochs], [counts?.epoch]);
    assert.ok(!events.some(({ type }) => type === 'new-epoch' || type === 'missed' || type === 'history'));
  }
});

test('what cannot be brought in or out is refused, and changes nothing', async (t) => {
  const { env, home, database } = await makePlaces(t);
  const server = await serveIn(t, env);
  const { data } = server;
  must(await server.im(['user', 'add', 'alice', '--keep']));
  must(await server.im(['send', 'alice', 'hi', '--as', 'alice', '--quiet']));
  const run = (...words: string[]) => server.im(words, { env: database });
  refuses(await run('import', data), 'data-unusable', /is in use by process/);
  refuses(await run('import', join(home, 'nothing')), 'data-unusable', /there is no store in/);
  refuses(await run('export', join(home, 'new')), 'data-unusable', /no store in the database/);
  await stop(server);

  const mailbox = join(data, 'mailboxes/alice.json');
  const whole = await readFile(mailbox, 'utf8');
  await writeFile(mailbox, whole.replace('"hi"', '"ho"'));
  refuses(await run('import', data), 'data-unusable', /the mailbox of alice cannot be read[\s\S]*nothing was changed/);
  await writeFile(mailbox, whole);
  must(await run('database', 'operator'));
  refuses(await run('import', data), 'usage', /not empty[\s\S]*1 user/);
  await mkdir(join(home, 'full/x'), { recursive: true });
  refuses(await run('export', join(home, 'full')), 'usage', /is not empty/);
  assert.deepEqual(
    (await readdir(home)).filter((name) => name === 'new' || name === 'nothing'),
    [],
  );
});
