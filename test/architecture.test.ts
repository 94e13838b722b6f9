/** The layers of the code, and which imports are allowed. A failing test prints its rule and every violation. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { CLIENT_FRAMES, SERVER_FRAMES } from '../src/protocol/frame-catalogue.js';

const root = join(import.meta.dirname, '../..');

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** The text without comments (approximately). */
  readonly code: string;
  /** As written: `../io/clock.js`, `node:fs`, `ws`. */
  readonly imports: readonly string[];
}

function sourcesBelow(folder: string): SourceFile[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => {
      const path = `${folder}/${name}`;
      const text = readFileSync(join(root, path), 'utf8');
      const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$|\s\/\/ .*$/gm, '');
      const imports = [...code.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] as string);
      return { path, text, code, imports };
    });
}

const sources = [...sourcesBelow('src'), ...sourcesBelow('commands')];

/** The file that a relative import names, as a path from the root; undefined for a package. */
function target(file: SourceFile, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const path = normalize(join(dirname(file.path), specifier)).replace(/\.js$/, '.ts');
  return existsSync(join(root, path)) ? path : `${path}x`;
}

/** Folders, lowest layer first. Folders in one row do not import each other. */
const LAYERS: readonly (readonly string[])[] = [
  ['src/protocol'],
  ['src/text', 'src/io'],
  ['src/disk', 'src/store'],
  ['src/file-store', 'src/accounts', 'src/client', 'src/history'],
  ['src/server', 'src/queue-admin', 'src/tui'],
  ['src/postgres'],
  ['src/cli'],
  ['src/index.ts', 'commands'],
];

/** The same for the folders inside a folder. */
const INNER_LAYERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'src/client': [['connection', 'inbox', 'outbox'], ['state'], ['api']],
  'src/file-store': [['mailbox'], ['files'], ['memory'], ['checkpoint', 'snapshot'], ['store']],
  'src/postgres': [['database'], ['schema'], ['cluster'], ['store'], ['transfer']],
  'src/cli': [
    ['errors'],
    ['accounts', 'async', 'input', 'output'],
    ['app', 'login'],
    ['database'],
    ['queues', 'send', 'serve'],
    ['ask', 'backup', 'connect', 'demo', 'devices', 'doctor', 'history', 'replay', 'senders', 'user'],
    ['bench', 'config', 'listen', 'purge', 'unsend'],
  ],
  'src/tui': [
    ['composer', 'texts'],
    ['model'],
    ['rows'],
    ['screen'],
    ['render'],
    ['view-model'],
    ['components'],
    ['app'],
  ],
};

/** `src/server/handlers/ack.ts` → `src/server`; `src/index.ts` → `src/index.ts`; `commands/…` → `commands`. */
const folderOf = (path: string): string =>
  path.startsWith('commands/') ? 'commands' : path.split('/').slice(0, 2).join('/');

/** `src/cli/login/target.ts` → `login`; undefined for a file directly in the folder, such as its limits. */
const innerFolderOf = (path: string): string | undefined => path.split('/').slice(2, -1)[0];

/** -1 is below all layers: a file directly in the folder. */
const layerIn = (layers: readonly (readonly string[])[], folder: string): number =>
  layers.findIndex((row) => row.includes(folder));

/** Defines a test that fails with all violations in all files. */
function rule(title: string, violationsIn: (file: SourceFile) => readonly string[]): void {
  test(title, () => {
    const found = sources.flatMap((file) => violationsIn(file).map((what) => `${file.path}: ${what}`));
    assert.deepEqual(found, [], `${title}\n  ${found.join('\n  ')}\n`);
  });
}

const importsOf = (file: SourceFile) =>
  file.imports.map((specifier) => {
    const path = target(file, specifier);
    return { specifier, path, folder: path === undefined ? undefined : folderOf(path) };
  });

test('Every folder has a layer', () => {
  assert.ok(sources.length > 60, `only ${sources.length} files were found`);
  for (const folder of new Set(sources.map(({ path }) => folderOf(path)))) {
    assert.ok(layerIn(LAYERS, folder) >= 0, `${folder} has no layer: add it to LAYERS and to docs/architecture.md`);
  }
});

test('Every folder inside those with inner layers has one', () => {
  for (const { path } of sources) {
    const layers = INNER_LAYERS[folderOf(path)];
    if (layers === undefined) continue;
    const inner = innerFolderOf(path);
    assert.ok(
      inner === undefined || layerIn(layers, inner) >= 0,
      `${path}: its folder has no layer: add it to INNER_LAYERS and to docs/architecture.md`,
    );
  }
});

rule('Imports point down: a folder imports only from lower layers and from itself', (file) => {
  const own = layerIn(LAYERS, folderOf(file.path));
  return importsOf(file)
    .filter(({ folder }) => folder !== undefined && folder !== folderOf(file.path))
    .filter(({ folder }) => layerIn(LAYERS, folder as string) >= own)
    .map(({ specifier }) => `imports ${specifier}`);
});

rule('Imports between the folders inside one, such as those of src/cli, point down', (file) => {
  const folder = folderOf(file.path);
  const layers = INNER_LAYERS[folder];
  if (layers === undefined) return [];
  const inner = innerFolderOf(file.path);
  return importsOf(file)
    .filter((imported) => imported.folder === folder && innerFolderOf(imported.path ?? '') !== inner)
    .filter(({ path = '' }) => layerIn(layers, innerFolderOf(path) ?? '') >= layerIn(layers, inner ?? ''))
    .map(({ specifier }) => `imports ${specifier}`);
});

test('There are no import cycles', () => {
  const graph = new Map(sources.map((file) => [file.path, importsOf(file).flatMap(({ path }) => path ?? [])]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    assert.ok(!trail.includes(path), `an import cycle: ${[...trail, path].join(' → ')}`);
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
});

/** The only files of these folders that the server may import. */
/** The ports, and what works on them alone. */
const PORTS = ['src/store/store.ts', 'src/accounts/accounts.ts', 'src/accounts/account-mailboxes.ts'];

rule('The server imports the Store and Accounts ports, never an implementation', (file) =>
  folderOf(file.path) !== 'src/server'
    ? []
    : importsOf(file)
        .filter(({ folder = '' }) => ['src/store', 'src/file-store', 'src/accounts', 'src/disk'].includes(folder))
        .filter(({ path = '' }) => !PORTS.includes(path))
        .map(({ specifier }) => `imports ${specifier}`),
);

rule('The PostgreSQL engine knows nothing about files', (file) =>
  folderOf(file.path) === 'src/postgres'
    ? importsOf(file)
        .filter(({ folder = '' }) => ['src/disk', 'src/file-store'].includes(folder))
        .map(({ specifier }) => `imports ${specifier}`)
    : [],
);

rule('src/protocol is pure: it imports neither node modules nor packages', (file) =>
  folderOf(file.path) === 'src/protocol' ? file.imports.filter((specifier) => !specifier.startsWith('.')) : [],
);

rule('Handlers import no socket, clock or file', (file) =>
  file.path.startsWith('src/server/handlers/')
    ? importsOf(file)
        .filter(
          ({ path, folder }) =>
            folder === undefined || folder === 'src/io' || /connection|outbound|registry/.test(path ?? ''),
        )
        .map(({ specifier }) => `imports ${specifier}`)
    : [],
);

/** Package → the only files that may import it. */
const PACKAGE_HOMES: Readonly<Record<string, RegExp>> = {
  ws: /^src\/io\/ws-/,
  pg: /^src\/postgres\/database\/database-connection\.ts$/,
  pino: /^src\/io\/pino-/,
  lowdb: /^src\/disk\/json-file\.ts$/,
  'prom-client': /^src\/server\/ops-http\.ts$/,
  ink: /^src\/tui\//,
  react: /^src\/tui\//,
  'string-width': /^src\/text\//,
  chalk: /^src\/cli\/output\/table\.ts$/,
  '@oclif/core': /^(src\/cli|commands)\//,
};

rule('A package that may have to be replaced is imported in one place only', (file) =>
  file.imports
    .map((specifier) => specifier.match(/^(@[^/]+\/[^/]+|[^./][^/]*)/)?.[0])
    .filter((name) => name !== undefined && PACKAGE_HOMES[name] !== undefined && !PACKAGE_HOMES[name].test(file.path))
    .map((name) => `imports ${name}`),
);

rule('Only src/io/clock.ts reads the system clock and sets timers', (file) =>
  file.path === 'src/io/clock.ts'
    ? []
    : (file.code.match(
        /Date\.now\(|new Date\(\)|performance\.now\(|\bset(Timeout|Interval|Immediate)\(|timers\/promises/g,
      ) ?? []),
);

rule('No state at module level, and no dependency on NODE_ENV', (file) => [
  ...(file.code.match(/^(export )?(let|var) .*/gm) ?? []),
  ...(file.code.match(/NODE_ENV/g) ?? []),
]);

test('Every frame has a file of its name; every client frame also has a handler and a conformance test', () => {
  const missing: string[] = [];
  const expect = (path: string) => existsSync(join(root, path)) || missing.push(path);
  for (const type of new Set([...Object.keys(CLIENT_FRAMES), ...Object.keys(SERVER_FRAMES)])) {
    expect(`src/protocol/frames/${type}.ts`);
  }
  for (const type of Object.keys(CLIENT_FRAMES)) {
    expect(`src/server/handlers/${type}.ts`);
    expect(`test/conformance/cases/${type}.ts`);
  }
  assert.deepEqual(missing, []);
});

test('docs/architecture.md names only files that exist', () => {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const named = [...page.matchAll(/`((?:src|commands|test|bin|docs)\/[\w./-]*)`/g)].map((match) => match[1] as string);
  assert.ok(named.length > 30, `only ${named.length} files are named`);
  assert.deepEqual(
    named.filter((path) => !existsSync(join(root, path))),
    [],
  );
});

test('docs/architecture.md names every folder in src, and those inside them', () => {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const inner = Object.entries(INNER_LAYERS).flatMap(([folder, layers]) =>
    layers.flat().map((name) => `\`${name}\` (${folder})`),
  );
  const folders = LAYERS.flat().filter((folder) => !folder.endsWith('.ts'));
  assert.deepEqual(
    folders.filter((folder) => !page.includes(`\`${folder}\``)),
    [],
  );
  assert.deepEqual(
    inner.filter((entry) => !page.includes(entry.slice(0, entry.indexOf(' ')))),
    [],
  );
});

test('Every rule R1 to R20 is cited in the code and in the tests', () => {
  const tests = sourcesBelow('test').map(({ text }) => text);
  const scenes = readdirSync(join(root, 'test/scenes')).map((name) =>
    readFileSync(join(root, 'test/scenes', name), 'utf8'),
  );
  const cites = (texts: readonly string[], name: string) =>
    texts.some((text) => new RegExp(`\\b${name}\\b`).test(text));
  for (let number = 1; number <= 20; number++) {
    const name = `R${number}`;
    assert.ok(
      cites(
        sources.map(({ text }) => text),
        name,
      ),
      `${name} is not cited in src/ or commands/`,
    );
    assert.ok(cites([...tests, ...scenes], name), `${name} is not cited in test/`);
  }
});
