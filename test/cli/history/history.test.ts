import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Failure } from '../../../src/cli/errors/failure.js';
import { type HistoryFilter, printHistory } from '../../../src/cli/history/history.js';
import { findHistory } from '../../../src/cli/history/history-place.js';
import { formatTime } from '../../../src/cli/output/timestamps.js';
import { History } from '../../../src/history/history.js';
import { realFiles } from '../../../src/io/files.js';
import { createFakeOutput } from '../fake-output.js';

const root = await mkdtemp(join(tmpdir(), 'im-said-'));
after(() => rm(root, { recursive: true }));

const T0 = Date.UTC(2030, 0, 1);
const SECOND = 1_000;
let folders = 0;
/** A new history, whose segments hold a few messages each. */
const open = (files = realFiles) =>
  new History({ files, folder: join(root, `${++folders}`), limits: { maxSegmentBytes: 400 } });

/** A message that was stored `at` seconds after T0. */
const from = (peer: string, seq: number, at: number, body: string, more: object = {}) => ({
  ...{ from: peer, epoch: 'e', seq, id: `${peer}-${seq}`, at: T0 + at * SECOND, body, came: 0 },
  ...more,
});

async function printed(history: History, peers: readonly string[], filter: HistoryFilter = {}, json = false) {
  const output = createFakeOutput(json);
  const count = await printHistory(history, peers, filter, output);
  return { count, lines: output.lines };
}

const bodies = (lines: readonly string[]): string[] => lines.map((line) => line.slice(line.lastIndexOf(': ') + 2));

test('messages are printed newest last, with their sender, and own ones with their state (R17)', async () => {
  const history = open();
  await history.addPushed('bob', [from('bob', 1, 1, 'hello')]);
  for (const [id, at] of [
    ['q', 2],
    ['s', 3],
    ['d', 4],
    ['f', 5],
  ] as const)
    await history.addSent({ to: 'bob', id, at: T0 + at * SECOND, body: `own ${id}` });
  await history.setState('bob', 's', 'stored');
  await history.setState('bob', 'd', 'delivered');
  await history.setState('bob', 'f', 'failed', 'there is no such user');
  await history.addPushed('bob', [from('bob', 2, 6, 'two\nlines'), from('bob', 1, 1, 'hello', { replay: 'r' })]);
  const { count, lines } = await printed(history, ['bob']);
  await history.close();
  assert.equal(count, 7);
  const times = [1, 2, 3, 4, 5, 6].map((at) => formatTime(T0 + at * SECOND));
  assert.deepEqual(lines, [
    `${times[0]} bob: hello`,
    `${times[1]} you to bob (queued): own q`,
    `${times[2]} you to bob (stored): own s`,
    `${times[3]} you to bob: own d`,
    `${times[4]} you to bob (failed: there is no such user): own f`,
    `${times[5]} bob: two`,
    '  | lines',
    `${times[0]} bob (replay): hello`,
  ]);
});

test('conversations are merged by time, and each keeps its order, over all segments', async () => {
  const history = open();
  const expected: string[] = [];
  for (let at = 0; at < 40; at++) {
    const peer = at % 3 === 0 ? 'bob' : 'carol';
    await history.addPushed(peer, [from(peer, at + 1, at, `n${at}`)]);
    expected.push(`n${at}`);
  }
  await history.addPushed('dave', [from('dave', 1, 10.5, 'late'), from('dave', 2, 3, 'the clock went back')]);
  const { lines } = await printed(history, ['bob', 'carol', 'dave']);
  const said = bodies(lines);
  assert.deepEqual(
    said.filter((body) => body.startsWith('n')),
    expected,
  );
  assert.deepEqual(said.slice(10, 14), ['n10', 'late', 'the clock went back', 'n11']);
  for (const limit of [1, 5, 17, 1_000]) {
    const newest = bodies((await printed(history, ['bob', 'carol'], { limit })).lines);
    assert.deepEqual(newest, expected.slice(-limit), `limit ${limit}`);
  }
  const filter = { since: T0 + 5 * SECOND, until: T0 + 9 * SECOND, grep: /[678]$/ };
  assert.deepEqual(bodies((await printed(history, ['bob', 'carol'], filter)).lines), ['n6', 'n7', 'n8']);
  assert.deepEqual(bodies((await printed(history, ['bob', 'carol'], { ...filter, limit: 2 })).lines), ['n7', 'n8']);
  await history.close();
});

test('with a limit no more segments are read than needed', async () => {
  const read: string[] = [];
  const history = open({
    ...realFiles,
    read: (path) => {
      read.push(path);
      return realFiles.read(path);
    },
  });
  for (let seq = 1; seq <= 50; seq++) await history.addPushed('bob', [from('bob', seq, seq, `n${seq}`)]);
  read.length = 0;
  assert.deepEqual(bodies((await printed(history, ['bob'], { limit: 1 })).lines), ['n50']);
  assert.equal(read.length, 1);
  await history.close();
});

test('it reads beside a running client: a line being written, and a segment that is removed meanwhile, are passed over (R19)', async () => {
  const history = open();
  for (let seq = 1; seq <= 20; seq++) await history.addPushed('bob', [from('bob', seq, seq, `n${seq}`)]);
  await history.close();
  const folder = join(root, `${folders}`, 'bob');
  const names = (await readdir(folder)).sort();
  assert.ok(names.length > 3);
  const newest = join(folder, names.at(-1) as string);
  await writeFile(newest, `${await readFile(newest, 'utf8')}{"from":"bob","epoch"`);
  const before = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mtimeMs));
  let removed = false;
  const reading = new History({
    folder: join(root, `${folders}`),
    files: {
      ...realFiles,
      async read(path) {
        if (!removed) await rm(join(folder, names[1] as string));
        removed = true;
        return realFiles.read(path);
      },
    },
  });
  const said = bodies((await printed(reading, ['bob'])).lines);
  assert.deepEqual([said[0], said.at(-1)], ['n1', 'n20']);
  assert.ok(said.length < 20);
  const left = names.toSpliced(1, 1);
  const mtimes = await Promise.all(left.map(async (name) => (await stat(join(folder, name))).mtimeMs));
  assert.deepEqual(mtimes, before.toSpliced(1, 1), 'nothing was written');
  assert.deepEqual((await readdir(folder)).sort(), left);
});

test('hostile text cannot write to the terminal, nor look like another message (R18)', async () => {
  const history = open();
  const body = `\u001b[2Jx\n${formatTime(T0)} alice: I resign\u202e`;
  await history.addPushed('bob', [from('bob', 1, 1, body, { id: '\u001b]0;x\u0007' })]);
  await history.addSent({ to: 'bob', id: 'f', at: T0 + 2 * SECOND, body: 'y' });
  await history.setState('bob', 'f', 'failed', 'no\u001b[31m\nsuch');
  const { lines } = await printed(history, ['bob']);
  assert.deepEqual(lines, [
    `${formatTime(T0 + SECOND)} bob: ^[[2Jx`,
    `  | ${formatTime(T0)} alice: I resign\\u{202e}`,
    `${formatTime(T0 + 2 * SECOND)} you to bob (failed: no^[[31m^Jsuch): y`,
  ]);
  const { lines: json } = await printed(history, ['bob'], {}, true);
  for (const line of json) assert.match(line, /^[\x20-\x7e]+$/);
  const [first, second] = json.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(first, { from: 'bob', seq: 1, epoch: 'e', id: '\u001b]0;x\u0007', at: T0 + SECOND, body });
  assert.deepEqual([second?.to, second?.state], ['bob', 'failed']);
  await history.close();
});

test('without a history of this user it names those that there are', async () => {
  const state = join(root, 'state');
  const place = (user: string, key = 'here_4690') =>
    realFiles.makeFolder(join(state, key, user, 'chat', 'history', 'peer'));
  const target = {
    folders: { state, data: root, config: root },
    profile: { device: 'laptop' },
    server: { url: 'ws://here', key: 'here_4690', data: undefined },
  };
  const find = (as: string, device?: string) => findHistory(target, { as, device });
  const fails = (why: RegExp) => (error: unknown) =>
    error instanceof Failure && error.exit === 'usage' && why.test(error.why ?? '');
  await assert.rejects(find('bob'), fails(/im connect keeps one, except/));
  for (const user of ['alice', 'alice@tablet']) await place(user);
  await place('carol', 'chat.example_443');
  await assert.rejects(
    find('bob'),
    fails(/^there are histories of alice, alice --device tablet, carol at chat.example_443$/),
  );
  assert.deepEqual(await find('alice'), { user: 'alice', folder: join(state, 'here_4690/alice/chat/history') });
  assert.deepEqual(await find('alice', 'laptop'), await find('alice'));
  assert.equal((await find('alice', 'tablet')).folder, join(state, 'here_4690/alice@tablet/chat/history'));
  await assert.rejects(find('alice', 'phone'), /no history of alice as device phone/);
});

test('a history of another account that cannot be read is a failure', { skip: process.getuid?.() === 0 }, async () => {
  const state = join(root, 'closed');
  await realFiles.makeFolder(join(state, 'key', 'alice'));
  await chmod(join(state, 'key', 'alice'), 0);
  const target = {
    folders: { state, data: root, config: root },
    profile: {},
    server: { url: 'ws://here', key: 'key', data: undefined },
  };
  const isUnusable = (error: unknown) => error instanceof Failure && error.exit === 'data-unusable';
  await assert.rejects(findHistory(target, { as: 'alice' }), isUnusable);
});
