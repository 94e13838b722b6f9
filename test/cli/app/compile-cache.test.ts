/** The folder of compiled code: made where it can be, used only if nobody else can write into it. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { cacheCompiledCode } from '../../../src/cli/app/compile-cache.js';
import { im, PROGRAM, start } from '../../harness/process.js';

function makeHome(t: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'im-test-'));
  t.after(() => rmSync(home, { recursive: true }));
  return home;
}

/** The folders that are used. */
function usedWith(env: NodeJS.ProcessEnv): readonly string[] {
  const used: string[] = [];
  cacheCompiledCode(env, (folder) => used.push(folder));
  return used;
}

test('it is made in the cache folder of the account, for this account alone', (t) => {
  const HOME = makeHome(t);
  const folder = join(HOME, '.cache/im');
  assert.deepEqual(usedWith({ HOME }), [folder]);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.deepEqual(usedWith({ HOME }), [folder], 'again');
  assert.deepEqual(usedWith({ HOME, XDG_CACHE_HOME: 'relative' }), [folder], 'a relative path is ignored');
  const elsewhere = join(HOME, 'elsewhere');
  assert.deepEqual(usedWith({ HOME, XDG_CACHE_HOME: elsewhere }), [join(elsewhere, 'im')]);
});

test('without a home, or with one that does not exist, nothing is made and nothing fails', (t) => {
  const missing = join(makeHome(t), 'missing');
  for (const env of [{}, { HOME: '' }, { HOME: 'relative' }, { HOME: missing }]) assert.deepEqual(usedWith(env), []);
  assert.equal(existsSync(missing), false);
});

test('where it cannot be made it is not used', (t) => {
  const HOME = makeHome(t);
  writeFileSync(join(HOME, '.cache'), 'a file');
  assert.deepEqual(usedWith({ HOME }), []);
});

test('a folder into which others may write, and a link, are not used: what is in it is run', (t) => {
  const HOME = makeHome(t);
  const folder = join(HOME, '.cache/im');
  mkdirSync(folder, { recursive: true });
  for (const mode of [0o770, 0o702]) {
    chmodSync(folder, mode);
    assert.deepEqual(usedWith({ HOME }), []);
  }
  chmodSync(folder, 0o755);
  assert.deepEqual(usedWith({ HOME }), [folder]);
  const other = makeHome(t);
  mkdirSync(join(other, '.cache'));
  symlinkSync(folder, join(other, '.cache/im'));
  assert.deepEqual(usedWith({ HOME: other }), []);
});

const canDoIt = 'enableCompileCache' in nodeModule;

test('im keeps its compiled code, unless it is told not to', { skip: !canDoIt }, async (t) => {
  const HOME = makeHome(t);
  const folder = join(HOME, '.cache/im');
  await im(t, ['--version'], { env: { HOME } });
  assert.equal(existsSync(folder), false, 'the tests tell it not to');
  const run = (...words: string[]) =>
    start(t, ['-u', 'NODE_DISABLE_COMPILE_CACHE', process.execPath, PROGRAM, ...words], {
      program: 'env',
      env: { HOME },
      input: '',
    }).finished;
  assert.equal((await run('--version')).code, 0);
  assert.ok(readdirSync(folder).length > 0);
  rmSync(join(folder, readdirSync(folder)[0] as string), { recursive: true });
  chmodSync(folder, 0o500);
  const { code, stderr } = await run('help', 'send');
  assert.deepEqual([code, stderr], [0, ''], 'a folder that cannot be written');
  chmodSync(folder, 0o700);
});

test('a Node that cannot do it makes nothing', {
  skip: 'enableCompileCache' in nodeModule,
}, (t) => {
  const HOME = makeHome(t);
  cacheCompiledCode({ HOME });
  assert.equal(existsSync(join(HOME, '.cache')), false);
});
