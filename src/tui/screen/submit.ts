/** Enter: sends what was written, or does what a slash command says. Pure. */
import { isOwn } from '../../history/history.js';
import { utf8Bytes } from '../../protocol/field-types.js';
import { WIRE } from '../../protocol/limits.js';
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import { composerWith, EMPTY } from '../composer/composer.js';
import { type Effect, NOTHING } from './effect.js';
import { openSearch, withWords } from './overlay.js';
import type { Screen } from './screen.js';
import { readSlash, type SlashName } from './slash-commands.js';

export function submit(screen: Screen, now: number): readonly Effect[] {
  const { composer } = screen.draft;
  const wanted = readSlash(composer.text.replace(/^([^\S\n]*\n)+|\s+$/g, ''));
  if (wanted.type === 'wrong') {
    screen.notify(inline(wanted.why));
    return NOTHING;
  }
  if (wanted.type === 'message') return sendMessage(screen, wanted.body);
  clear(screen);
  return [{ type: 'keep' }, ...COMMANDS[wanted.name](screen, wanted.rest, now)];
}

function sendMessage(screen: Screen, body: string): readonly Effect[] {
  const { open } = screen;
  if (body === '') return screen.enter();
  const why = whyNot(screen, body);
  if (why !== undefined) {
    screen.notify(why);
    return NOTHING;
  }
  if (!open) return NOTHING;
  clear(screen);
  open.anchor = 'end';
  const ahead = open.newer === undefined ? NOTHING : screen.ask(open.peer);
  return [...screen.enter(), { type: 'send', to: open.peer, body }, { type: 'keep' }, ...ahead];
}

function whyNot({ open, chat }: Screen, body: string): SafeText | undefined {
  if (!open) return safe`nobody is there to write to: /to NAME opens a conversation`;
  const bytes = utf8Bytes(body);
  if (bytes > WIRE.maxBodyBytes) return safe`too long: ${bytes} bytes, and ${WIRE.maxBodyBytes} can be sent`;
  if (chat.heldBy !== undefined) return safe`not yet: another im (${inline(chat.heldBy)}) is letting go of the outbox`;
  return undefined;
}

function clear(screen: Screen): void {
  screen.draft.composer = { ...EMPTY, killed: screen.draft.composer.killed };
  screen.recalled = undefined;
}

function failedElsewhere({ chat, open }: Screen): SafeText {
  const [first, ...others] = chat.conversations.filter((one) => one.hasFailed && one !== open);
  if (!first) return safe`nothing has failed`;
  const more = others.length === 0 ? safe`` : safe` and ${others.length} more`;
  return safe`nothing here has failed; to ${inline(first.peer)}${more}: /to ${inline(first.peer)}`;
}

const COMMANDS: Readonly<Record<SlashName, (screen: Screen, rest: string, now: number) => readonly Effect[]>> = {
  to: (screen, name, now) => screen.select(name, now),
  who: (screen) => {
    screen.overlay = { type: 'who' };
    return NOTHING;
  },
  resend: (screen) => {
    const items = screen.open?.items ?? [];
    const failed = items.flatMap(({ message }) => (isOwn(message) && message.state === 'failed' ? [message] : []));
    screen.notify(failed.length === 0 ? failedElsewhere(screen) : safe`${failed.length} sent again`);
    return failed.map((said) => ({ type: 'resend', said }));
  },
  search: (screen, words) => {
    screen.overlay = withWords(openSearch(), composerWith(words), screen.nextRun());
    return [{ type: 'search', words, run: screen.overlay.run }];
  },
  export: ({ open }, path) => (open ? [{ type: 'export', peer: open.peer, path }] : NOTHING),
  plain: () => [{ type: 'plain' }],
  help: (screen) => {
    screen.overlay = { type: 'help', top: 0 };
    return NOTHING;
  },
  quit: () => [{ type: 'quit' }],
};
