/** The screens of the pictures: a conversation that explains the marks, a failed message, the help. */
import type { HistoryMessage } from '../../src/history/history.js';
import { ERRORS } from '../../src/protocol/error-codes.js';
import type { Screen } from '../../src/tui/screen/screen.js';
import { EN, type Texts } from '../../src/tui/texts/en.js';
import { ZH_CN } from '../../src/tui/texts/zh-cn.js';
import { fromMe, fromPeer, MINUTE, makeScreen, NOW, page, press } from '../tui/fixture.js';

const DAY = 24 * 60 * MINUTE;
const yesterday = (minutes: number): number => NOW - DAY + 8 * 60 * MINUTE + minutes * MINUTE;
const today = (minutes: number): number => NOW - 45 * MINUTE + minutes * MINUTE;

const bob = (seq: number, at: number, body: string): HistoryMessage => fromPeer(seq, { at, body });
const alice = (id: string, at: number, state: 'queued' | 'stored' | 'delivered', body: string): HistoryMessage =>
  fromMe(id, state, { at, body });

const CONVERSATION: readonly HistoryMessage[] = [
  bob(1, yesterday(0), 'The build is green again. It was the clock in a test.'),
  alice('a1', yesterday(2), 'delivered', 'How did you find it?'),
  bob(
    2,
    yesterday(5),
    'im inspect-queue showed nothing stuck, so it had to be the test:\n\n    clock.advance(30_000);\n    await bob.receives("hello");',
  ),
  alice('a2', today(0), 'delivered', 'Good morning! Shall we cut the release today?'),
  bob(3, today(8), '早上好！ 我十点前写完。 Then you can tag it.'),
  alice('a3', today(9), 'delivered', 'Two marks: this one is on your screen.'),
  alice('a4', today(40), 'stored', 'One mark: the server has it on disk, you are at lunch.'),
  alice('a5', today(43), 'queued', 'No mark yet: I am in a tunnel. It leaves when there is a network again.'),
];

const CONVERSATION_ZH: readonly HistoryMessage[] = [
  bob(1, yesterday(0), '构建又通过了。问题出在一个测试的时钟上。'),
  alice('a1', yesterday(2), 'delivered', '你是怎么找到的？'),
  bob(
    2,
    yesterday(5),
    'im inspect-queue 没有发现卡住的消息，那就只能是测试了：\n\n    clock.advance(30_000);\n    await bob.receives("hello");',
  ),
  alice('a2', today(0), 'delivered', '早上好！今天发布吗？'),
  bob(3, today(8), '我十点前写完，之后你就可以打标签了。'),
  alice('a3', today(9), 'delivered', '两个勾：这条消息已经在你的屏幕上。'),
  alice('a4', today(40), 'stored', '一个勾：服务器已写入磁盘，你去吃午饭了。'),
  alice('a5', today(43), 'queued', '还没有勾：我在隧道里，有网络时再发出去。'),
];

/** What is on the pictures. */
interface Words {
  readonly texts: Texts;
  readonly conversation: readonly HistoryMessage[];
  /** In composers: of another conversation, of the open one. */
  readonly drafts: readonly [string, string];
}

const ENGLISH: Words = { texts: EN, conversation: CONVERSATION, drafts: ['About Friday: ', 'And this is how'] };
export const CHINESE: Words = { texts: ZH_CN, conversation: CONVERSATION_ZH, drafts: ['关于周五：', '就像这样'] };

/** Several conversations with drafts and unread messages, offline. */
export function chatting(columns: number, rows: number, { texts, conversation, drafts } = ENGLISH): Screen {
  const screen = makeScreen({ columns, rows }, undefined, texts);
  const { chat } = screen;
  for (const peer of ['bob', 'carol', 'dave', 'erin', 'frank']) chat.conversationWith(peer);
  chat.conversationWith('carol').unread = 2;
  chat.conversationWith('erin').unread = 14;
  chat.select('dave');
  press(screen, drafts[0]);
  chat.restore('bob', page(conversation));
  screen.select('bob', NOW);
  screen.pageLoaded('bob', undefined, page(conversation), NOW);
  const detail = 'connect ECONNREFUSED';
  chat.applyClientEvent({ type: 'offline', reason: 'lost', code: 1006, detail, retryInMs: 12_000 }, NOW);
  press(screen, drafts[1]);
  screen.notices.keyPressed(false);
  return screen;
}

/** A message to a mistyped name has failed; a new `/to` is being typed. */
export function mistyping(columns: number, rows: number): Screen {
  const screen = makeScreen({ columns, rows });
  const { chat } = screen;
  chat.conversationWith('carol').unread = 2;
  screen.select('fran', NOW);
  const why = ERRORS['unknown-user'].description;
  const messages = [fromMe('f1', 'failed', { to: 'fran', at: today(38), body: 'Lunch at one?', why })];
  screen.pageLoaded('fran', undefined, page(messages), NOW);
  chat.connection = { state: 'online' };
  press(screen, '/t');
  return screen;
}

/** The help. */
export function helping(columns: number, rows: number): Screen {
  const screen = chatting(columns, rows);
  press(screen, '\u001bOP');
  return screen;
}
