/** The checks of the story that `im demo` tells: with a server that breaks a promise, it fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sandbox } from '../../../src/cli/demo/sandbox.js';
import { tellStory } from '../../../src/cli/demo/story.js';
import { Failure } from '../../../src/cli/errors/failure.js';
import { createFakeOutput } from '../fake-output.js';

/** What the commands print. */
interface Story {
  /** The lines of the first `im listen`, of the messages in their order. */
  readonly received?: (lines: readonly string[]) => readonly string[];
  readonly next?: readonly string[];
  readonly state?: string;
}

function sandboxOf({ received = (lines) => lines, next = ['alice: one more'], state = 'delivered' }: Story): Sandbox {
  const bodies: string[] = [];
  const answers: Readonly<Record<string, (words: readonly string[]) => readonly string[]>> = {
    user: () => ['token-a', 'token-b'],
    send(words) {
      const known = words.indexOf('--id');
      if (known !== -1) return [words[known + 1] as string];
      return [`id-${bodies.push(words[2] as string)}`];
    },
    listen: (words) =>
      words.includes('3') ? received(bodies.map((body, index) => `id-${index + 1} alice: ${body}`)) : next,
    'inspect-queue': () => [],
    trace: () => [`id-2 from alice to bob: seq 2, 20 bytes, ${state}`],
  };
  const ended = new Promise<never>(() => undefined);
  const server = { pid: 1, firstLine: Promise.resolve('listening on ws://127.0.0.1:1, data in x'), ended };
  return {
    start: () => ({ ...server, kill: async () => undefined }),
    run: async (words: readonly string[]) => answers[words[0] as string]?.(words) ?? assert.fail(words.join(' ')),
  } as unknown as Sandbox;
}

test('all promises are kept', async () => {
  const output = createFakeOutput();
  await tellStory(sandboxOf({}), output);
  assert.match(output.lines.at(-1) ?? '', /^Every check passed/);
  assert.doesNotMatch(output.lines.join('\n'), /token-/);
});

const BROKEN: Readonly<Record<string, Story>> = {
  'one is lost': { received: ([first = '', , third = '']) => [first, third] },
  'one comes twice': { received: ([first = '', ...rest]) => [first, first, ...rest] },
  'the order is wrong': { received: (lines) => [...lines].reverse() },
  'one comes again later': { next: ['alice: build 42 is green'] },
  'its delivery is forgotten': { state: 'undelivered' },
};

for (const [what, story] of Object.entries(BROKEN)) {
  test(`${what}: the demo fails`, async () => {
    await assert.rejects(
      tellStory(sandboxOf(story), createFakeOutput()),
      (error) => error instanceof Failure && error.exit === 'unexpected' && error.message.startsWith('the demo failed'),
    );
  });
}
