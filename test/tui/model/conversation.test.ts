/** One conversation: the loaded window, the order of messages, unread messages. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TUI } from '../../../src/tui/limits.js';
import { Conversation } from '../../../src/tui/model/conversation.js';
import { fromMe, fromPeer, MINUTE, NOW, page } from '../fixture.js';

const keys = ({ items }: Conversation): string[] => items.map(({ key }) => key.trim());

function loaded(...args: Parameters<typeof page>): Conversation {
  const conversation = new Conversation('bob');
  conversation.load(page(...args));
  return conversation;
}

describe('a new message', () => {
  test('a new message is added at the end', () => {
    const conversation = loaded([fromPeer(1), fromMe('a1')]);
    conversation.received(fromPeer(2), 1, true);
    conversation.sent(fromMe('a2'), 1);
    assert.deepEqual(keys(conversation), ['e1 1', 'me a1', 'e1 2', 'me a2']);
  });

  test('a message that arrives late is inserted by its seq, and marked', () => {
    const own = fromMe('a1', 'queued', { at: NOW - 30 * MINUTE });
    const conversation = loaded([fromPeer(1), fromPeer(4), own, fromPeer(5)]);
    conversation.received(fromPeer(2), 1, true);
    assert.deepEqual(keys(conversation), ['e1 1', 'e1 2', 'e1 4', 'me a1', 'e1 5']);
    assert.deepEqual(
      conversation.items.map(({ isLate }) => isLate),
      [false, true, false, false, false],
    );
  });

  test('a message of another epoch is added at the end, whatever its seq', () => {
    const conversation = loaded([fromPeer(7)]);
    conversation.received(fromPeer(1, { epoch: 'e2', at: NOW }), 1, true);
    assert.deepEqual(keys(conversation), ['e1 7', 'e2 1']);
    assert.equal(conversation.items[1]?.isLate, false);
  });

  test('a replay is added at the end, and is not late', () => {
    const conversation = loaded([fromPeer(1), fromPeer(2)]);
    conversation.received(fromPeer(1, { replay: 'r1' }), 1, true);
    assert.deepEqual(keys(conversation), ['e1 1', 'e1 2', 'r1 e1 1']);
    assert.equal(conversation.items[2]?.isLate, false);
  });

  test('a message is not late because of its time; the date line does not go back', () => {
    const conversation = loaded([fromMe('a1', 'queued', { at: NOW })]);
    conversation.received(fromPeer(1, { at: NOW - 26 * 60 * MINUTE }), 1, true);
    const [first, next] = conversation.items;
    assert.equal(next?.isLate, false);
    assert.equal(next?.latestAt, first?.latestAt);
  });

  test('before a page is loaded, a new message is only counted', () => {
    const conversation = new Conversation('bob');
    conversation.received(fromPeer(1), 1, false);
    assert.equal(conversation.unread, 1);
    conversation.load(page([fromPeer(1)], { unread: 1 }));
    assert.deepEqual(keys(conversation), ['e1 1']);
    assert.equal(conversation.unread, 1);
  });
});

describe('unread messages', () => {
  test('the divider above the first unread message stays until the user leaves the read conversation', () => {
    const conversation = loaded([fromPeer(1), fromMe('a1'), fromPeer(2), fromPeer(3)], { unread: 2 });
    assert.equal(conversation.dividerKey, ' e1 2');
    assert.equal(conversation.markRead(), true);
    assert.equal(conversation.markRead(), false);
    assert.equal(conversation.dividerKey, ' e1 2');
    conversation.leave();
    assert.equal(conversation.dividerKey, undefined);
  });

  test('leaving an unread conversation keeps it unread, with its divider', () => {
    const conversation = loaded([fromPeer(1)], { unread: 1 });
    conversation.leave();
    assert.deepEqual([conversation.unread, conversation.dividerKey], [1, ' e1 1']);
  });

  test('a new message is unread if the user is away, or if there are unread ones already', () => {
    const conversation = loaded([]);
    assert.equal(conversation.received(fromPeer(1), 1, true), false);
    assert.equal(conversation.received(fromPeer(2), 1, false), true);
    assert.equal(conversation.received(fromPeer(3), 1, true), true, 'an earlier message is unread, too');
    assert.deepEqual([conversation.unread, conversation.dividerKey], [2, ' e1 2']);
  });

  test('the divider is at the top of the window if the first unread message is above it', () => {
    const conversation = loaded([fromPeer(5), fromPeer(6)], { number: 2, older: 1, unread: 3 });
    assert.equal(conversation.dividerKey, ' e1 5');
    conversation.dividerKey = undefined;
    conversation.loadMore(page([fromPeer(3), fromPeer(4)], { number: 1, newer: 2 }));
    assert.equal(conversation.dividerKey, ' e1 4');
  });
});

describe('the loaded window', () => {
  const segment = (number: number) =>
    page([fromPeer(2 * number), fromPeer(2 * number + 1)], {
      number,
      older: number === 1 ? undefined : number - 1,
      newer: number === 30 ? undefined : number + 1,
    });

  test('the window grows at both ends, up to the limit of segments', () => {
    const conversation = new Conversation('bob');
    conversation.load(segment(30));
    for (let number = 29; number >= 1; number--) {
      assert.equal(conversation.older, number);
      conversation.loadMore(segment(number));
      assert.ok(conversation.items.length <= 2 * TUI.maxLoadedSegments);
    }
    assert.equal(conversation.older, undefined);
    assert.equal(conversation.newer, TUI.maxLoadedSegments + 1);
    while (conversation.newer !== undefined) conversation.loadMore(segment(conversation.newer));
    assert.deepEqual(keys(conversation).slice(-2), ['e1 60', 'e1 61']);
    assert.ok(conversation.items.length <= 2 * TUI.maxLoadedSegments);
  });

  test('a window without the newest page only counts new messages', () => {
    const conversation = new Conversation('bob');
    conversation.load(segment(3));
    assert.equal(conversation.received(fromPeer(99), 30, true), true);
    assert.deepEqual(keys(conversation), ['e1 6', 'e1 7']);
    assert.equal(conversation.unread, 1);
  });

  test('many new messages drop the oldest segment, or the newest if the user has scrolled away', () => {
    const conversation = loaded([fromPeer(1)]);
    for (let number = 2; number < 40; number++) conversation.received(fromPeer(number), number, false);
    assert.ok(conversation.items.length <= TUI.maxLoadedSegments + 1);
    assert.equal(conversation.newer, undefined);
    conversation.anchor = { key: conversation.items[0]?.key ?? '', row: 0 };
    const first = conversation.items[0];
    for (let number = 40; number < 80; number++) conversation.received(fromPeer(number), number, false);
    assert.equal(conversation.items[0], first);
    assert.ok(conversation.newer !== undefined);
  });

  test('an unloaded conversation still counts unread messages', () => {
    const conversation = loaded([fromPeer(1), fromPeer(2)], { unread: 1 });
    conversation.unload();
    conversation.received(fromPeer(3), 1, false);
    assert.deepEqual([keys(conversation), conversation.unread], [[], 2]);
  });
});

test('a state change replaces the item of its message only', () => {
  const conversation = loaded([fromMe('a1'), fromMe('a2')]);
  const [, second] = conversation.items;
  conversation.stateChanged('a1', 'failed', 'there is no such user');
  const message = conversation.items[0]?.message;
  assert.deepEqual(message, fromMe('a1', 'failed', { why: 'there is no such user' }));
  assert.equal(conversation.items[1], second);
  assert.equal(conversation.stateChanged('a3', 'stored'), undefined);
});
