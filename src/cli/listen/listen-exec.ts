/** `im listen --exec`: runs a shell command for each message, which is acked when the command succeeds. */
import { spawn } from 'node:child_process';
import type { IncomingMessage } from '../../client/events.js';
import type { Clock, Timer } from '../../io/clock.js';
import { killGroup } from '../async/kill-group.js';
import { Failure } from '../errors/failure.js';
import { standardTerminals } from '../output/standard-streams.js';

/** After a signal the command has this long to end, in ms; then it is killed. */
export const LISTEN_EXEC_STOP_MS = 10_000;

/** How the command ended, if not with 0. Nothing is acked. */
export class CommandFailed extends Failure {
  /** @param how `the command ended with 3`. @param isStopped it was asked to end: by a signal that was forwarded to it. */
  constructor(
    readonly how: string,
    { id, from }: IncomingMessage,
    readonly isStopped: boolean,
  ) {
    super('unexpected', `${how} for message ${id} from ${from}`, {
      why: 'the message is not acked',
      next: 'the server sends it again',
    });
  }
}

const FORWARDED_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs the command with the message in its environment and the exact body on its standard input. Its output goes to
 * stdout and stderr of this process. Resolves when it has exited with 0. SIGINT and SIGTERM are forwarded to it: it does not
 * outlive this process, where the next one would run it again beside it. The second signal kills it.
 * @throws CommandFailed when it ends any other way. @throws Failure when it cannot be started.
 */
export function runListenExec(command: string, message: IncomingMessage, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    // Without a terminal it gets a process group, so that a signal reaches the shell and everything it has started. SIGHUP
    // ends neither process then (`nohup im listen`).
    const hasGroup = process.platform !== 'win32' && standardTerminals().length === 0;
    const child = spawn(hasGroup ? `trap '' HUP; ${command}` : command, {
      shell: true,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { ...process.env, ...environmentOf(message) },
      detached: hasGroup,
    });
    let killing: Timer | undefined;
    const signalChild = (signal: NodeJS.Signals): void => {
      if (hasGroup) killGroup(child.pid, signal);
      else child.kill(signal);
    };
    const forward = (signal: NodeJS.Signals): void => {
      const isFirst = killing === undefined;
      killing ??= clock.after(LISTEN_EXEC_STOP_MS, () => signalChild('SIGKILL'));
      if (!isFirst) signalChild('SIGKILL');
      else if (hasGroup || signal !== 'SIGINT') signalChild(signal); // A terminal sends Ctrl+C to both processes.
    };
    const stopForwarding = (): void => {
      killing?.cancel();
      for (const signal of FORWARDED_SIGNALS) process.off(signal, forward);
    };
    for (const signal of FORWARDED_SIGNALS) process.on(signal, forward);
    child.stdin.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error; // The command may exit without reading its input.
    });
    child.stdin.end(message.body);
    child.on('error', (cause) => {
      stopForwarding();
      reject(new Failure('unexpected', 'the command cannot be run', { why: cause.message, cause }));
    });
    child.on('close', (code, signal) => {
      const isStopped = killing !== undefined;
      if (isStopped) signalChild('SIGKILL'); // what the shell has left behind
      stopForwarding();
      if (code === 0) resolve();
      else reject(new CommandFailed(`the command ended with ${signal ?? code}`, message, isStopped));
    });
  });
}

/** The environment cannot hold NUL, which is replaced by U+2400. The body on standard input is exact. */
export function environmentOf(message: IncomingMessage): Record<string, string> {
  const { id, from, body, seq, at, attempt, replay, re } = message;
  return {
    IM_ID: id,
    IM_FROM: from,
    IM_BODY: body.replaceAll('\0', '\u2400'),
    IM_SEQ: String(seq),
    IM_AT: new Date(at).toISOString(),
    IM_ATTEMPT: String(attempt),
    ...(replay !== undefined && { IM_REPLAY: replay }),
    ...(re !== undefined && { IM_RE: re }),
  };
}
