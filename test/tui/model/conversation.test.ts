/** One conversation: what is loaded of it, where a message goes, what is unread. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TUI } from '../../../src/tui/limits.js';
import { Conversation } from '../../../src/tui/model/conversation.js';
import { fromPeer, MINUTE, mine, NOW, page } from '../fixture.js';

const keys = ({ items }: Conversation): string[] => items.map(({ key }) => key.trim());

function loaded(...args: Parameters<typeof page>): Conversation {
  const conversation = new Conversation('bob');
  conversation.load(page(...args));
  return conversation;
}

describe('what comes', () => {
  test('stands at the end', () => {
    const conversation = loaded([fromPeer(1), mine('a1')]);
    conversation.received(fromPeer(2), 1, true);
    conversation.sent(mine('a2'), 1);
    assert.deepEqual(keys(conversation), ['e1 1', 'me a1', 'e1 2', 'me a2']);
  });

  test('late stands where its seq belongs, and is marked', () => {
    const own = mine('a1', 'queued', { at: NOW - 30 * MINUTE });
    const conversation = loaded([fromPeer(1), fromPeer(4), own, fromPeer(5)]);
    conversation.received(fromPeer(2), 1, true);
    assert.deepEqual(keys(conversation), ['e1 1', 'e1 2', 'e1 4', 'me a1', 'e1 5']);
    assert.deepEqual(
      conversation.items.map(({ isLate }) => isLate),
      [false, true, false, false, false],
    );
  });

  test('from another life of the store stands at the end, whatever its seq', () => {
    const conversation = loaded([fromPeer(7)]);
    conversation.received(fromPeer(1, { epoch: 'e2', at: NOW }), 1, true);
    assert.deepEqual(keys(conversation), ['e1 7', 'e2 1']);
    assert.equal(conversation.items[1]?.isLate, false);
  });

  test('again as a replay stands at the end, and is not late', () => {
    const conversation = loaded([fromPeer(1), fromPeer(2)]);
    conversation.received(fromPeer(1, { replay: 'r1' }), 1, true);
    assert.deepEqual(keys(conversation), ['e1 1', 'e1 2', 'r1 e1 1']);
    assert.equal(conversation.items[2]?.isLate, false);
  });

  test('and was sent long before what is above it, is marked as late; days do not go back for it', () => {
    const conversation = loaded([mine('a1', 'queued', { at: NOW })]);
    conversation.received(fromPeer(1, { at: NOW - 26 * 60 * MINUTE }), 1, true);
    const [first, late] = conversation.items;
    assert.equal(late?.isLate, true);
    assert.equal(late?.latestAt, first?.latestAt);
  });

  test('before anything is loaded is counted only: the page that comes holds it', () => {
    const conversation = new Conversation('bob');
    conversation.received(fromPeer(1), 1, false);
    assert.equal(conversation.unread, 1);
    conversation.load(page([fromPeer(1)], { unread: 1 }));
    assert.deepEqual(keys(conversation), ['e1 1']);
    assert.equal(conversation.unread, 1);
  });
});

describe('what is unread', () => {
  test('begins at the line, which stays when it was read, and goes when one leaves', () => {
    const conversation = loaded([fromPeer(1), mine('a1'), fromPeer(2), fromPeer(3)], { unread: 2 });
    assert.equal(conversation.newFrom, ' e1 2');
    assert.equal(conversation.read(), true);
    assert.equal(conversation.read(), false);
    assert.equal(conversation.newFrom, ' e1 2');
    conversation.leave();
    assert.equal(conversation.newFrom, undefined);
  });

  test('stays unread when one leaves without reading it', () => {
    const conversation = loaded([fromPeer(1)], { unread: 1 });
    conversation.leave();
    assert.deepEqual([conversation.unread, conversation.newFrom], [1, ' e1 1']);
  });

  test('grows while nobody is there, and not while somebody is', () => {
    const conversation = loaded([]);
    assert.equal(conversation.received(fromPeer(1), 1, true), false);
    assert.equal(conversation.received(fromPeer(2), 1, false), true);
    assert.equal(conversation.received(fromPeer(3), 1, true), true, 'what came before it is unread, too');
    assert.deepEqual([conversation.unread, conversation.newFrom], [2, ' e1 2']);
  });

  test('that begins further up than what is loaded has its line at the top, until more is loaded', () => {
    const conversation = loaded([fromPeer(5), fromPeer(6)], { number: 2, older: 1, unread: 3 });
    assert.equal(conversation.newFrom, ' e1 5');
    conversation.newFrom = undefined;
    conversation.loadMore(page([fromPeer(3), fromPeer(4)], { number: 1, newer: 2 }));
    assert.equal(conversation.newFrom, ' e1 4');
  });
});

describe('what is loaded', () => {
  const segment = (number: number) =>
    page([fromPeer(2 * number), fromPeer(2 * number + 1)], {
      number,
      older: number === 1 ? undefined : number - 1,
      newer: number === 30 ? undefined : number + 1,
    });

  test('grows at both ends, and is never more than so many segments', () => {
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

  test('without the newest takes nothing new: it is on disk, and counted', () => {
    const conversation = new Conversation('bob');
    conversation.load(segment(3));
    assert.equal(conversation.received(fromPeer(99), 30, true), true);
    assert.deepEqual(keys(conversation), ['e1 6', 'e1 7']);
    assert.equal(conversation.unread, 1);
  });

  test('does not grow while much comes: the oldest goes, or the newest when one looks elsewhere', () => {
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

  test('is let go of, and what is unread is still counted', () => {
    const conversation = loaded([fromPeer(1), fromPeer(2)], { unread: 1 });
    conversation.unload();
    conversation.received(fromPeer(3), 1, false);
    assert.deepEqual([keys(conversation), conversation.unread], [[], 2]);
  });
});

test('what becomes of an own message is seen at it, and nowhere else', () => {
  const conversation = loaded([mine('a1'), mine('a2')]);
  const [, second] = conversation.items;
  conversation.changed('a1', 'failed', 'there is no such user');
  const said = conversation.items[0]?.message;
  assert.deepEqual(said, mine('a1', 'failed', { why: 'there is no such user' }));
  assert.equal(conversation.items[1], second);
  assert.equal(conversation.changed('a3', 'stored'), undefined);
});
