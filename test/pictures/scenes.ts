/** What the pictures show: a conversation that tells what the marks mean. */
import type { HistoryMessage } from '../../src/history/history.js';
import type { Screen } from '../../src/tui/screen/screen.js';
import { fromPeer, MINUTE, makeScreen, mine, NOW, page, type } from '../tui/fixture.js';

const DAY = 24 * 60 * MINUTE;
const yesterday = (minutes: number): number => NOW - DAY + 8 * 60 * MINUTE + minutes * MINUTE;
const today = (minutes: number): number => NOW - 45 * MINUTE + minutes * MINUTE;

const bob = (seq: number, at: number, body: string): HistoryMessage => fromPeer(seq, { at, body });
const alice = (id: string, at: number, state: 'queued' | 'stored' | 'delivered', body: string): HistoryMessage =>
  mine(id, state, { at, body });

const CONVERSATION: readonly HistoryMessage[] = [
  bob(1, yesterday(0), 'The build is green again. It was the clock in a test.'),
  alice('a1', yesterday(2), 'delivered', 'How did you find it?'),
  bob(
    2,
    yesterday(5),
    'im inspect-queue said that nothing was stuck, so it had to be the test:\n\n    clock.advance(30_000);\n    await bob.receives("hello");',
  ),
  alice('a2', today(0), 'delivered', 'Good morning! Shall we cut the release today?'),
  bob(3, today(8), '早上好！ 我十点前写完。 Then you can tag it.'),
  alice('a3', today(9), 'delivered', 'Two marks: this one is on your screen.'),
  alice('a4', today(40), 'stored', 'One mark: the server has it on disk, you are at lunch.'),
  alice('a5', today(43), 'queued', 'No mark yet: I am in a tunnel. It leaves when there is a network again.'),
];

/** A screen in the middle of a working day. */
export function chatting(columns: number, rows: number): Screen {
  const screen = makeScreen({ columns, rows });
  const { chat } = screen;
  for (const peer of ['bob', 'carol', 'dave', 'erin', 'frank']) chat.with(peer);
  chat.with('carol').unread = 2;
  chat.with('erin').unread = 14;
  chat.select('dave');
  type(screen, 'About Friday: ');
  chat.found('bob', page(CONVERSATION));
  screen.select('bob', NOW);
  screen.loaded('bob', undefined, page(CONVERSATION), NOW);
  const detail = 'connection refused';
  chat.happened({ type: 'offline', reason: 'lost', code: 1006, detail, retryInMs: 12_000 }, NOW);
  type(screen, 'And this is how');
  screen.notice = undefined;
  return screen;
}

/** A name that was mistyped, and a command that begins anew. */
export function mistyping(columns: number, rows: number): Screen {
  const screen = makeScreen({ columns, rows });
  const { chat } = screen;
  chat.with('carol').unread = 2;
  screen.select('fran', NOW);
  const why = 'there is no such user';
  const said = [mine('f1', 'failed', { to: 'fran', at: today(38), body: 'Lunch at one?', why })];
  screen.loaded('fran', undefined, page(said), NOW);
  chat.connection = { state: 'online' };
  type(screen, '/t');
  return screen;
}

/** The same with the help over it. */
export function helping(columns: number, rows: number): Screen {
  const screen = chatting(columns, rows);
  type(screen, '\u001bOP');
  return screen;
}
