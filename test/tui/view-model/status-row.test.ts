/** The status line, and what it leaves out on a narrow screen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { inline, safe } from '../../../src/text/safe-text.js';
import { joinText, widthOf } from '../../../src/tui/rows/row.js';
import { UNICODE } from '../../../src/tui/rows/symbols.js';
import { toKeymap } from '../../../src/tui/screen/keymap.js';
import { EN } from '../../../src/tui/texts/en.js';
import { type Status, statusRow } from '../../../src/tui/view-model/status-row.js';
import { MINUTE, NOW, textWidth } from '../fixture.js';

const status: Status = {
  me: 'alice',
  server: safe`127.0.0.1:4690`,
  connection: { state: 'online' },
  lockHolder: undefined,
  queued: { count: 0, since: undefined },
  unread: 0,
  failedTo: [],
  notice: undefined,
  keymap: toKeymap().keymap,
};
const shown = (more: Partial<Status>, columns = 80): string =>
  joinText(statusRow({ ...status, ...more }, NOW, columns, UNICODE, EN, textWidth)).trim();

test('the status line shows connection, user and server', () => {
  assert.match(shown({}), /^● online {3}alice at 127\.0\.0\.1:4690 +F1 help$/);
  assert.match(shown({ connection: { state: 'connecting' } }), /^○ connecting/);
  assert.match(shown({ connection: { state: 'ended' } }), /^○ disconnected/);
  assert.match(shown({ lockHolder: 'process 7' }), /^○ taking over from another im, process 7/);
});

test('the status line shows the time until the next attempt to connect, at least one second', () => {
  const offline = (ms: number) =>
    shown({ connection: { state: 'offline', loss: { reason: 'refused', detail: '' }, retryAt: NOW + ms } });
  assert.match(offline(12_000), /^○ offline: refused, next try in 12 s/);
  assert.match(offline(-5), /next try in 1 s/);
});

test('the status line shows the number of queued messages, and their age if they wait long', () => {
  assert.match(shown({ queued: { count: 2, since: NOW - 1_000 } }), /… 2 queued {3}/);
  assert.match(shown({ queued: { count: 2, since: NOW - 3 * MINUTE } }), /… 2 queued for 3 min/);
});

test('the status line shows the number of unread messages with the key that goes there', () => {
  assert.match(shown({ unread: 3 }), /^● online {3}alice at 127\.0\.0\.1:4690 +3 unread: Alt\+A {3}F1 help$/);
});

test('the status line shows the peers to whom messages failed', () => {
  assert.match(shown({ failedTo: ['carol'] }), /^● online {3}✗ failed to carol {3}alice at/);
  assert.match(shown({ failedTo: ['carol', 'dave', 'eve'], notice: safe`Ctrl+C again quits` }), /carol and 2 more /);
});

test('the status line leaves out the least important parts when it is narrow', () => {
  const connection = {
    state: 'offline',
    loss: { reason: 'lost', detail: 'connect ECONNREFUSED' },
    retryAt: NOW + 12_000,
  } as const;
  const offline = { connection, queued: { count: 2, since: NOW - 3 * MINUTE }, unread: 3 };
  const table: [number, string][] = [
    [130, '○ offline: connection refused, next try in 12 s   … 2 queued for 3 min   alice at 127.0.0.1:4690'],
    [100, '○ offline: connection refused, next try in 12 s   … 2 queued for 3 min      3 unread: Alt+A   F1 help'],
    [90, '○ offline: connection refused, next try in 12 s   … 2 queued    3 unread: Alt+A   F1 help'],
    [59, '○ offline, 12 s   … 2 queued    3 unread: Alt+A   F1 help'],
    [50, '○ offline, 12 s   … 2 queued    3 unread: Alt+A'],
    [40, '○ offline, 12 s   … 2 queued    3 unread'],
    [30, '○ offline, 12 s    3 unread'],
    [20, '○ offline, 12 s'],
  ];
  for (const [columns, expected] of table) {
    const row = shown(offline, columns).replace(/ +/g, ' ');
    assert.ok(row.startsWith(expected.replace(/ +/g, ' ')), `${columns}: ${row}`);
  }
});

test('the status line says in few words why it is offline where the sentence does not fit', () => {
  const reason = "the server's certificate is signed by An Authority, who is not trusted here";
  const loss = { reason: 'lost', detail: `${reason} (SELF_SIGNED_CERT_IN_CHAIN)` };
  const connection = { state: 'offline', loss, retryAt: NOW + 3_000 } as const;
  const queued = { count: 2, since: NOW };
  assert.match(
    shown({ connection }, 130),
    /^○ offline: the server's certificate .* not trusted here, next try in 3 s /,
  );
  assert.match(shown({ connection }), /^○ offline: certificate not trusted, next try in 3 s +F1 help$/);
  assert.match(shown({ connection, queued }, 60), /^○ offline: certificate not trusted +… 2 queued +F1 help$/);
  assert.match(shown({ connection, queued }, 40), /^○ offline, 3 s +… 2 queued +F1 help$/);
});

test('the status line says why messages stay queued, if there is room', () => {
  const queued = { count: 2, since: NOW - 3 * MINUTE, delay: safe`bob's mailbox is full until bob connects` };
  assert.match(shown({ queued }, 120), /^● online {3}… 2 queued for 3 min: bob's mailbox is full until bob connects/);
  assert.match(shown({ queued }), /^● online {3}… 2 queued: bob's mailbox is full until bob connects +F1 help$/);
  assert.match(shown({ queued, unread: 3 }), /… 2 queued: bob's mailbox is full until bob connects +3 unread$/);
  assert.match(shown({ queued }, 60), /^● online {3}… 2 queued +F1 help$/);
});

test('a long notice is cut; it pushes out neither the connection nor the number of unread messages', () => {
  const notice = inline('a notice that is very long and goes on '.repeat(3));
  for (const columns of [40, 60, 80, 100]) {
    assert.match(
      shown({ notice, unread: 3, queued: { count: 2, since: NOW } }, columns),
      /^● online .* 3 unread .* a.*…$/,
    );
  }
  const offline = {
    state: 'offline',
    loss: { reason: 'lost', detail: 'connect ECONNREFUSED' },
    retryAt: NOW + 9_000,
  } as const;
  assert.match(shown({ notice, unread: 3, connection: offline }), /^○ offline, 9 s .* 3 unread .* a notice .*…$/);
});

test('the status line always shows the notice, and is never too wide', () => {
  assert.match(shown({ notice: safe`Ctrl+C again quits` }, 40), /Ctrl\+C again quits$/);
  const hostile = inline('\u001b[2J\n'.repeat(9));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 120 }),
      fc.option(fc.constantFrom(hostile, safe`short`), { nil: undefined }),
      (columns, notice) => {
        const row = statusRow(
          { ...status, notice, queued: { count: 7, since: 0 } },
          NOW,
          columns,
          UNICODE,
          EN,
          textWidth,
        );
        assert.ok(widthOf(row, textWidth) <= columns);
      },
    ),
  );
});
