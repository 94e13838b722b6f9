/** `im inspect-queue --watch` on fake queues: the screen, the log of changes, and how it ends. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Cancellation } from '../../../src/cli/async/cancellation.js';
import type { Exit } from '../../../src/cli/errors/exit-codes.js';
import { Failure } from '../../../src/cli/errors/failure.js';
import { createOutput } from '../../../src/cli/output/output.js';
import { WATCH } from '../../../src/cli/queues/queue-limits.js';
import { watch } from '../../../src/cli/queues/watch.js';
import {
  ChangeLog,
  ScreenView,
  type WatchView,
  watchedMailboxes,
  watchedMessages,
} from '../../../src/cli/queues/watch-views.js';
import type { Queue, UnreadableQueue } from '../../../src/queue-admin/queue-source.js';
import { type Deferred, deferred } from '../../harness/deferred.js';
import { createFakeClock, type FakeClock } from '../../harness/fake-clock.js';
import { queued, queueOf, sourceOf } from '../../queue-admin/queues.js';
import { Emulator } from '../../tui/emulator.js';
import { createFakeOutput, type FakeOutput } from '../fake-output.js';

const SHOWN = { body: true, status: false };

let clock: FakeClock;
let signal: Deferred<Exit>;
let queues: (Queue | UnreadableQueue)[];
/** Thrown by the next scans. */
let fault: Error | undefined;
let faults: string[];

beforeEach(() => {
  clock = createFakeClock(3_600_000);
  signal = deferred<Exit>();
  queues = [];
  fault = undefined;
  faults = [];
});

const begin = (view: WatchView): Promise<Exit> =>
  watch({
    withQueues: async (work) => {
      if (fault) throw fault;
      return work(sourceOf(...queues));
    },
    filterAt: () => ({ status: 'undelivered' }),
    view,
    everyMs: WATCH.intervalMs,
    clock,
    cancellation: new Cancellation(signal.promise, clock),
    unreadable: ({ user }) => faults.push(user),
  });

const words = (output: FakeOutput): string[] =>
  output.lines.splice(0).map((line) => line.split(/ +/).slice(0, 3).join(' '));

test('each change is a line: new, changed, gone; unchanged messages are not printed again', async () => {
  const output = createFakeOutput();
  const running = begin(new ChangeLog(watchedMessages(undefined, SHOWN), output));
  await clock.settle();
  assert.deepEqual(words(output), [], 'nothing is there');
  queues = [queueOf('bob', [queued(1), queued(2)])];
  await clock.advance(2_000);
  assert.deepEqual(words(output), ['CHANGE TO SEQ', 'new bob 1', 'new bob 2']);
  await clock.advance(4_000);
  assert.deepEqual(words(output), []);
  queues = [queueOf('bob', [queued(2, { attempts: 1, triedAt: 5 }), queued(3)])];
  await clock.advance(2_000);
  assert.deepEqual(words(output), ['changed bob 2', 'new bob 3', 'gone bob 1']);
  signal.resolve('interrupted');
  assert.equal(await running, 'interrupted');
  assert.equal(clock.timers, 0);
});

test('with --json each change is an object; a new message has its body, as im replay --file needs it', async () => {
  const output = createFakeOutput(true);
  queues = [queueOf('bob', [queued(1)])];
  const running = begin(new ChangeLog(watchedMessages(undefined, SHOWN), output));
  await clock.settle();
  queues = [];
  await clock.advance(2_000);
  signal.resolve('terminated');
  assert.equal(await running, 'terminated');
  const [added, gone] = output.lines.map((line) => JSON.parse(line));
  const known = { to: 'bob', seq: 1, id: 'm1', from: 'alice', at: 1_000, status: 'undelivered', attempts: 0, bytes: 2 };
  assert.deepEqual(added, { change: 'new', now: 3_600_000, ...known, body: 'hi' });
  assert.deepEqual(gone, { change: 'gone', now: 3_602_000, ...known });
});

test('the numbers of mailboxes can be watched too', async () => {
  const output = createFakeOutput();
  queues = [queueOf('bob', [queued(1)]), queueOf('carol', [queued(1, { to: 'carol' })])];
  const running = begin(new ChangeLog(watchedMailboxes, output));
  await clock.settle();
  queues = [queueOf('bob', [queued(1), queued(2)])];
  await clock.advance(2_000);
  assert.deepEqual(words(output), ['CHANGE USER COUNT', 'new bob 1', 'new carol 1', 'changed bob 2', 'gone carol 1']);
  signal.resolve('interrupted');
  await running;
});

test('more than WATCH.maxItems items are refused', async () => {
  const many = Array.from({ length: WATCH.maxItems + 1 }, (_, index) => queued(index + 1));
  const queue = { ...queueOf('bob', many), messages: () => [many] };
  const output = createFakeOutput(true);
  queues = [queue];
  await assert.rejects(
    begin(new ChangeLog(watchedMessages(undefined, SHOWN), output)),
    new RegExp(`more than ${WATCH.maxItems} messages`),
  );
});

test('an unreadable mailbox is reported once; a server that is lost later is waited for', async () => {
  const output = createFakeOutput();
  queues = [{ user: 'dave', fault: new Error('damaged') }];
  const running = begin(new ChangeLog(watchedMessages(undefined, SHOWN), output));
  await clock.settle();
  await clock.advance(2_000);
  assert.deepEqual(faults, ['dave']);
  fault = new Failure('not-stored', 'ws://there cannot be reached');
  await clock.advance(4_000);
  assert.deepEqual(output.notes.splice(0), ['im: ws://there cannot be reached; trying again']);
  fault = undefined;
  queues = [queueOf('bob', [queued(1)])];
  await clock.advance(2_000);
  assert.deepEqual(words(output), ['CHANGE TO SEQ', 'new bob 1']);
  fault = new Failure('data-unusable', 'gone');
  const ended = assert.rejects(running, /gone/);
  await clock.advance(2_000);
  await ended;
  await assert.rejects(begin(new ChangeLog(watchedMessages(1, SHOWN), output)), /gone/, 'the first scan must succeed');
});

/** A view on an emulated terminal. */
function screen(columns: number, rows: number) {
  const emulator = new Emulator({ columns, rows });
  const stdout = {
    isTTY: true,
    columns,
    rows,
    write(text: string, written?: () => void) {
      void emulator.write(text.replaceAll('\n', '\r\n')).then(written);
    },
  };
  const output = createOutput(false, stdout, stdout);
  return { emulator, stdout, view: new ScreenView(watchedMessages(undefined, SHOWN), 2_000, output) };
}

test('on a terminal it is redrawn in place, cut to the size of the terminal', async () => {
  const { emulator, stdout, view } = screen(40, 8);
  const wide = { body: '漢字'.repeat(40) };
  queues = [
    queueOf(
      'bob',
      Array.from({ length: 9 }, (_, index) => queued(index + 1, wide)),
    ),
  ];
  const running = begin(view);
  const shows = (wanted: RegExp) => clock.until(() => wanted.test(emulator.text()), `it shows ${wanted}`);
  await shows(/… 5 more/);
  const [head = '', heading = '', ...rows] = emulator.rows();
  assert.match(head, /^[-0-9]+ [0-9:]+, every 2s: 9 message$/);
  assert.match(heading, /^TO {3}SEQ {2}ID/);
  assert.deepEqual(
    rows.map((row) => row.slice(0, 10).trim()),
    ['bob    1', 'bob    2', 'bob    3', 'bob    4', '… 5 more', ''].map((row) => row.slice(0, 10)),
  );
  queues = [queueOf('bob', [queued(2)]), { user: 'dave', fault: new Error('damaged') }];
  stdout.columns = 120;
  emulator.resize({ columns: 120, rows: 8 });
  await clock.advance(2_000);
  await shows(/: 1 message, 2 B, the oldest 1h, 1 mailbox cannot be read/);
  assert.equal(emulator.rows().filter((row) => row.startsWith('bob')).length, 1);
  fault = new Failure('not-stored', 'it is away');
  await clock.advance(2_000);
  await shows(/^it is away; trying again; the last result:\nTO .*\nbob .*\n/);
  signal.resolve('interrupted');
  assert.equal(await running, 'interrupted');
});
