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
    screen.notice = inline(input.reason);
    return NO_EFFECTS;
  }
  if (input.type === 'message') return sendMessage(screen, input.body);
  clearComposer(screen);
  return [{ type: 'save' }, ...COMMANDS[input.name](screen, input.argument, now)];
}

function sendMessage(screen: Screen, body: string): readonly Effect[] {
  const { open, chat } = screen;
  if (body === '') return screen.activate();
  const bytes = utf8Bytes(body);
  if (!open) screen.notice = safe`no conversation is open: /to NAME opens one`;
  else if (bytes > WIRE.maxBodyBytes) screen.notice = safe`too long: ${bytes} bytes, the limit is ${WIRE.maxBodyBytes}`;
  else if (chat.lockHolder !== undefined)
    screen.notice = safe`not sent yet: another im (${inline(chat.lockHolder)}) holds the outbox`;
  else {
    clearComposer(screen);
    open.anchor = 'end';
    const load = open.newer === undefined ? NO_EFFECTS : screen.requestPage(open.peer);
    return [...screen.activate(), { type: 'send', to: open.peer, body }, { type: 'save' }, ...load];
  }
  return NO_EFFECTS;
}

function clearComposer(screen: Screen): void {
  screen.draft.composer = { ...EMPTY_COMPOSER, killed: screen.draft.composer.killed };
  screen.recalled = undefined;
}

function nothingToResend({ chat, open }: Screen): SafeText {
  const failed = chat.conversations.filter((one) => one.hasFailures && one !== open).map(({ peer }) => peer);
  const [first] = failed;
  if (first === undefined) return safe`nothing has failed`;
  return safe`nothing failed here, but messages to ${firstAndMore(failed)} did: /to ${inline(first)}`;
}

const COMMANDS: Readonly<
  Record<SlashCommandName, (screen: Screen, argument: string, now: number) => readonly Effect[]>
> = {
  to: (screen, name, now) => screen.select(name, now),
  who: (screen) => {
    screen.overlay = { type: 'who' };
    return NO_EFFECTS;
  },
  resend: (screen) => {
    const items = screen.open?.items ?? [];
    const failed = items.flatMap(({ message }) => (isOwn(message) && message.state === 'failed' ? [message] : []));
    screen.notice =
      failed.length === 0 ? nothingToResend(screen) : safe`${plural(failed.length, 'message')} sent again`;
    return failed.map((message) => ({ type: 'resend', message }));
  },
  search: (screen, query) => screen.search(composerWith(query)),
  export: ({ open }, path) => (open ? [{ type: 'export', peer: open.peer, path }] : NO_EFFECTS),
  plain: () => [{ type: 'plain' }],
  help: (screen) => {
    screen.overlay = openHelp();
    return NO_EFFECTS;
  },
  quit: () => [{ type: 'quit' }],
};
