/** Enter: sends the composer's text, or runs its slash command. Pure. */
import { isOwn } from '../../history/history.js';
import { utf8Bytes } from '../../protocol/fields.js';
import { WIRE } from '../../protocol/limits.js';
import { block, inline, plural, type SafeText, safe } from '../../text/safe-text.js';
import { composerWith, EMPTY_COMPOSER } from '../composer/composer.js';
import { TUI } from '../limits.js';
import { hasFailed, isUnsent } from '../model/conversation.js';
import { visibleRows } from '../model/viewport.js';
import { firstAndMore } from '../rows/row.js';
import { type Effect, NO_EFFECTS } from './effect.js';
import { openHelp } from './overlay.js';
import type { Screen } from './screen.js';
import { parseInput, type SlashCommandName } from './slash-commands.js';

export function submit(screen: Screen, now: number): readonly Effect[] {
  const { composer } = screen.draft;
  const input = parseInput(composer.text.replace(/^([^\S\n]*\n)+|\s+$/g, ''), screen.keymap);
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

/** R18: with what is hidden made visible, as on the screen; only its newlines and tabs are those of the sender. */
const clipboardText = (body: string): SafeText =>
  body
    .split('\n')
    .map((line) =>
      line
        .split('\t')
        .map((part) => block(part))
        .join('\t'),
    )
    .join('\n') as SafeText;

/** @param back 1 is the last message that is, at least partly, on the screen. */
function copy(screen: Screen, back: number, now: number): readonly Effect[] {
  const { open, chat, options } = screen;
  const problem = (text: SafeText): readonly Effect[] => {
    screen.notices.add('problem', text, now);
    return NO_EFFECTS;
  };
  if (!options.hasClipboard) return problem(withoutClipboard(screen.keymap.labelOf('copy')));
  const { parts } = open
    ? visibleRows(screen.blocks(open, now), open.anchor, screen.regions().messages.rows)
    : { parts: [] };
  const message = open?.items[(parts.at(-1)?.index ?? 0) - (back - 1)]?.message;
  if (!message) return problem(back === 1 ? safe`there are no messages to copy` : safe`there is no such message here`);
  const text = clipboardText(message.body);
  const bytes = utf8Bytes(text);
  if (bytes > TUI.maxClipboardBytes)
    return problem(safe`not copied: ${bytes} bytes, the limit is ${TUI.maxClipboardBytes}`);
  const from = inline(isOwn(message) ? chat.me : message.from);
  const [line = ''] = text.split(/[\t\n]/);
  screen.notices.add('result', safe`sent to the clipboard: ${from}: ${inline(line)}`, now);
  return [{ type: 'copy', text }];
}

const withoutClipboard = (key: SafeText | undefined): SafeText =>
  key === undefined
    ? safe`this terminal has no clipboard`
    : safe`this terminal has no clipboard; ${key} shows the text alone`;

/** The own message that is highlighted, which is one that was searched for; or the last one. @param back 1 is the last one. */
function unsend(screen: Screen, back: number, now: number): readonly Effect[] {
  const { open, highlight } = screen;
  if (!open) return noConversation(screen, now);
  const own = open.items.flatMap(({ key, message }) => (isOwn(message) ? [{ key, message }] : []));
  const marked = back === 1 ? own.find(({ key }) => key === highlight?.key) : undefined;
  const found = marked ?? (open.newer === undefined ? own.at(-back) : undefined);
  const problem = (text: SafeText): readonly Effect[] => {
    screen.notices.add('problem', text, now);
    return NO_EFFECTS;
  };
  if (!found)
    return problem(open.newer === undefined ? safe`there is no such message here` : safe`go to the end first: Esc`);
  const { message } = found;
  const [line = ''] = message.body.split('\n');
  if (isUnsent(message)) return problem(safe`unsent already: ${inline(line)}`);
  if (message.state === 'delivered') return problem(safe`too late, it is delivered: ${inline(line)}`);
  if (message.state === 'failed') return problem(safe`it has failed, so nobody gets it: ${inline(line)}`);
  return [{ type: 'unsend', message }];
}

function noConversation(screen: Screen, now: number): readonly Effect[] {
  screen.notices.add('problem', safe`no conversation is open`, now);
  return NO_EFFECTS;
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
    const failed = items.flatMap(({ message }) => (isOwn(message) && hasFailed(message) ? [message] : []));
    screen.notices.add('result', resendResult(screen, failed.length), now);
    return failed.map((message) => ({ type: 'resend', message }));
  },
  unsend: (screen, back, now) => unsend(screen, Number(back || 1), now),
  copy: (screen, back, now) => copy(screen, Number(back || 1), now),
  close: (screen, _, now) => {
    const { open } = screen;
    if (!open) return noConversation(screen, now);
    const read = open.markRead() ? [{ type: 'mark-read', peer: open.peer } as const] : [];
    screen.notices.add('result', safe`closed: ${inline(open.peer)} is back with the next message, or /to`, now);
    const next = screen.chat.close();
    return [...read, ...(next ? screen.select(next.peer, now) : []), { type: 'save' }];
  },
  mute: (screen, _, now) => {
    const { open } = screen;
    if (!open) return noConversation(screen, now);
    open.isMuted = !open.isMuted;
    const peer = inline(open.peer);
    const text = open.isMuted ? safe`${peer} is muted; /mute again ends it` : safe`${peer} is not muted any more`;
    screen.notices.add('result', text, now);
    return [{ type: 'save' }];
  },
  search: (screen, query) => screen.search(composerWith(query)),
  block: (_, name) => [
    name === '' ? { type: 'blocking', action: 'list' } : { type: 'blocking', action: 'block', name },
  ],
  unblock: (_, name) => [{ type: 'blocking', action: 'unblock', name }],
  export: ({ open }, path) => (open ? [{ type: 'export', peer: open.peer, path }] : NO_EFFECTS),
  set: (_, argument) => {
    const [, name = '', value = ''] = /^(\S*)\s*(.*)$/s.exec(argument) ?? [];
    return [{ type: 'setting', name, value }];
  },
  plain: () => [{ type: 'plain' }],
  help: (screen) => {
    screen.overlay = openHelp();
    return NO_EFFECTS;
  },
  quit: () => [{ type: 'quit' }],
};
