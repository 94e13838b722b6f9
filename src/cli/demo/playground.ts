/** After the story of `im demo`: what to try next, in other terminals with the server of the demo, or with a server of one's own. */
import { inline, safe } from '../../text/safe-text.js';
import type { Exit } from '../errors/exit-codes.js';
import type { Output } from '../output/output.js';
import type { DemoServer } from './demo-server.js';
import type { Sandbox } from './sandbox.js';

const printAll = async (output: Output, lines: readonly string[]): Promise<void> => {
  for (const line of lines) await output.line(inline(line));
};

/** The demo is over. */
export const suggestOwnServer = (output: Output): Promise<void> =>
  printAll(output, [
    '',
    'Now yours:',
    '  im serve                     # terminal 1',
    '  im connect alice             # terminal 2',
    '  im connect bob --to alice    # terminal 3',
    'Or the chat with a bot that explains it: im demo --chat',
  ]);

/** Lets people play with alice and bob until `end`. A server that they kill is started again. @throws Failure when it cannot. */
export async function playOn(first: DemoServer, sandbox: Sandbox, end: Promise<Exit>, output: Output): Promise<void> {
  const im = await sandbox.writeScript();
  let server = first;
  await printAll(output, [
    '',
    'Now you: the server still runs, for alice and bob. In two other terminals:',
    `  ${im} connect alice --to bob`,
    `  ${im} connect bob --to alice`,
    'Meanwhile kill the server, which is started again, or look at the queues:',
    `  kill -9 ${server.pid}`,
    `  ${im} inspect-queue --watch`,
    '',
    'Ctrl+C here ends the demo and removes everything. Next: im demo --chat',
  ]);
  for (;;) {
    const ended = await Promise.race([end.then(() => undefined), server.ended]);
    if (ended === undefined) return;
    server = await server.restart();
    const how = inline(ended.signal ?? `exit code ${ended.code}`);
    await output.line(safe`the server ended with ${how}, and was started again: kill -9 ${server.pid}`);
  }
}
