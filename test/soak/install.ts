/**
 * Installs the package for real, with npm and its registry: the packed tarball and the git URL of the last commit, each into an empty
 * prefix, and without installing. Fails when `im` does not run, when npm warns, or when something is left after uninstalling.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'im-test-'));
/** Without what `npm run` adds, but with proxies and certificates. */
const inherited = Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith('npm_'));
const env = { ...Object.fromEntries(inherited), HOME: folder };

/** What the program prints, on both streams. */
const run = (program: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): string =>
  execFileSync('sh', ['-c', '"$0" "$@" 2>&1', program, ...args], {
    cwd: folder,
    env: { ...env, ...more },
    encoding: 'utf8',
  });

function tryGlobal(name: string, spec: string, warning: RegExp): void {
  const npm_config_prefix = join(folder, name);
  for (const again of ['', ' again']) {
    const printed = run('npm', ['install', '--global', spec], { npm_config_prefix });
    assert.match(printed, /^(added|changed) .* in /m);
    assert.doesNotMatch(printed.replaceAll(warning, ''), /\bwarn\b/i, printed);
    assert.match(run(join(npm_config_prefix, 'bin/im'), ['--version']), /^im-toolkit\//);
    assert.ok(existsSync(join(npm_config_prefix, 'share/man/man1/im.1')));
    console.log(`${name}${again}: installed, and im runs`);
  }
  run('npm', ['uninstall', '--global', 'im-toolkit'], { npm_config_prefix });
  const left = readdirSync(npm_config_prefix, { recursive: true, withFileTypes: true });
  assert.deepEqual(
    left.filter((entry) => !entry.isDirectory() && entry.name !== '.package-lock.json').map(({ name }) => name),
    [],
  );
}

try {
  const url = `git+file://${root}`;
  run('git', ['clone', '--quiet', root, 'clone']);
  run('npm', ['ci', '--prefix', join(folder, 'clone')]);
  run('npm', ['pack', join(folder, 'clone')]);
  assert.equal(run('git', ['-C', 'clone', 'status', '--short']), '');
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) as string;
  tryGlobal('tarball', join(folder, tarball), /$^/g);
  assert.match(run('npx', ['--yes', `file:${join(folder, tarball)}`, '--version']), /^im-toolkit\//);
  console.log('tarball: npx runs it');
  // The script has run: it built the package.
  tryGlobal('git', url, /^npm warn install-scripts.*$/gm);
} finally {
  rmSync(folder, { recursive: true });
}
