/** Runs every example in the help of every command, unchanged, in a home with a server, users and files. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect } from '../../src/client/api/client.js';
import { sharedPostgres } from '../harness/postgres/shared.js';
import { fileScope, type Scope } from '../harness/process.js';
import { certificate } from '../io/certificate.js';
import { makeSandbox } from './sandbox.js';
import { begin, type Job } from './shell.js';

const root = join(import.meta.dirname, '../../..');
const scope = fileScope();

interface Manifest {
  readonly commands: Readonly<Record<string, { readonly examples?: readonly string[] }>>;
}

const manifest = JSON.parse(await readFile(join(root, 'oclif.manifest.json'), 'utf8')) as Manifest;
const examples = Object.entries(manifest.commands).flatMap(([id, command]) =>
  (command.examples ?? []).map((example) =>
    example.replaceAll('<%= config.bin %>', 'im').replaceAll('<%= command.id %>', id.replaceAll(':', ' ')),
  ),
);

/** What an example needs, and what it must print. Without `until` it must exit with 0. */
interface Need {
  /** Before the example: sends a message, or runs a command. */
  readonly waits?: readonly [from: string, to: string, id?: string];
  readonly before?: string;
  /** A user who is online meanwhile. */
  readonly online?: string;
  /** It does not end by itself: it is killed when it has printed this line. */
  readonly until?: RegExp;
  readonly prints?: RegExp;
  readonly env?: Readonly<Record<string, string>>;
  /** It needs a terminal: this test runs it. */
  readonly runBy?: string;
}

const CHAT = "echo 'bob: hello' | im connect alice --plain";
const A_SECOND = { IM_BENCH_SECONDS: '1' };
const elsewhere = { IM_DATA: './elsewhere' };
const postgres = await sharedPostgres();
after(() => postgres.close());
const onDatabase = { IM_DATABASE_URL: await postgres.newDatabase(), IM_SERVE_SINGLE_NODE: '1' };
const anotherDatabase = { IM_DATABASE_URL: await postgres.newDatabase() };
const NEEDS: ReadonlyMap<string, Need> = new Map<string, Need>([
  [
    "im ask bob 'may I deploy?' --timeout 10m --id deploy-42",
    { before: 'im send bob hi && im send you yes --as bob --re deploy-42', prints: /^yes$/m },
  ],
  [
    'uptime | im ask ops --as ci --id load-42 --json | jq -r .body',
    { before: 'im send ops hi --as ci && im send ci fine --as ops --re load-42', prints: /^fine$/m },
  ],
  ['im unsend deploy-41 --to bob', { before: 'im send bob hi --id deploy-41' }],
  ['im bench', { env: A_SECOND, prints: /^every promise held$/m }],
  ['im bench --folder . --pairs 1 --window 1', { env: A_SECOND, prints: /^live /m }],
  ['im bench --kill-every 3s', { env: A_SECOND, prints: /^every promise held$/m }],
  ['im bench --offline 10000 --json', { prints: /"held":true/ }],
  ['im config get theme', { prints: /^auto$/ }],
  ['im config set user alice', { env: { XDG_CONFIG_HOME: '~/other' } }],
  ['im config set notify desktop', { env: { XDG_CONFIG_HOME: '~/other' } }],
  ['im connect alice', { until: /online as alice/ }],
  ['im connect alice --device tablet', { until: /online as alice/ }],
  ['im connect alice --plain --to bob', { until: /online as alice/ }],
  [`echo '{"to":"bob","body":"hello"}' | im connect alice --json`, { prints: /"state":"stored"/ }],
  ['im unblock mallory --as alice', { before: 'im block mallory --as alice' }],
  ['im database check --json | jq -r .state', { prints: /^ok$/m }],
  [
    'im devices remove phone --of alice',
    { before: 'im send alice hi --as ci && im listen --as alice --device phone --count 1' },
  ],
  ['im demo', { prints: /^Every check passed/m }],
  ['im demo --chat', { runBy: 'test/commands/demo.test.ts' }],
  ['im doctor --json | jq -r .state', { prints: /^(ok\n)+ok$/ }],
  [
    'im export /var/lib/im.new --database postgresql://im@db1,db2,db3/im',
    { before: 'im database migrate', prints: /verified$/m },
  ],
  [
    'im import /var/lib/im --database postgresql://im@db1,db2,db3/im',
    { before: 'rm -rf moved && im backup moved', env: anotherDatabase, prints: /^brought / },
  ],
  ['im history bob --as alice', { before: CHAT, prints: / you to bob( \(stored\))?: hello$/m }],
  ["im history --as alice --since 2d --grep 'release|deploy'", { before: CHAT }],
  ['im history bob --as alice --limit 1 --json | jq -r .body', { before: CHAT, prints: /^hello$/ }],
  ['im inspect-queue --summary --watch', { waits: ['ci', 'bob'], until: /bob/ }],
  ['im listen --as bob', { waits: ['ci', 'bob'], until: /^ci: hello$/ }],
  ['im listen --as bob --device tablet', { waits: ['ci', 'bob'], until: /^ci: hello$/ }],
  ['im listen --as bob --count 1 --timeout 1m --json | jq -r .body', { waits: ['ci', 'bob'], prints: /^hello$/m }],
  ["im listen --as ops --from ci --format '{at} {from}: {line}'", { waits: ['ci', 'ops'], until: /^\S+Z ci: hello$/ }],
  [
    `im listen --as ops --exec 'logger -t "$IM_FROM" -- "$IM_BODY"'`,
    {
      waits: ['ci', 'ops'],
      until: /^logger: -t ci -- hello$/,
    },
  ],
  [
    `im listen --as ops --exec 'logger -- "$IM_BODY"' --park-after 3 --park parked.jsonl`,
    { waits: ['ci', 'ops'], until: /^logger: -- hello$/ },
  ],
  ['im purge bob --from mallory --yes --export mallory.jsonl', { waits: ['mallory', 'bob'], prints: /1 of 1 / }],
  ['im replay --file mallory.jsonl', { prints: /1 stored/ }],
  ['im replay bob', { waits: ['ci', 'bob'], online: 'bob' }],
  ['im restore ~/im-2026-01-31 --data ./restored', { before: 'im backup ~/im-2026-01-31', prints: /^restored / }],
  ["im send bob 'are you there?' --wait delivered --timeout 1m", { online: 'bob' }],
  ['tail -f app.log | im send ops --stdin lines', { until: /^[0-9a-f-]{36}$/ }],
  ['im serve', { env: elsewhere, until: /^listening on ws:/ }],
  ['im serve --data ./data --port 0 --json', { until: /"event":"listening"/ }],
  [
    'im serve --host 0.0.0.0 --tls-cert chain.pem --tls-key key.pem --ops-port 9464',
    {
      env: elsewhere,
      until: /^listening on wss:/,
    },
  ],
  [
    'im trace backup-2026-01-31 --from alice --to bob --json',
    { waits: ['alice', 'bob', 'backup-2026-01-31'], prints: /backup/ },
  ],
  [
    'im trace backup-2026-01-31 --to bob --url wss://chat.example --as operator --token-file operator.token',
    { waits: ['alice', 'bob', 'backup-2026-01-31'], prints: /backup/ },
  ],
  ['(umask 077; im user add alice > alice.token)', { before: 'im user remove alice' }],
  ['im user add alice bob --keep --json', { before: 'im user remove alice bob' }],
  ['im user remove bob --export bob.jsonl', { before: 'im user add bob' }],
  ['(umask 077; im user rotate alice > alice.token)', { before: 'im user add alice' }],
]);

const sandbox = await makeSandbox(scope);
const run = (command: string, env: Readonly<Record<string, string>> = {}, t: Scope = scope): Job =>
  begin(t, command, { folder: sandbox.home, env: { ...sandbox.env, ...env }, isTyped: true });

async function succeed(job: Job, command: string): Promise<string> {
  const { code, lines } = await job.ended;
  assert.equal(code, 0, `${command}\n${lines.join('\n')}`);
  return lines.join('\n');
}

const server = run('im serve');
let url = '';
await server.line((line) => {
  url = /ws:\/\/[^,]+/.exec(line)?.[0] ?? '';
  return url !== '';
});
const files = { 'app.log': 'one line\n', 'chain.pem': certificate.cert, 'key.pem': certificate.key };
for (const [name, text] of Object.entries(files)) await writeFile(join(sandbox.home, name), text, { mode: 0o600 });
await succeed(run('cp -p ~/.local/share/im/operator.token .'), 'the token of the operator');
const added = await succeed(run('im user add you alice bob ops ci mallory --keep --json 2> kept'), 'users');
const tokens = new Map(
  added.split('\n').map((line) => {
    const { user, token } = JSON.parse(line) as { user: string; token: string };
    return [user, token] as const;
  }),
);
await writeFile(join(sandbox.home, 'bob.token'), tokens.get('bob') ?? '', { mode: 0o600 });
const clientOf = (user: string, mode: 'chat' | 'send') =>
  connect({ url, user, token: tokens.get(user) ?? '', mode, onMessage: () => {} });

async function sendFrom(from: string, to: string, id?: string): Promise<void> {
  const client = clientOf(from, 'send');
  await client.send(to, 'hello', id === undefined ? {} : { id }).stored;
  await client.close();
}

for (const example of examples) {
  // An example that does not end by itself needs an `until` above.
  const { waits, before, online, until, prints, env, runBy } = NEEDS.get(example) ?? {};
  if (runBy !== undefined) continue;
  test(example, { timeout: 30_000 }, async (t) => {
    const around = /^(\(umask 077; )?im (database|import|export) /.test(example) ? onDatabase : {};
    if (before !== undefined) await succeed(run(before, around), before);
    if (waits) await sendFrom(...waits);
    const client = online === undefined ? undefined : clientOf(online, 'chat');
    t.after(() => client?.close());
    // Uses this machine instead of another, and a free port; leaves the folder of the server, and the operator's token, as they are.
    const local = example
      .replace(/ --database postgresql:\S+[^\s)]/, '')
      .replace('/var/lib/im', './moved')
      .replace('> operator.token', '> database.token')
      .replaceAll('wss://chat.example', url)
      .replaceAll('0.0.0.0', '127.0.0.1')
      .replace('--ops-port 9464', '--ops-port 0');
    const job = run(local, { ...around, ...env }, t);
    if (until === undefined) {
      const printed = await succeed(job, local);
      if (prints) assert.match(printed, prints);
    } else {
      await job.line((line) => until.test(line));
      await job.end();
    }
  });
}

test('an example that writes a token to a file keeps it private', () => {
  const writes = examples.filter((example) => /user (add|rotate) [^|]*> (?!\/dev\/null)/.test(example));
  assert.equal(writes.length, 2);
  for (const example of writes) assert.match(example, /^\(umask 077; [^)]+\)$/);
});

test('every entry of NEEDS belongs to an example', () => {
  assert.deepEqual(
    [...NEEDS.keys()].filter((example) => !examples.includes(example)),
    [],
  );
});
