/** Holds the house to its laws. Each law is a sentence; a broken one is printed with the places that break it. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { CLIENT_FRAMES, SERVER_FRAMES } from '../src/protocol/frame-catalogue.js';

const root = join(import.meta.dirname, '../..');

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Without comments and strings' contents kept: good enough for the words that the laws look for. */
  readonly code: string;
  readonly lines: number;
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
      return { path, text, code, lines: text.split('\n').length - 1, imports };
    });
}

const sources = [...sourcesBelow('src'), ...sourcesBelow('commands')];

/** The file that a relative import names, as a path from the root; undefined for a package. */
function target(file: SourceFile, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const path = normalize(join(dirname(file.path), specifier)).replace(/\.js$/, '.ts');
  return existsSync(join(root, path)) ? path : `${path}x`;
}

/** `src/server/handlers/ack.ts` → `server`; `src/index.ts` → `index`; `commands/send.ts` → `commands`. */
const roomOf = (path: string): string =>
  path.startsWith('commands/') ? 'commands' : (path.split(/[/.]/)[1] as string);

const FLOORS: Readonly<Record<string, number>> = {
  protocol: 1,
  text: 2,
  io: 2,
  disk: 3,
  storage: 3,
  store: 4,
  'file-store': 4,
  accounts: 4,
  client: 4,
  history: 4,
  server: 5,
  tui: 5,
  'queue-admin': 5,
  queue: 5,
  cli: 6,
  index: 7,
  commands: 7,
};

/** Fails with the law and every place that breaks it. */
function law(sentence: string, breaches: (file: SourceFile) => readonly string[]): void {
  test(sentence, () => {
    const found = sources.flatMap((file) => breaches(file).map((what) => `${file.path}: ${what}`));
    assert.deepEqual(found, [], `${sentence}\n  ${found.join('\n  ')}\n`);
  });
}

const importsOf = (file: SourceFile) =>
  file.imports
    .map((specifier) => ({ specifier, path: target(file, specifier) }))
    .map(({ specifier, path }) => ({
      specifier,
      path,
      room: path === undefined ? undefined : roomOf(path),
    }));

test('the laws are held against the whole house', () => {
  const rooms = new Set(sources.map(({ path }) => roomOf(path)));
  assert.ok(sources.length > 60, `only ${sources.length} files were found`);
  for (const room of rooms)
    assert.ok(FLOORS[room] !== undefined, `${room} has no floor: give it one here and in docs/architecture.md`);
});

law('Imports point down: a room imports only from lower floors and from itself', (file) =>
  importsOf(file)
    .filter(({ room }) => room !== undefined && room !== roomOf(file.path))
    .filter(({ room }) => (FLOORS[room as string] ?? 9) >= (FLOORS[roomOf(file.path)] ?? 0))
    .map(({ specifier }) => `imports ${specifier}`),
);

test('No two files import each other, not even over others', () => {
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

law('The server knows the Store and Accounts ports, never what stands behind them', (file) =>
  roomOf(file.path) !== 'server'
    ? []
    : importsOf(file)
        .filter(({ room }) => room === 'store' || room === 'accounts' || room === 'storage')
        .filter(({ path }) => path !== 'src/store/store.ts' && path !== 'src/accounts/accounts.ts')
        .map(({ specifier }) => `imports ${specifier}`),
);

law('The protocol is pure: it imports nothing of node and no package', (file) =>
  roomOf(file.path) === 'protocol' ? file.imports.filter((specifier) => !specifier.startsWith('.')) : [],
);

law('Handlers know no socket, no clock and no file', (file) =>
  file.path.startsWith('src/server/handlers/')
    ? importsOf(file)
        .filter(
          ({ room, specifier }) => room === undefined || room === 'io' || /connection|outbound|hub/.test(specifier),
        )
        .map(({ specifier }) => `imports ${specifier}`)
    : [],
);

/** Package → where alone it may be imported. */
const HOMES: Readonly<Record<string, RegExp>> = {
  ws: /^src\/io\/ws-/,
  pino: /^src\/io\/pino-/,
  lowdb: /^src\/(disk|storage)\/json-file\.ts$/,
  'prom-client': /^src\/server\/ops-http\.ts$/,
  ink: /^src\/tui\//,
  react: /^src\/tui\//,
  'string-width': /^src\/text\//,
  chalk: /^src\/cli\//,
  '@oclif/core': /^(src\/cli|commands)\//,
};

law('A package that others must be able to replace has one home', (file) =>
  file.imports
    .map((specifier) => specifier.match(/^(@[^/]+\/[^/]+|[^./][^/]*)/)?.[0])
    .filter((name) => name !== undefined && HOMES[name] !== undefined && !HOMES[name].test(file.path))
    .map((name) => `imports ${name}`),
);

law('Time comes from the clock port: only src/io/clock.ts asks the system', (file) =>
  file.path === 'src/io/clock.ts'
    ? []
    : (file.code.match(
        /Date\.now\(|new Date\(\)|performance\.now\(|\bset(Timeout|Interval|Immediate)\(|timers\/promises/g,
      ) ?? []),
);

law('No state at module level, and no behaviour that depends on NODE_ENV', (file) => [
  ...(file.code.match(/^(export )?(let|var) .*/gm) ?? []),
  // React asks for it when it is loaded: there it is set, so that nothing depends on it.
  ...((file.path !== 'src/tui/app/lazy-chat.ts' && file.code.match(/NODE_ENV/g)) || []),
]);

law('No drawers: each file is named for what it is', (file) =>
  /(^|\/)(utils?|helpers?|common|types|misc)\.tsx?$/.test(file.path) ? ['is a drawer'] : [],
);

law('A file says in its first line what it is', (file) => (file.text.startsWith('/**') ? [] : ['begins without it']));

law('A file has at most 300 lines, a command at most 80', (file) =>
  file.lines > (roomOf(file.path) === 'commands' ? 80 : 300) ? [`has ${file.lines}`] : [],
);

law(
  'No error is swallowed without a word',
  (file) => file.text.match(/catch *(\([^)]*\))? *\{ *\}|\.catch\(\(\) => (\{ *\}|undefined)\)/g) ?? [],
);

law('Nothing is left for later', (file) => file.text.match(/\b(TODO|FIXME|XXX)\b|not implemented/g) ?? []);

test('Every frame is a file, and every frame of a client a handler and a test of the same name', () => {
  const missing: string[] = [];
  const expect = (path: string) => existsSync(join(root, path)) || missing.push(path);
  for (const type of new Set([...Object.keys(CLIENT_FRAMES), ...Object.keys(SERVER_FRAMES)])) {
    expect(`src/protocol/frames/${type}.ts`);
  }
  for (const type of Object.keys(CLIENT_FRAMES)) {
    expect(`src/server/handlers/${type}.ts`);
    expect(`test/conformance/${type}.test.ts`);
  }
  assert.deepEqual(missing, []);
});

test('Every rule is cited where it is obeyed and where it is tested', () => {
  const tests = sourcesBelow('test').map(({ text }) => text);
  const scenes = existsSync(join(root, 'test/scenes'))
    ? readdirSync(join(root, 'test/scenes')).map((name) => readFileSync(join(root, 'test/scenes', name), 'utf8'))
    : [];
  const cites = (texts: readonly string[], rule: string) =>
    texts.some((text) => new RegExp(`\\b${rule}\\b`).test(text));
  for (let number = 1; number <= 16; number++) {
    const rule = `R${number}`;
    assert.ok(
      cites(
        sources.map(({ text }) => text),
        rule,
      ),
      `${rule} is cited nowhere in src/ or commands/`,
    );
    assert.ok(cites([...tests, ...scenes], rule), `${rule} is cited nowhere in test/`);
  }
});
