/** Enter: sends the composer's text, or runs its slash command. Pure. */
import { isOwn } from '../../history/history.js';
import { utf8Bytes } from '../../protocol/fields.js';
import { WIRE } from '../../protocol/limits.js';
import { block, inline, type SafeText } from '../../text/safe-text.js';
import { composerWith, EMPTY_COMPOSER } from '../composer/composer.js';
import { TUI } from '../limits.js';
import { hasFailed, isUnsent } from '../model/conversation.js';
import { visibleRows } from '../model/viewport.js';
import { type Effect, NO_EFFECTS } from './effect.js';
import { openHelp } from './overlay.js';
import type { Screen } from './screen.js';
import { parseInput, type SlashCommandName } from './slash-commands.js';

export function submit(screen: Screen, now: number): readonly Effect[] {
  const { composer } = screen.draft;
  const { texts } = screen.options;
  const text = composer.text.replace(/^([^\S\n]*\n)+|\s+$/g, '');
  const input = parseInput(text, texts, texts.problems.clearing(screen.keymap.labelOf('kill-to-start')));
  if (input.type === 'invalid') {
    screen.notices.add('problem', input.reason, now);
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
  const { problems } = screen.options.texts;
  const problem = open?.newer === undefined ? problems.nothingToAnswer : problems.notAtEnd;
  screen.notices.add('problem', open ? problem : problems.noConversationYet, now);
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

/** Why the message cannot be sent now. */
function problemWith({ open, chat, options }: Screen, body: string): SafeText | undefined {
  const { problems } = options.texts;
  if (!open) return problems.noConversationYet;
  const bytes = utf8Bytes(body);
  if (bytes > WIRE.maxBodyBytes) return problems.tooLong(bytes, WIRE.maxBodyBytes);
  return chat.lockHolder === undefined ? undefined : problems.locked(inline(chat.lockHolder));
}

function clearComposer(screen: Screen): void {
  screen.draft.composer = { ...EMPTY_COMPOSER, killed: screen.draft.composer.killed };
  screen.recalled = undefined;
}

/** The result of `/resend`: it is for the open conversation, and says where else something failed. */
function resendResult({ chat, open, options }: Screen, count: number): SafeText {
  const { results } = options.texts;
  const elsewhere = chat.conversations.filter((one) => one.hasFailures && one !== open).map(({ peer }) => peer);
  const [first] = elsewhere;
  if (first === undefined) return count === 0 ? results.nothingFailed : results.resent(count);
  return results.failedElsewhere(count, inline(first), elsewhere.length - 1);
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
  const { problems, results } = options.texts;
  const problem = (text: SafeText): readonly Effect[] => {
    screen.notices.add('problem', text, now);
    return NO_EFFECTS;
  };
  if (!options.hasClipboard) return problem(problems.noClipboard(screen.keymap.labelOf('copy')));
  const { parts } = open
    ? visibleRows(screen.blocks(open, now), open.anchor, screen.regions().messages.rows)
    : { parts: [] };
  const message = open?.items[(parts.at(-1)?.index ?? 0) - (back - 1)]?.message;
  if (!message) return problem(back === 1 ? problems.nothingToCopy : problems.noSuchMessage);
  const text = clipboardText(message.body);
  const bytes = utf8Bytes(text);
  if (bytes > TUI.maxClipboardBytes) return problem(problems.notCopied(bytes, TUI.maxClipboardBytes));
  const from = inline(isOwn(message) ? chat.me : message.from);
  const [line = ''] = text.split(/[\t\n]/);
  screen.notices.add('result', results.copied(from, inline(line)), now);
  return [{ type: 'copy', text }];
}

/** The own message that is highlighted, which is one that was searched for; or the last one. @param back 1 is the last one. */
function unsend(screen: Screen, back: number, now: number): readonly Effect[] {
  const { open, highlight } = screen;
  if (!open) return noConversation(screen, now);
  const own = open.items.flatMap(({ key, message }) => (isOwn(message) ? [{ key, message }] : []));
  const marked = back === 1 ? own.find(({ key }) => key === highlight?.key) : undefined;
  const found = marked ?? (open.newer === undefined ? own.at(-back) : undefined);
  const { problems, results } = screen.options.texts;
  const problem = (text: SafeText): readonly Effect[] => {
    screen.notices.add('problem', text, now);
    return NO_EFFECTS;
  };
  if (!found) return problem(open.newer === undefined ? problems.noSuchMessage : problems.notAtEnd);
  const { message } = found;
  const [line = ''] = message.body.split('\n');
  const about = (what: SafeText) => problem(problems.about(what, inline(line)));
  if (isUnsent(message)) return about(problems.unsentAlready);
  if (message.state === 'delivered') return about(results.unsend.delivered(inline(message.to)));
  if (message.state === 'failed') return about(problems.failedAlready);
  return [{ type: 'unsend', message }];
}

function noConversation(screen: Screen, now: number): readonly Effect[] {
  screen.notices.add('problem', screen.options.texts.problems.noConversation, now);
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
    screen.notices.add('result', screen.options.texts.results.closed(inline(open.peer)), now);
    const next = screen.chat.close();
    return [...read, ...(next ? screen.select(next.peer, now) : []), { type: 'save' }];
  },
  mute: (screen, _, now) => {
    const { open } = screen;
    if (!open) return noConversation(screen, now);
    open.isMuted = !open.isMuted;
    const { muted, unmuted } = screen.options.texts.results;
    screen.notices.add('result', (open.isMuted ? muted : unmuted)(inline(open.peer)), now);
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
