import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentOf, LISTEN_EXEC_STOP_MS, runListenExec } from '../../../src/cli/listen/listen-exec.js';
import { createFakeClock } from '../../harness/fake-clock.js';

const message = { epoch: 'e', seq: 7, id: 'x', from: 'bob', body: 'a\0b\n', at: Date.UTC(2030, 0, 1), attempt: 2 };

test('the environment of the command holds the message, with U+2400 for NUL', () => {
  assert.deepEqual(environmentOf(message), {
    IM_ID: 'x',
    IM_FROM: 'bob',
    IM_BODY: 'a\u2400b\n',
    IM_SEQ: '7',
    IM_AT: '2030-01-01T00:00:00.000Z',
    IM_ATTEMPT: '2',
  });
  assert.equal(environmentOf({ ...message, replay: 'r' }).IM_REPLAY, 'r');
  assert.equal(environmentOf({ ...message, re: 'q1' }).IM_RE, 'q1');
});

test('a command that ignores SIGTERM is killed when its time is up', async () => {
  const clock = createFakeClock();
  const ended = runListenExec('trap "" TERM INT; while :; do sleep 100; done', message, clock);
  const rejected = assert.rejects(ended, /the command ended with SIG(KILL|TERM) for message x from bob/);
  process.emit('SIGTERM', 'SIGTERM'); // handled by this process only; the command may not have its trap yet
  await clock.advance(LISTEN_EXEC_STOP_MS);
  await rejected;
  assert.equal(process.listenerCount('SIGTERM'), 0);
});
