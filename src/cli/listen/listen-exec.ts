/** `im listen --exec`: one run of a shell command per message; the message is acked when it succeeds. */
import { spawn } from 'node:child_process';
import type { IncomingMessage } from '../../client/events.js';
import { Failure } from '../errors/failure.js';

/**
 * Runs the command with the message in its environment and the exact body on its standard input. What it prints goes
 * where `im` prints. Resolves with true: it was needed.
 * @throws Failure when it cannot be started or does not end with 0.
 */
export function runListenExec(command: string, message: IncomingMessage): Promise<true> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, {
      shell: true,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { ...process.env, ...environmentOf(message) },
    });
    child.stdin.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error; // A command need not read its input.
    });
    child.stdin.end(message.body);
    child.on('error', (cause) =>
      reject(new Failure('unexpected', 'the command cannot be run', { why: cause.message, cause })),
    );
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(true);
      const what = `the command ended with ${signal ?? code} for message ${message.id} from ${message.from}`;
      reject(
        new Failure('unexpected', what, { why: 'the message is not acked', next: 'it comes again the next time' }),
      );
    });
  });
}

/** No environment can hold a NUL: it is shown as U+2400. The body on standard input is exact. */
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
