/** Enter: sends the composer's text, or runs its slash command. Pure. */
import { isOwn } from '../../history/history.js';
import { utf8Bytes } from '../../protocol/field-types.js';
import { WIRE } from '../../protocol/limits.js';
import { inline, plural, type SafeText, safe } from '../../text/safe-text.js';
import { composerWith, EMPTY_COMPOSER } from '../composer/composer.js';
import { firstAndMore } from '../rows/row.js';
import { type Effect, NO_EFFECTS } from './effect.js';
import { openHelp } from './overlay.js';
import type { Screen } from './screen.js';
import { parseInput, type SlashCommandName } from './slash-commands.js';

export function submit(screen: Screen, now: number): readonly Effect[] {
  const { composer } = screen.draft;
  const input = parseInput(composer.text.replace(/^([^\S\n]*\n)+|\s+$/g, ''));
  if (input.type === 'invalid') {
    screen.notices.add('problem', inline(input.reason), now);
    return NO_EFFECTS;
  }
  if (input.type === 'message') return sendMessage(screen, input.body, now);
  if (input.name === 'reply') return reply(screen, input.argument, now);
  clearComposer(screen);
  return [{ type: 'save' }, ...COMMANDS[input.name](screen, input.argument, now)];
}

/** To the message that is highlighted, which is one that was searched for; or to the newest of the peer. */
function reply(screen: Screen, body: string, now: number): readonly Effect[] {
  const { open, highlight } = screen;
  const items = open?.items ?? [];
  const marked = items.find(({ key }) => key === highlight?.key);
  const newest = open?.newer === undefined ? items.findLast(({ message }) => !isOwn(message)) : undefined;
  const answered = marked ?? newest;
  if (answered) {
    screen.highlight = undefined;
    return sendMessage(screen, body, now, answered.message.id);
  }
  const problem = open?.newer === undefined ? safe`there is no message to answer` : safe`go to the end first: Esc`;
  screen.notices.add('problem', open ? problem : NOT_OPEN, now);
  return NO_EFFECTS;
}

/** @param re the id of the message that it is about. */
function sendMessage(screen: Screen, body: string, now: number, re?: string): readonly Effect[] {
  const { open } = screen;
  if (body === '') return screen.activate();
  const problem = problemWith(screen, body);
  if (!open || problem) {
    if (problem) screen.notices.add('problem', problem, now);
    return NO_EFFECTS;
  }
  clearComposer(screen);
  open.anchor = 'end';
  const load = open.newer === undefined ? NO_EFFECTS : screen.requestPage(open.peer);
  return [
    ...screen.activate(),
    { type: 'send', to: open.peer, body, ...(re !== undefined && { re }) },
    { type: 'save' },
    ...load,
  ];
}

const NOT_OPEN = safe`no conversation is open: /to NAME opens one`;

/** Why the message cannot be sent now. */
function problemWith({ open, chat }: Screen, body: string): SafeText | undefined {
  if (!open) return NOT_OPEN;
  const bytes = utf8Bytes(body);
  if (bytes > WIRE.maxBodyBytes) return safe`too long: ${bytes} bytes, the limit is ${WIRE.maxBodyBytes}`;
  if (chat.lockHolder === undefined) return undefined;
  return safe`not sent yet: waiting for another im (${inline(chat.lockHolder)})`;
}

function clearComposer(screen: Screen): void {
  screen.draft.composer = { ...EMPTY_COMPOSER, killed: screen.draft.composer.killed };
  screen.recalled = undefined;
}

/** The result of `/resend`: it is for the open conversation, and says where else something failed. */
function resendResult({ chat, open }: Screen, count: number): SafeText {
  const elsewhere = chat.conversations.filter((one) => one.hasFailures && one !== open).map(({ peer }) => peer);
  const [first] = elsewhere;
  const here = count === 0 ? safe`nothing failed here` : safe`${plural(count, 'message')} sent again`;
  if (first === undefined) return count === 0 ? safe`nothing has failed` : here;
  return safe`${here}, but messages to ${firstAndMore(elsewhere)} failed: /to ${inline(first)}`;
}

const COMMANDS: Readonly<
  Record<Exclude<SlashCommandName, 'reply'>, (screen: Screen, argument: string, now: number) => readonly Effect[]>
> = {
  to: (screen, name, now) => screen.select(name, now),
  who: (screen) => {
    screen.overlay = { type: 'who' };
    return NO_EFFECTS;
  },
  resend: (screen, _, now) => {
    const items = screen.open?.items ?? [];
    const failed = items.flatMap(({ message }) => (isOwn(message) && message.state === 'failed' ? [message] : []));
    screen.notices.add('result', resendResult(screen, failed.length), now);
    return failed.map((message) => ({ type: 'resend', message }));
  },
  search: (screen, query) => screen.search(composerWith(query)),
  block: (_, name) => [
    name === '' ? { type: 'blocking', action: 'list' } : { type: 'blocking', action: 'block', name },
  ],
  unblock: (_, name) => [{ type: 'blocking', action: 'unblock', name }],
  export: ({ open }, path) => (open ? [{ type: 'export', peer: open.peer, path }] : NO_EFFECTS),
  plain: () => [{ type: 'plain' }],
  help: (screen) => {
    screen.overlay = openHelp();
    return NO_EFFECTS;
  },
  quit: () => [{ type: 'quit' }],
};
