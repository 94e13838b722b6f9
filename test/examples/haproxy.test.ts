/** Runs the HAProxy configuration in docs/examples with two servers on a database, on the addresses of two machines. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../harness/free-port.js';
import { sharedPostgres } from '../harness/postgres/shared.js';
import { im, makeHome, start } from '../harness/process.js';
import { authority, signed } from '../io/certificate.js';

const folder = join(import.meta.dirname, '../../../docs/examples/haproxy');
const HOSTS = ['127.0.0.1', '127.0.0.2'] as const;
const isHere = process.platform === 'linux' && spawnSync('haproxy', ['-v']).error === undefined;

/** Each pattern is in the text, and is replaced wherever it is. */
const change = (text: string, changes: Readonly<Record<string, string>>): string =>
  Object.entries(changes).reduce((changed, [from, to]) => {
    assert.ok(changed.includes(from), from);
    return changed.replaceAll(from, to);
  }, text);

test('HAProxy passes clients on to the servers that are ready', { skip: !isHere && 'no haproxy' }, async (t) => {
  const home = await makeHome(t);
  const postgres = await sharedPostgres();
  t.after(() => postgres.close());
  const inHome = (name: string) => join(home.HOME as string, name);
  const save = async (name: string, text: string) => {
    await writeFile(inHome(name), text, { mode: 0o600 });
    return inHome(name);
  };
  const [cert, key, ca] = [
    await save('cert.pem', signed.cert),
    await save('key.pem', signed.key),
    await save('ca.pem', authority),
  ];
  const [bound, port, ready] = [await freePort(), await freePort(), await freePort()];
  const proxy = async (name: string, text: string) =>
    start(t, ['-db', '-f', await save(name, text)], { env: home, program: 'haproxy' });
  const onDatabase = { IM_DATABASE_URL: await postgres.newDatabase(), IM_SERVE_SINGLE_NODE: '1' };
  const env = { ...home, ...onDatabase, IM_URL: `wss://localhost:${bound}`, IM_CA: ca };
  const operator = await im(t, ['database', 'operator'], { env });
  assert.equal(operator.code, 0, operator.stderr);
  const operatorToken = await save('operator.token', operator.stdout);

  const servers = [];
  for (const [index, host] of HOSTS.entries()) {
    const ops = await freePort();
    const where = ['--host', host, '--port', `${port}`, '--ops-port', `${ops}`, '--tls-cert', cert, '--tls-key', key];
    const server = start(t, ['serve', ...where], { env });
    await server.line('listening on wss://');
    servers.push(server);
    const text = await readFile(join(folder, 'ready.cfg'), 'utf8');
    await proxy(
      `ready${index}.cfg`,
      change(text, { ':9465': `${host}:${ready}`, '127.0.0.1:9464': `127.0.0.1:${ops}` }),
    );
  }
  const text = await readFile(join(folder, 'balancer.cfg'), 'utf8');
  const balancer = await proxy(
    'balancer.cfg',
    change(text, {
      ':443': `127.0.0.1:${bound}`,
      '/etc/haproxy/chat.pem': await save('chat.pem', signed.cert + signed.key),
      '/etc/haproxy/im-ca.pem': ca,
      '10.0.0.1:4690': `${HOSTS[0]}:${port}`,
      '10.0.0.2:4690': `${HOSTS[1]}:${port}`,
      'im1.example': 'chat.example',
      'im2.example': 'chat.example',
      'inter 2s': 'inter 100ms',
      '9465': `${ready}`,
    }),
  );

  const added = await im(t, ['user', 'add', 'alice', 'bob', '--as', 'operator', '--token-file', operatorToken], {
    env,
  });
  assert.equal(added.code, 0, added.stderr);
  const [alice = '', bob = ''] = added.stdout.split('\n');
  const bobs = start(t, ['listen', '--as', 'bob', '--format', '{body}'], { env: { ...env, IM_TOKEN: bob } });
  const send = async (body: string) => {
    const { code, stderr } = await im(t, ['send', 'bob', body, '--as', 'alice'], { env: { ...env, IM_TOKEN: alice } });
    assert.equal(code, 0, stderr);
    await bobs.line(body);
  };
  await send('both are up');
  const status = async (path: string) => (await fetch(`http://${HOSTS[1]}:${ready}${path}`)).status;
  assert.deepEqual([await status('/readyz'), await status('/metrics')], [200, 403]);

  servers[0]?.child.kill('SIGKILL');
  await balancer.line('Server im/im1 is DOWN', 'stderr');
  await send('one is up');
  balancer.child.kill();
  assert.doesNotMatch((await balancer.finished).stderr, /im2 is DOWN/);
});
