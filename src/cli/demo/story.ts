/** The story that `im demo` tells with real commands: what was acknowledged arrives once and in order, whatever is killed. */
import { inline, safe } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';
import type { Output } from '../output/output.js';
import { commandLine } from './command-line.js';
import { DemoServer } from './demo-server.js';
import type { Sandbox } from './sandbox.js';

const BODIES = ['hello bob', '你好，世界 👋', 'build 42 is green'] as const;
const ONE_MORE = 'one more';

/** Resolves with the server, which still runs. @throws Failure when a promise was broken, or a command failed. */
export async function tellStory(sandbox: Sandbox, output: Output): Promise<DemoServer> {
  const say = (text: string) => output.line(inline(text));
  const show = (text: string) => output.line(safe`  ${inline(text)}`);
  async function im(...words: string[]): Promise<readonly string[]> {
    await show(`$ ${commandLine(words)}`);
    const lines = await sandbox.run(words);
    for (const line of lines) await show(line);
    return lines;
  }
  async function chapter(text: string): Promise<void> {
    await say('');
    await say(text);
  }
  async function announce(server: DemoServer): Promise<DemoServer> {
    await show(`$ ${commandLine(server.words)}`);
    await show(server.announced);
    return server;
  }

  await say('A server with an empty data folder, and two users. Bob is offline.');
  let server = await announce(await DemoServer.start(sandbox));
  const add = ['user', 'add', 'alice', 'bob', '--keep'];
  await show(`$ ${commandLine(add)}`);
  await sandbox.run(add);
  await show('(two tokens)');

  await chapter('Alice sends three messages. An id is printed when its message is on disk.');
  const ids: string[] = [];
  for (const body of BODIES) ids.push(...(await im('send', 'bob', body, '--as', 'alice')));
  check(new Set(ids).size === BODIES.length, 'three messages have three ids', ids);

  await chapter('They wait for bob.');
  await im('inspect-queue', 'bob', '--summary');

  await chapter('The server is killed, and started again.');
  await show(`$ kill -9 ${server.pid}`);
  await server.kill();
  server = await announce(await server.restart());

  const [, second = ''] = ids;
  const resend = ['send', 'bob', BODIES[1], '--as', 'alice', '--id', second];
  await chapter('Alice sends the second message again with the same id, as after a lost answer.');
  await im(...resend);

  await chapter('Bob logs in, and gets each message once, in order.');
  const received = await im(
    'listen',
    '--as',
    'bob',
    '--count',
    '3',
    '--timeout',
    '20s',
    '--format',
    '{id} {from}: {line}',
  );
  const sent = ids.map((id, index) => `${id} alice: ${BODIES[index]}`);
  check(received.join('\n') === sent.join('\n'), 'bob gets exactly the three messages, in order', received);

  await chapter('Sent once more, it is known as delivered. What bob gets next is new.');
  await im(...resend, '--wait', 'delivered', '--timeout', '10s');
  await im('send', 'bob', ONE_MORE, '--as', 'alice');
  const rest = await im('listen', '--as', 'bob', '--count', '1', '--timeout', '20s');
  check(rest.join('\n') === `alice: ${ONE_MORE}`, 'bob gets nothing twice', rest);

  await chapter('What happened to it?');
  const trace = await im('trace', second);
  check(/, delivered$/.test(trace[0] ?? ''), 'the message is traced as delivered', trace);

  await chapter('Every check passed: kill -9 and two resends, and each message came once, in order.');
  return server;
}

function check(holds: boolean, promise: string, found: readonly string[]): void {
  if (holds) return;
  throw new Failure('unexpected', `the demo failed: it is not true that ${promise}`, {
    why: `it found: ${found.join(' / ')}`,
    next: 'this is a bug in im: please report it, with all output of the demo',
  });
}
