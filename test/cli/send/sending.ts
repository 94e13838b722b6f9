/** Runs `sendAll` with a fake client, clock and output. */
import type { Exit } from '../../../src/cli/errors/exit-codes.js';
import { Failure } from '../../../src/cli/errors/failure.js';
import type { SourceItem } from '../../../src/cli/send/message-source.js';
import { type SendJob, sendAll } from '../../../src/cli/send/send.js';
import type { Welcome } from '../../../src/protocol/frames/welcome.js';
import { deferred } from '../../harness/deferred.js';
import { createFakeClock } from '../../harness/fake-clock.js';
import { FakeClient } from '../fake-client.js';
import { createFakeOutput } from '../fake-output.js';

export async function* batches(...bodies: (string | SourceItem)[]): AsyncGenerator<readonly SourceItem[]> {
  yield bodies.map((body, index) => (typeof body === 'string' ? { body, line: index + 1 } : body));
}

/**
 * Starts sending, and waits until the client has got everything that it can get without an answer.
 * @param stdoutError writes to stdout fail with this code.
 */
export async function sending(
  items: AsyncIterable<readonly SourceItem[]>,
  more: Partial<SendJob> = {},
  json = false,
  stdoutError?: string,
  isTerminal = false,
) {
  const client = new FakeClient();
  const clock = createFakeClock();
  const output = createFakeOutput(json, undefined, stdoutError, isTerminal);
  const signal = deferred<Exit>();
  const job: SendJob = {
    from: 'alice',
    targets: ['bob'],
    items,
    isSingle: false,
    keepGoing: false,
    quiet: false,
    announces: true,
    wait: 'stored',
    timeoutMs: 10_000,
    ...more,
  };
  const done = sendAll(job, { client, output, clock, signal: signal.promise });
  const settled = { value: false };
  done.then(
    () => (settled.value = true),
    () => (settled.value = true),
  );
  await clock.settle();
  return { client, clock, output, signal, done, settled };
}

export const fails = (exit: Exit, what: RegExp) => (error: unknown) =>
  error instanceof Failure && error.exit === exit && what.test([error.message, error.why, error.next].join('\n'));

export const offline = {
  type: 'offline',
  reason: 'lost',
  code: 1006,
  detail: 'connect ECONNREFUSED',
  retryInMs: 500,
} as const;
export const online = { type: 'online', welcome: {} as Welcome } as const;
