/** What `npm install --global im-toolkit` puts on a machine. `npm run test:install` installs it for real. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const readJson = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** As little as is useful. Today: 0.9 MB, 2 packages, 3.8 MB. */
const MAX_TARBALL_BYTES = 950_000;
const MAX_PACKAGES = 3;
const MAX_INSTALLED_BYTES = 4_000_000;

/** Every file that ships matches one of these. */
const SHIPPED = [
  /^(CHANGELOG|README|README\.zh-CN|SECURITY)\.md$/,
  /^(LICENSE|package\.json|oclif\.manifest\.json|bin\/run\.js|dist\/THIRD-PARTY\.txt)$/,
  /^dist\/(chunks\/[\w-]+|commands\/([\w-]+\/)*[\w-]+)\.js$/,
  /^dist\/src\/(index|cli\/app\/(main|help|command-not-found|compile-cache))\.js$/,
  /^dist\/src\/[\w/-]+\.d\.ts$/,
  /^docs\/(im\.1|openapi\.json|(chat|cluster|dependencies|http|library|operations|protocol|queue|scripting|storage)\.md)$/,
  /^docs\/screen(-light|-narrow|-zh)?\.svg$/,
  /^docs\/completion\/im\.(bash|fish|powershell|zsh)$/,
  /^docs\/examples\/([\w-]+\.mjs|monitoring\/\w+\.(yml|json)|systemd\/(system|user)\/[\w-]+\.\w+|haproxy\/\w+\.cfg|fail2ban\/im\.conf)$/,
];

interface Locked {
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly peer?: boolean;
}
interface PackedFile {
  readonly path: string;
  readonly size: number;
}
interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly PackedFile[];
}

// Packed and unpacked once, with the packages that are installed beside it, and nothing else.
const folder = await mkdtemp(join(tmpdir(), 'im-test-'));
after(() => rm(folder, { recursive: true }));
const env = { PATH: process.env.PATH ?? '', HOME: folder };
const modules = join(folder, 'node_modules');
const home = join(modules, 'im-toolkit');

// Without scripts: they would rebuild dist/ while other tests use it.
const { stdout: report } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
  cwd: root,
  env,
});
const [packed] = Object.values(JSON.parse(report)) as [Packed];
const names = packed.files.map(({ path }) => path);
await run('tar', ['-xzf', packed.filename], { cwd: folder });
await mkdir(modules);
await rename(join(folder, 'package'), home);
const locked = Object.entries(readJson('package-lock.json').packages as Record<string, Locked>);
const installed = locked.filter(([path, { dev, peer }]) => path !== '' && !dev && !peer).map(([path]) => path);
for (const path of installed) await cp(join(root, path), join(folder, path), { recursive: true });

const bundles = names.filter((path) => path.startsWith('dist/') && path.endsWith('.js'));
const textOf = (path: string) => readFileSync(join(home, path), 'utf8');

test('the package is small, and installs little', () => {
  const bytes = installed.reduce((sum, path) => sum + bytesBelow(join(root, path)), packed.unpackedSize);
  assert.ok(packed.size < MAX_TARBALL_BYTES, `the tarball has ${packed.size} bytes`);
  assert.ok(installed.length + 1 <= MAX_PACKAGES, `it installs ${installed.join(', ')}`);
  assert.ok(bytes < MAX_INSTALLED_BYTES, `it installs ${bytes} bytes`);
});

test('no package runs a script when it is installed: neither those that ship or are bundled, nor those of developers', () => {
  assert.ok(locked.length > 50);
  // '' is this package: its `prepare` builds in a clone, and is not in the package (bin/pack-manifest.js).
  const scripted = locked.filter(([path, { hasInstallScript }]) => path !== '' && hasInstallScript);
  const { scripts, allowScripts } = readJson('package.json') as Record<'scripts' | 'allowScripts', object>;
  // Those that are refused: of npm packages with PostgreSQL for the tests. Their script only makes links (test/harness/postgres).
  assert.deepEqual(
    scripted.map(([path, { dev }]) => [path.replace(/^node_modules\//, ''), dev]).sort(),
    Object.entries(allowScripts)
      .filter(([, isAllowed]) => isAllowed === false)
      .map(([name]) => [name, true])
      .sort(),
  );
  for (const name of ['preinstall', 'install', 'postinstall']) assert.ok(!(name in scripts), name);
});

function bytesBelow(path: string): number {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

test('every file in the package has a reason to be there', () => {
  assert.deepEqual(
    names.filter((path) => !SHIPPED.some((known) => known.test(path))),
    [],
  );
  for (const known of SHIPPED)
    assert.ok(
      names.some((path) => known.test(path)),
      String(known),
    );
});

test('a page that ships links only to files that ship, or says that they are in the repository', () => {
  const pages = names.filter((path) => path.endsWith('.md'));
  const dead = pages.flatMap((path) =>
    textOf(path)
      .split(/\n\n|\|\n/)
      .filter((part) => !path.startsWith('README') || !/in the repository/i.test(part))
      .flatMap((part) => [...part.matchAll(/\]\(([^)#\s]+)[^)]*\)|(?:src|srcset)="([^"]+)"/g)])
      .map((match) => match[1] ?? match[2] ?? '')
      .filter((link) => !/^\w+:/.test(link))
      .map((link) => join(dirname(path), link))
      .filter((target) => !names.some((name) => name === target || name.startsWith(`${target}/`)))
      .map((target) => `${path}: ${target}`),
  );
  assert.ok(pages.length > 8);
  assert.deepEqual(dead, []);
});

test('npm has no script to run, or to warn of, when it installs the package', async () => {
  const { packedManifest } = await import(join(root, 'bin/pack-manifest.js'));
  const { scripts, devDependencies, allowScripts: _, ...rest } = readJson('package.json');
  assert.deepEqual(JSON.parse(packedManifest(JSON.stringify(readJson('package.json')))), rest);
  assert.ok(Object.keys(devDependencies).length > 0);
  assert.match(scripts.prepack, /pack-manifest\.js$/);
  assert.match(scripts.postpack, /pack-manifest\.js --restore$/);
  assert.ok(!names.includes('binding.gyp'));
});

test('what ships imports only itself, Node and the packages that are installed with it', () => {
  const allowed = new Set([...builtinModules, ...Object.keys(readJson('package.json').dependencies)]);
  const found = bundles.flatMap((path) => {
    const imports = textOf(path).matchAll(
      /^\s*(?:import|export) (?:[^"';]* from )?"([^".][^"]*)";|\b(?:import|__require)\("([^".][^"]*)"\)/gm,
    );
    return [...imports].map((match) => (match[1] ?? match[2] ?? '').replace(/^node:/, ''));
  });
  assert.ok(found.length > 100);
  assert.deepEqual([...new Set(found)].filter((name) => !allowed.has(name)).sort(), []);
});

test('React and Ink are in the bundle as they are made for production', () => {
  const all = bundles.map(textOf).join('\n');
  assert.match(all, /^\/\/ node_modules\/.*\/react-reconciler\.production\.js$/m);
  assert.doesNotMatch(all, /^\/\/ node_modules\/.*\.development\.js$/m);
  assert.doesNotMatch(all, /from "react-devtools-core"/);
});

test('THIRD-PARTY.txt has the licence of every package whose code is in the bundle', () => {
  const list = textOf('dist/THIRD-PARTY.txt');
  const bundled = bundles.flatMap((path) => [
    ...textOf(path).matchAll(/^\/\/ (node_modules\/(?:.*\/node_modules\/)?(?:@[^/\n]+\/)?[^/\n]+)\//gm),
  ]);
  const folders = new Set(bundled.map((match) => match[1] as string));
  assert.ok(folders.size > 40, `only ${folders.size} packages`);
  for (const path of folders) {
    const { name, version } = readJson(join(path, 'package.json'));
    const [, after = ''] = list.split(`\n${name} ${version}: `);
    assert.match(after.split('-'.repeat(80))[0] ?? '', /permission|permitted|license/i, path);
  }
});

test('the package runs when it is installed elsewhere', async () => {
  const im = (...args: string[]) => run(process.execPath, [join(home, 'bin/run.js'), ...args], { env });
  const { stdout } = await im('--help');
  for (const command of ['serve', 'send', 'listen', 'connect', 'user'])
    assert.match(stdout, new RegExp(`^  ${command} `, 'm'));
  assert.equal((await im('user', 'list')).stdout, '');
  assert.match((await im('completion', 'zsh')).stdout, /^#compdef im\n/);
});

test('the library can be imported, and its types need only those of Node', async () => {
  const program = join(folder, 'program.mts');
  await writeFile(
    program,
    `import { connect, operate, WIRE, type IncomingMessage } from 'im-toolkit';
export const bytes: number = WIRE.maxBodyBytes;
export const bodyOf = ({ body }: IncomingMessage): string => body;
// @ts-expect-error: an option is missing, so the types are really there.
connect();
export { operate };
`,
  );
  const page = textOf('docs/library.md');
  const snippets = [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)];
  assert.deepEqual(
    snippets.map(([, language]) => language),
    ['js'],
  );
  const snippet = join(folder, 'snippet.mts');
  await writeFile(snippet, snippets[0]?.[2] ?? '');
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--noEmit'];
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options, ...types, program, snippet], {
    cwd: folder,
  });
  const loads = "import { connect } from 'im-toolkit'; console.log(typeof connect)";
  await writeFile(join(folder, 'program.mjs'), loads);
  assert.equal((await run(process.execPath, [join(folder, 'program.mjs')], { env })).stdout, 'function\n');
});

test('only the declarations of the library ship', async () => {
  const needed = new Set<string>();
  const visit = (path: string): void => {
    if (needed.has(path)) return;
    needed.add(path);
    for (const [, name] of textOf(path).matchAll(/['"](\.[^'"]+)\.js['"]/g)) visit(join(dirname(path), `${name}.d.ts`));
  };
  visit('dist/src/index.d.ts');
  const all = (await readdir(join(home, 'dist'), { recursive: true })).filter((path) => path.endsWith('.d.ts'));
  assert.deepEqual(all.map((path) => join('dist', path)).sort(), [...needed].sort());
});
