/** `im listen --exec`: runs a shell command for each message, which is acked when the command succeeds. */
import { spawn } from 'node:child_process';
import type { IncomingMessage } from '../../client/events.js';
import { Failure } from '../errors/failure.js';
import { standardTerminals } from '../output/standard-streams.js';

/**
 * Runs the command with the message in its environment and the exact body on its standard input. Its output goes to
 * stdout and stderr of this process. Resolves when it has exited with 0.
 * @throws Failure when it cannot be started, or ends any other way.
 */
export function runListenExec(command: string, message: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    // SIGHUP would reach it through the process group; without a terminal it ends neither process (`nohup im listen`).
    const isImmune = process.platform !== 'win32' && standardTerminals().length === 0;
    const child = spawn(isImmune ? `trap '' HUP; ${command}` : command, {
      shell: true,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { ...process.env, ...environmentOf(message) },
    });
    child.stdin.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error; // The command may exit without reading its input.
    });
    child.stdin.end(message.body);
    child.on('error', (cause) =>
      reject(new Failure('unexpected', 'the command cannot be run', { why: cause.message, cause })),
    );
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      const what = `the command ended with ${signal ?? code} for message ${message.id} from ${message.from}`;
      reject(new Failure('unexpected', what, { why: 'the message is not acked', next: 'the server sends it again' }));
    });
  });
}

/** The environment cannot hold NUL, which is replaced by U+2400. The body on standard input is exact. */
export function environmentOf(message: IncomingMessage): Record<string, string> {
  const { id, from, body, seq, at, attempt, replay } = message;
  return {
    IM_ID: id,
    IM_FROM: from,
    IM_BODY: body.replaceAll('\0', '\u2400'),
    IM_SEQ: String(seq),
    IM_AT: new Date(at).toISOString(),
    IM_ATTEMPT: String(attempt),
    ...(replay !== undefined && { IM_REPLAY: replay }),
  };
}
