/** When a peer was last heard: from messages and deliveries, and from nothing whose time is not known. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientEvent } from '../../../src/client/api/client.js';
import type { MessageState } from '../../../src/client/events.js';
import { Chat } from '../../../src/tui/model/chat.js';
import { WELCOME } from '../../client/scripted-server.js';
import { fromMe, fromPeer, MINUTE, makeScreen, NOW, page, screenText, withBob } from '../fixture.js';

const state = (id: string, to: MessageState, more: { readonly duplicate?: true } = {}): ClientEvent => ({
  type: 'state',
  to: 'bob',
  id,
  state: to,
  ...more,
});
const ONLINE: ClientEvent = { type: 'online', welcome: WELCOME };
const OFFLINE: ClientEvent = { type: 'offline', reason: 'lost', code: 1006, detail: '', retryInMs: 1_000 };

/** When bob was heard after these events, one a minute. */
function heardAfter(...events: readonly ClientEvent[]): number | undefined {
  const chat = new Chat('alice');
  for (const [index, event] of events.entries()) chat.applyClientEvent(event, NOW + index * MINUTE);
  return chat.conversationWith('bob').heardAt;
}

test('messages of the peer count, with the time at which the server stored them, in whichever order they come', () => {
  const chat = new Chat('alice');
  const bob = chat.conversationWith('bob');
  chat.restore('bob', page([fromMe('a1', 'delivered', { at: NOW })]));
  assert.equal(bob.heardAt, undefined, 'an own message is no sign of the peer');
  chat.restore('bob', page([fromPeer(1), fromPeer(3), fromMe('a1')]));
  assert.equal(bob.heardAt, fromPeer(3).at);
  chat.received(fromPeer(9), 1, NOW);
  chat.received(fromPeer(4), 1, NOW);
  assert.equal(bob.heardAt, fromPeer(9).at, 'also while it is not loaded');
  chat.sentElsewhere(fromMe('a2', 'stored', { at: NOW }), 1);
  assert.equal(bob.heardAt, fromPeer(9).at);
});

test('a delivery counts if the message was stored during the same connection: else nobody knows when it was', () => {
  const sent = [ONLINE, state('a1', 'queued'), state('a1', 'stored')];
  assert.equal(heardAfter(...sent), undefined, 'the server is not the peer');
  assert.equal(heardAfter(...sent, state('a1', 'delivered')), NOW + 3 * MINUTE);
  const again: ClientEvent[] = [OFFLINE, { type: 'connecting', attempt: 1 }, ONLINE];
  assert.equal(heardAfter(...sent, ...again, state('a1', 'delivered')), undefined, 'the answer to a question');
  assert.equal(heardAfter(ONLINE, state('a1', 'delivered')), undefined, 'of an earlier process, or another device');
  const duplicate = state('a1', 'stored', { duplicate: true });
  assert.equal(heardAfter(ONLINE, duplicate, state('a1', 'delivered')), undefined, 'stored before');
  assert.equal(heardAfter(...sent, state('a1', 'failed'), state('a1', 'delivered')), undefined);
});

test('the header has the time, or the day, where there is room', () => {
  const first = (screen: ReturnType<typeof makeScreen>, now = NOW): string =>
    screenText(screen, now).split('\n')[0] ?? '';
  const messages = [fromPeer(1), fromMe('a1', 'delivered')];
  assert.match(first(withBob(messages)), /bob {2}last heard 09:15$/);
  assert.match(first(withBob(messages), NOW + 24 * 60 * MINUTE), /bob {2}last heard 18 Nov$/);
  assert.doesNotMatch(first(withBob([fromMe('a1', 'delivered')])), /heard/);
  const narrow = (columns: number, unread = 0) => first(withBob(messages, { unread }, { columns, rows: 10 }));
  assert.match(narrow(40), /^ bob {2}last heard 09:15$/);
  assert.match(narrow(23), /^ bob {2}last heard 09:15$/);
  for (const columns of [22, 20, 10, 5]) assert.doesNotMatch(narrow(columns), /heard|last/);
  assert.equal(narrow(40, 1), ` bob${' '.repeat(11)}1 unread  Esc: mark read`, 'what can be done comes first');
  assert.match(narrow(59, 1), /^ bob {2}last heard 09:15 +1 unread {2}Esc: mark read$/);
  const muted = withBob(messages, {}, { columns: 30, rows: 10 });
  muted.chat.conversationWith('bob').isMuted = true;
  assert.match(first(muted), /^ bob {2}muted {2}last heard 09:15$/);
});

test('a note to oneself has no such time', () => {
  const screen = makeScreen();
  screen.select('alice', NOW);
  screen.pageLoaded('alice', undefined, page([fromPeer(1, { from: 'alice' })]), NOW);
  assert.doesNotMatch(screenText(screen), /last heard/);
});
